"""The figures of a comparison with other programs, and the choice of programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench.peer_figures import (
    Measured,
    Spread,
    error_rate,
    read_truth,
    same_texts,
    table,
    times_as_fast,
)
from bench.peer_programs import PROGRAMS, REFERENCE, why_skipped
from bench.peers_worker import tesseract_lines
from bench.scoring import Read

BOX = [[0, 0], [100, 0], [100, 20], [0, 20]]


def measured(name: str, *ms: float, texts: list[str] | None = None) -> Measured:
    one = Measured(name)
    for taken in ms:
        figures = {"ms": taken, "cpu_ms": taken, "engine_ms": taken / 2, "peak_mb": 100.0}
        answer = {**figures, "texts": [texts or ["a"]], "quads": [[BOX]]}
        one.add(["page.png"], answer)
    return one


def test_ratios_are_taken_round_by_round_so_that_a_slow_round_slows_both() -> None:
    spread = times_as_fast(measured("ours", 10, 100, 10), measured("theirs", 20, 200, 30))
    assert spread == Spread(median=2, least=2, most=3)


def test_times_are_those_of_a_page() -> None:
    one = Measured("two pages")
    one.add(["a.png", "b.png"], {"ms": 30, "texts": [[], []], "quads": [[], []]})
    assert one.per_page("ms") == [15]


def test_texts_are_the_same_if_they_are_on_the_same_page_as_often() -> None:
    reference = {"a.png": ["one", "two", "two"], "b.png": ["three"]}
    assert same_texts(reference, reference) == 1
    assert same_texts({"a.png": ["two", "one"], "b.png": ["one"]}, reference) == 0.5
    assert same_texts({}, reference) == 0


def test_errors_are_those_of_the_pages_whose_truth_is_known(tmp_path: Path) -> None:
    line = {"text": "abcd", "quad": BOX, "words": [BOX]}
    page = {"name": "a", "language": "en", "layout": "one", "style": "sans", "em": 20, "faults": {}, "lines": [line]}
    (tmp_path / "labels.json").write_text(json.dumps([page]), encoding="utf-8")
    known, unknown = str(tmp_path / "a.png"), "/elsewhere/b.png"
    truth = read_truth([known, unknown])
    assert list(truth) == [known]
    assert error_rate({known: [Read("ab", BOX)], unknown: [Read("anything", BOX)]}, truth) == 50
    assert error_rate({unknown: [Read("anything", BOX)]}, truth) is None


def test_tesseracts_words_are_put_together_to_lines() -> None:
    rows = [
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext",
        "1\t2\t0\t0\t0\t0\t0\t0\t720\t430\t-1\t",
        "4\t2\t1\t1\t1\t0\t30\t10\t200\t20\t-1\t",
        *("5\t2\t1\t1\t1\t1\t30\t10\t20\t20\t93\t文字", "5\t2\t1\t1\t1\t2\t50\t10\t20\t20\t93\t检"),
        *("5\t2\t1\t1\t1\t3\t70\t10\t20\t20\t9\tand", "5\t2\t1\t1\t1\t4\t90\t10\t20\t20\t9\tmore"),
    ]
    first, second = map(list, tesseract_lines("\n".join(rows), pages=2))
    assert first == []
    assert second == [("文字检 and more", ((30, 10), (230, 10), (230, 30), (30, 30)))]


def test_the_table_has_a_row_for_each_program_and_the_spread_of_its_ratio() -> None:
    rows = list(table([measured(REFERENCE, 200, 300), measured("ours", 100, 100)], REFERENCE, {}))
    assert len(rows) == 3
    assert rows[2].startswith("ours")
    assert "2.50 (2.00-3.00)" in rows[2]
    assert rows[2].split()[-1] == "100.0%"


def test_a_program_without_weights_of_a_model_is_left_out_with_a_reason() -> None:
    (tiny,) = (one for one in PROGRAMS if one.name == "faster-paddle tiny")
    assert why_skipped(tiny, "PP-OCRv6_tiny") is None
    assert why_skipped(tiny, "PP-OCRv4_mobile") == "has no weights of PP-OCRv4_mobile"


def test_tesseract_is_left_out_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    (tesseract,) = (one for one in PROGRAMS if one.program == "tesseract")
    monkeypatch.setenv("PATH", "")
    assert "is not installed" in str(why_skipped(tesseract, "PP-OCRv4_mobile"))
