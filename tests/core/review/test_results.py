"""Saved results: what is read of them, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.core.review.kit import FIRST, recorded, saved

from ocrzoo.review.results import read_result, result_files
from ocrzoo_registry.errors import InputError, UsageError

QUAD = [[0, 0], [40, 0], [40, 10], [0, 10]]


def test_a_saved_result_has_its_lines(tmp_path: Path) -> None:
    result = read_result(saved(tmp_path))
    assert result.rec_texts[0] == FIRST
    assert len(result.rec_texts) == result.detected == 9
    assert (result.angle, result.is_unwarped) == (0, False)


def test_what_pythons_json_property_gives_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"res": recorded()}))
    assert read_result(file).rec_texts[0] == FIRST


def test_a_folder_stands_for_its_json_files_below_it(tmp_path: Path) -> None:
    one, other = saved(tmp_path / "b"), saved(tmp_path / "a" / "c")
    (tmp_path / "notes.txt").write_text("none")
    assert result_files([tmp_path, one]) == [other, one]


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no \*\.json: save results with 'ocrzoo ocr PAGE --save_path"):
        result_files([tmp_path])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89PNG", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1, 2]", "not a result of 'ocrzoo ocr', which has rec_texts"),
        (b'{"rec_texts": ["a"]}', "rec_scores: Field required"),
        (json.dumps({"rec_texts": ["a"], "rec_scores": [0.5], "rec_polys": []}).encode(), "rec_polys has 0 lines"),
        (
            json.dumps({"rec_texts": ["a"], "rec_scores": [7], "rec_polys": [QUAD]}).encode(),
            "rec_scores.0: a number of 1 or less is needed",
        ),
        (json.dumps({"rec_texts": ["a"], "rec_scores": [1], "rec_polys": [QUAD[:3]]}).encode(), "rec_polys.0.3"),
        (b'{"rec_texts": [1], "rec_scores": [NaN], "rec_polys": [[[1e99, 0], 2, 3, 4]]}', "rec_texts.0"),
    ],
)
def test_another_file_is_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read_result(file)
    assert str(refused.value).startswith(f"{file}: ")
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_angles_of_lines_without_text_are_passed_over(tmp_path: Path) -> None:
    """``textline_orientation_angles`` has those of all detected lines, ``rec_polys`` the lines with a score."""
    quads: list[Any] = [[[0, y], [40, y], [40, y + 10], [0, y + 10]] for y in (0, 20, 40, 60)]
    kept: dict[str, Any] = {"rec_texts": ["b", "d"], "rec_scores": [1, 1], "rec_polys": [quads[1], quads[3]]}
    others: dict[str, Any] = dict.fromkeys(("rec_chars", "rec_alternatives", "reading_order"), ...)
    angles: dict[str, Any] = {"dt_polys": quads, "textline_orientation_angles": [1, 0, 0, 1]}
    result = read_result(saved(tmp_path, **kept, **angles, **others))
    assert result.upside_down() == [False, True]
    assert result.detected == 4


@pytest.mark.parametrize("order", [[0, 0, 1], [5], [], list(range(8, -1, -1))])
def test_only_an_order_that_has_every_line_once_is_one(tmp_path: Path, order: list[int]) -> None:
    given = [*read_result(saved(tmp_path, reading_order=order)).order]
    assert given == (order if len(order) == 9 else [*range(9)])
