"""The order in which a person reads the lines of a page: by columns, rows and cells, whatever the page's tilt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bench.layouts import HEIGHT, KINDS, WIDTH, Placed, detected, layout
from bench.reading_order import as_lines, tau
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ocrzoo.processing.reading_order import Lines, reading_order
from ocrzoo.processing.rows import rows

ANGLES = (-5.0, -1.5, 0.0, 3.0, 5.0)
"""Degrees."""


def order_of(lines: list[Placed], polygons: NDArray[Any]) -> list[int]:
    """Return the order of lines that are given in another order."""
    shuffled = np.random.default_rng(1).permutation(len(lines))
    found = reading_order(as_lines([lines[index] for index in shuffled], polygons[shuffled]))
    return [int(shuffled[index]) for index in found]


def lines_at(*boxes: tuple[float, float, float, float], text: str = "a word", down: bool = False) -> Lines:
    """Return level lines of left, top, right and bottom."""
    placed = [Placed(text, left, top, right - left, bottom - top, down) for left, top, right, bottom in boxes]
    corners = [[(a, b), (c, b), (c, d), (a, d)] for a, b, c, d in boxes]
    return as_lines(placed, np.array(corners, np.float32).reshape(-1, 4, 2))


@pytest.mark.parametrize("degrees", ANGLES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_read_as_a_person_reads_it(kind: str, degrees: float) -> None:
    lines = layout(kind, 0)
    assert order_of(lines, detected(lines, degrees)) == list(range(len(lines)))


def test_of_many_pages_nearly_all_are_right() -> None:
    """Not all: a heading that is exactly above the middle column of three may be that column's own."""
    found = []
    for kind in KINDS:
        for seed in range(50, 55):
            lines = layout(kind, seed)
            found.append(order_of(lines, detected(lines, 2 * seed - 104, seed)))
    assert np.mean([order == sorted(order) for order in found]) > 0.97
    assert np.mean([tau(order) for order in found]) > 0.99


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("kind", ["two_columns", "table", "receipt", "vertical_tiers", "form_from_right"])
def test_the_order_is_relative_to_the_text_not_to_the_page(kind: str, turns: int) -> None:
    """A page on its side or upside down; polygons begin where the letters do."""
    lines = layout(kind, 1)
    polygons = detected(lines, 2)
    for _ in range(turns):
        polygons = np.stack([-polygons[..., 1], polygons[..., 0]], axis=-1)
    assert order_of(lines, polygons) == list(range(len(lines)))


@pytest.mark.parametrize("scale", [0.2, 5])
@pytest.mark.parametrize("kind", ["three_columns", "table", "mixed_sizes", "vertical_text"])
def test_it_does_not_depend_on_the_resolution(kind: str, scale: float) -> None:
    lines = layout(kind, 2)
    assert order_of(lines, detected(lines, -2) * np.float32(scale)) == list(range(len(lines)))


BOX = st.tuples(st.integers(0, WIDTH), st.integers(0, HEIGHT), st.integers(0, 600), st.integers(0, 90))


@settings(max_examples=60, deadline=None)
@example([(0, 0, 0, 0)] * 3 + [(0, 0, 1, 0)], 0, False)
@given(st.lists(BOX, max_size=40), st.integers(0, 3), st.booleans())
def test_any_boxes_have_an_order(boxes: list[tuple[int, int, int, int]], size: int, down: bool) -> None:
    lines = lines_at(*((a, b, a + c, b + d) for a, b, c, d in boxes), text="ab\u05d0"[:size], down=down)
    assert sorted(reading_order(lines)) == list(range(len(boxes)))


class TestRows:
    """Which lines are beside each other."""

    def test_a_large_number_is_in_the_row_of_its_unit(self) -> None:
        lines = lines_at((60, 95, 360, 125), (560, 70, 730, 145), (860, 100, 990, 130), (1150, 100, 1260, 130))
        assert reading_order(lines) == [0, 1, 2, 3]

    def test_a_number_as_high_as_two_lines_joins_one_of_them(self) -> None:
        boxes = np.array([[300, 100, 400, 120], [0, 98, 200, 160], [300, 140, 400, 160]], float)
        assert [sorted(row) for row in rows(boxes)] == [[0, 1], [2]]

    @pytest.mark.parametrize(("offset", "count"), [(9, 1), (11, 2)])
    def test_half_the_height_is_the_limit(self, offset: int, count: int) -> None:
        boxes = np.array([[0, 0, 50, 20], [100, offset, 150, 20 + offset]], float)
        assert len(rows(boxes)) == count

    def test_no_lines(self) -> None:
        assert reading_order(lines_at()) == []

    def test_single_characters_have_no_tilt(self) -> None:
        lines = lines_at((0, 0, 12, 20), (100, 0, 112, 20), (0, 40, 12, 60), (100, 40, 112, 60), text="1", down=True)
        assert reading_order(lines) == [0, 1, 2, 3]


class TestDirections:
    """Fields of a row and columns begin where the writing begins."""

    ROW = ((0, 0, 80, 20), (200, 0, 280, 20), (400, 0, 480, 20))

    def test_a_row_from_the_left(self) -> None:
        assert reading_order(lines_at(*self.ROW)) == [0, 1, 2]

    def test_a_row_from_the_right(self) -> None:
        assert reading_order(lines_at(*self.ROW, text="שלום")) == [2, 1, 0]

    def test_a_row_of_numbers_runs_as_the_page_does(self) -> None:
        words, numbers = lines_at(*self.ROW, text="שלום"), lines_at(*self.ROW, text="12.50")
        below = numbers.polygons + np.array([0, 40], np.float32)
        both = Lines(
            np.concatenate([words.polygons, below]),
            np.zeros(6, bool),
            np.full(6, 5),
            np.concatenate([words.from_right, numbers.from_right]),
        )
        assert reading_order(both) == [2, 1, 0, 5, 4, 3]

    def test_a_row_in_the_other_direction_runs_its_own_way(self) -> None:
        page = np.concatenate([lines_at(*self.ROW).polygons + np.array([0, 40 * i], np.float32) for i in range(3)])
        leaning = np.array([5] * 6 + [-7] * 3)
        assert reading_order(Lines(page, np.zeros(9, bool), np.full(9, 5), leaning))[6:] == [6, 7, 8]


@pytest.mark.parametrize(
    "polygons",
    [
        [
            [(27, 27), (179, 34), (176, 93), (24, 86)],
            [(1432, 29), (1573, 33), (1572, 82), (1431, 78)],
        ],  # Tapping, 42 euro
        [[(23, 26), (188, 34), (186, 92), (21, 84)], [(1075, 37), (1175, 37), (1175, 90), (1075, 90)]],  # Apology, page
    ],
)
def test_two_words_far_apart_are_one_row_though_their_boxes_tilt(polygons: list[list[tuple[int, int]]]) -> None:
    """As detected in a level line: a letter that goes below it tilts the box of a short word."""
    placed = [Placed(text, 0, 0, 1, 1) for text in ("Tapping", "42 euro")]
    assert reading_order(as_lines(placed, np.array(polygons, np.float32))) == [0, 1]
