"""PaddleX's word boxes: what PaddleX 3.7.2 itself gave (``tests/parity/record_words.py``), and its rules one by one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ocrzoo.processing.recognition import Line, best_classes, decode, shares
from ocrzoo.text.bidi import in_logical_order
from ocrzoo.text.paddlex_words import Box, bounds_of, in_rows, runs_of, words_with_boxes
from ocrzoo.types import Quad

RECORDED = json.loads((Path(__file__).parent / "paddlex_words.json").read_text(encoding="utf-8"))


def line(text: str, columns: list[int] | None = None, cells: float = 100.0) -> Line:
    at = tuple(columns or range(len(text)))
    return Line(text, 1.0, tuple(text), at, (1.0,) * len(text), cells)


def box(left: int, top: int, right: int, bottom: int) -> Quad:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.int16)


@pytest.mark.parametrize("case", RECORDED["lines"], ids=range(len(RECORDED["lines"])))
def test_as_paddlex(case: dict[str, Any]) -> None:
    characters = ["", *RECORDED["charset"], " "]
    output = np.eye(len(characters), dtype=np.float32)[case["classes"]][np.newaxis]
    crops = [np.empty((height, width, 3), np.uint8) for height, width in case["sizes"]]
    (read,) = decode(best_classes(output), characters, [shares(crops)[case["row"]]])
    if case["arabic"]:
        read = in_logical_order(read, as_paddlex=True)
    words, regions = words_with_boxes(read, np.array(case["quad"], np.int16))
    assert read.text == case["text"]
    assert words == case["words"]
    assert [[list(corner) for corner in region] for region in regions] == case["regions"]
    assert bounds_of(regions).tolist() == case["bounds"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("VGG-16", ["VGG-16"]),
        ("pi=3.14", ["pi", "=", "3.14"]),
        ("end.", ["end", "."]),
        ("-5", ["-", "5"]),
        ("a b", ["a", " ", "b"]),
        ("你好abc", ["你", "好", "abc"]),
        ("café", ["caf", "é"]),
        ("Привет, мир", ["Привет, мир"]),
        ("ひらカナ", ["ひらカナ"]),
    ],
)
def test_three_kinds_of_characters(text: str, words: list[str]) -> None:
    assert words_with_boxes(line(text), box(0, 0, 1000, 40))[0] == words


def test_letters_reach_from_their_first_column_to_their_last() -> None:
    _, regions = words_with_boxes(line("ab", [3, 6], cells=10), box(100, 20, 300, 60))
    assert regions == [((160, 20), (240, 20), (240, 60), (160, 60))]


def test_ideographs_are_of_one_width() -> None:
    _, regions = words_with_boxes(line("你好吗", [1, 4, 7], cells=10), box(0, 0, 100, 20))
    assert [(region[0][0], region[1][0]) for region in regions] == [(0, 32), (27, 62), (57, 92)]


def test_tall_lines_run_down_and_the_rest_runs_right() -> None:
    _, across = words_with_boxes(line("ab", [0, 4], cells=10), box(0, 0, 40, 60))
    _, down = words_with_boxes(line("ab", [0, 4], cells=10), box(0, 0, 40, 61))
    assert across == [((0, 0), (20, 0), (20, 60), (0, 60))]
    assert down == [((0, 0), (0, 30), (40, 30), (40, 0))]


def test_boxes_are_sorted_and_words_are_not() -> None:
    """Boxes of ideographs are made after all others, then all boxes are sorted by place."""
    words, regions = words_with_boxes(line("a你", [8, 1], cells=10), box(0, 0, 100, 20))
    assert words == ["a", "你"]
    assert regions[0][0][0] < regions[1][0][0]


def test_rows_are_twelve_pixels_apart() -> None:
    def square(left: int, top: int) -> Box:
        return (left, top), (left + 4, top), (left + 4, top + 4), (left, top + 4)

    assert in_rows([square(50, 0), square(0, 11)]) == [square(0, 11), square(50, 0)]
    assert in_rows([square(50, 0), square(0, 12)]) == [square(50, 0), square(0, 12)]


def test_an_entry_of_several_code_points_moves_what_follows() -> None:
    flag = Line("🇩🇪ab", 1.0, ("🇩🇪", "a", "b"), (2, 5, 8), (1.0,) * 3, 10.0)
    assert [(run.kind, run.columns) for run in runs_of(flag)] == [("symbol", [2, 5]), ("en&num", [8, 8])]


def test_nothing_read() -> None:
    words, regions = words_with_boxes(Line("", 0.0, cells=40.0), box(0, 0, 100, 20))
    assert (words, regions) == ([], [])
    assert bounds_of(regions).shape == (0,)


@pytest.mark.parametrize(
    "quad", [box(5, 5, 5, 60), box(5, 5, 60, 5), box(5, 5, 5, 5)], ids=["upright", "level", "point"]
)
def test_a_quad_without_area_is_no_accident(quad: Quad) -> None:
    words, regions = words_with_boxes(line("ab你"), quad)
    assert len(words) == len(regions) == 2
