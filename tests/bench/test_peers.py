"""The figures of a comparison with other programs, and the choice of programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench.peer_figures import (
    Measured,
    Spread,
    character_errors,
    error_rate,
    read_truth,
    same_texts,
    table,
    times_as_fast,
)
from bench.peer_programs import PROGRAMS, REFERENCE, why_skipped


def measured(name: str, *ms: float, texts: list[str] | None = None) -> Measured:
    one = Measured(name)
    for taken in ms:
        answer = {"ms": taken, "cpu_ms": taken, "engine_ms": taken / 2, "peak_mb": 100.0, "texts": [texts or ["a"]]}
        one.add(["page.png"], answer)
    return one


def test_ratios_are_taken_round_by_round_so_that_a_slow_round_slows_both() -> None:
    spread = times_as_fast(measured("ours", 10, 100, 10), measured("theirs", 20, 200, 30))
    assert spread == Spread(median=2, least=2, most=3)


def test_times_are_those_of_a_page() -> None:
    one = Measured("two pages")
    one.add(["a.png", "b.png"], {"ms": 30, "texts": [[], []]})
    assert one.per_page("ms") == [15]


def test_texts_are_the_same_if_they_are_on_the_same_page_as_often() -> None:
    reference = {"a.png": ["one", "two", "two"], "b.png": ["three"]}
    assert same_texts(reference, reference) == 1
    assert same_texts({"a.png": ["two", "one"], "b.png": ["one"]}, reference) == 0.5
    assert same_texts({}, reference) == 0


@pytest.mark.parametrize(
    ("read", "truth", "errors"),
    [
        (["b line", "a line"], ["a line", "b line"], 0),
        (["aline"], ["a line"], 1),
        ([], ["a line"], 6),
        (["a line", "xyz"], ["a line"], 3),
        (["1234"], ["abc"], 4),
    ],
    ids=["another order", "a missing space", "a missing line", "an invented line", "nothing in common"],
)
def test_characters_are_compared_line_by_line_with_their_spaces(read: list[str], truth: list[str], errors: int) -> None:
    assert character_errors(read, truth) == errors


def test_pages_without_a_truth_do_not_count_as_errors() -> None:
    assert error_rate({"a.png": ["anything"]}, {}) is None
    assert error_rate({"a.png": ["ab"], "b.png": ["anything"]}, {"a.png": ["abcd"]}) == 0.5


def test_the_truth_lies_beside_the_pages(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text(json.dumps({"a.png": ["line"]}), encoding="utf-8")
    page = str(tmp_path / "a.png")
    assert read_truth([page, "/elsewhere/b.png"]) == {page: ["line"]}


def test_the_table_has_a_row_for_each_program_and_the_spread_of_its_ratio() -> None:
    rows = list(table([measured(REFERENCE, 200, 300), measured("ours", 100, 100)], REFERENCE, {"page.png": ["ab"]}))
    assert len(rows) == 3
    assert rows[2].startswith("ours")
    assert "2.50 (2.00-3.00)" in rows[2]
    assert rows[2].split()[-2:] == ["100.0%", "50.00"]


def test_a_program_without_weights_of_a_model_is_left_out_with_a_reason() -> None:
    (tiny,) = (one for one in PROGRAMS if one.name == "faster-paddle tiny")
    assert why_skipped(tiny, "PP-OCRv6_tiny") is None
    assert why_skipped(tiny, "PP-OCRv4_mobile") == "has no weights of PP-OCRv4_mobile"


def test_tesseract_is_left_out_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    (tesseract,) = (one for one in PROGRAMS if one.program == "tesseract")
    monkeypatch.setenv("PATH", "")
    assert "is not installed" in str(why_skipped(tesseract, "PP-OCRv4_mobile"))
