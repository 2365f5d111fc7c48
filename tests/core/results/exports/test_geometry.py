"""Polygons made safe, and what formats say about them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ocrzoo.results.exports.geometry import (
    Box,
    Points,
    bounding_box,
    clipped_points,
    format_points,
    is_upright,
    oriented_box,
    page_size,
    union,
)
from ocrzoo.results.page_text import TextPage
from ocrzoo_registry.languages.orthography import Direction

PAGE = TextPage("page", np.zeros((100, 200, 3), np.uint8), ())
UPRIGHT = np.array([[10, 20], [110, 20], [110, 50], [10, 50]], np.float64)


def turned(degrees: float) -> Points:
    """The upright quad, turned counter-clockwise about its first corner."""
    turn = np.radians(degrees)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray((UPRIGHT - UPRIGHT[0]) @ matrix + UPRIGHT[0], np.float64)


def test_a_page_is_as_large_as_its_picture() -> None:
    assert page_size(PAGE) == (200, 100)


def test_corners_are_numbers_within_the_page() -> None:
    wild = np.array([[-5, 50], [np.inf, np.nan], [199.5, -np.inf], [300, 1]], np.float32)
    assert clipped_points(wild, PAGE).tolist() == [[0, 50], [200, 0], [199.5, 0], [200, 1]]
    assert clipped_points(np.empty((0, 2), np.float32), PAGE).tolist() == [[0, 0]]


def test_a_box_holds_its_corners() -> None:
    assert bounding_box(np.array([[1.2, 3.0], [4.0, 5.1], [2, 4]])) == Box(1, 3, 4, 6)
    assert (Box(1, 3, 4, 6).width, Box(1, 3, 4, 6).height) == (3, 3)
    assert union([Box(1, 3, 4, 6), Box(0, 5, 2, 9)]) == Box(0, 3, 4, 9)


@pytest.mark.parametrize(("degrees", "yes"), [(0, True), (90, True), (180, True), (0.4, True), (2, False), (45, False)])
def test_a_box_stays_one_whichever_corner_comes_first(degrees: float, yes: bool) -> None:
    assert is_upright(turned(degrees)) is yes


def test_three_or_five_corners_are_no_box() -> None:
    assert not is_upright(UPRIGHT[:3])
    assert not is_upright(np.vstack([UPRIGHT, UPRIGHT[:1]]))


@pytest.mark.parametrize("degrees", [0, 5, 20, 44, 60, 90, 135, 180, -5, -90, -135])
def test_an_oriented_box_has_the_rotation_of_text(degrees: float) -> None:
    found = oriented_box(turned(degrees))
    assert found.angle == pytest.approx(degrees, abs=1e-9)
    assert (found.length, found.height) == pytest.approx((100, 30))
    assert found.start == pytest.approx(tuple(turned(degrees)[3]))


def test_an_almost_upright_quad_is_upright() -> None:
    assert oriented_box(turned(0.3)).angle == 0
    assert math.copysign(1, oriented_box(turned(-0.3)).angle) == 1


@pytest.mark.parametrize(
    ("direction", "angle", "length", "start"),
    [("ltr", 0, 100, (10, 50)), ("rtl", 0, 100, (10, 50)), ("ttb", -90, 30, (10, 20))],
)
def test_text_from_top_to_bottom_runs_along_the_left_edge(
    direction: Direction, angle: float, length: float, start: tuple[float, float]
) -> None:
    found = oriented_box(UPRIGHT, direction)
    assert (found.angle, found.length, found.start) == (angle, length, start)


def test_other_polygons_are_framed_by_their_tightest_rectangle() -> None:
    curve = np.array([[10, 20], [60, 20], [110, 20], [110, 50], [60, 50], [10, 50]], np.float64)
    found = oriented_box(curve)
    assert (found.length, found.height, found.angle) == pytest.approx((100, 30, 0))
    point = oriented_box(np.array([[3.0, 4.0]]))
    assert (point.length, point.height, point.angle, point.start) == (0, 0, 0, (3, 4))


def test_corners_are_written_in_whole_pixels() -> None:
    assert format_points(np.array([[1.4, 2.6], [3, 4]]), ",", " ") == "1,3 3,4"
