"""Quads: order of corners, reading order, and cutting a quad out of a page."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrzoo.processing.geometry import bounding_boxes, crop, minimum_rectangle, paddlex_order
from ocrzoo.types import Image, Quad


def box(left: int, top: int, width: int = 40, height: int = 20) -> Quad:
    right, bottom = left + width, top + height
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.int16)


def noise(height: int, width: int) -> Image:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def turned(center: tuple[float, float], size: tuple[float, float], degrees: float) -> Quad:
    """A rectangle turned clockwise, its corners clockwise from the one that was top left."""
    angle = np.deg2rad(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    half_width, half_height = size[0] / 2, size[1] / 2
    corners = np.array(
        [[-half_width, -half_height], [half_width, -half_height], [half_width, half_height], [-half_width, half_height]]
    )
    quad: Quad = np.round(corners @ matrix.T + center).astype(np.int16)
    return quad


class TestMinimumRectangle:
    """Corners clockwise from top left, whatever the order of the points."""

    @pytest.mark.parametrize("shift", range(4))
    def test_upright(self, shift: int) -> None:
        corners, side = minimum_rectangle(np.roll(box(10, 20), shift, axis=0).astype(np.int32))
        np.testing.assert_allclose(corners, box(10, 20), atol=1e-3)
        assert corners.dtype == np.float32
        assert side == pytest.approx(20)

    @pytest.mark.parametrize("degrees", [-30, -7, 7, 30])
    def test_tilted(self, degrees: float) -> None:
        quad = turned((100, 100), (80, 20), degrees)
        corners, side = minimum_rectangle(quad.astype(np.int32))
        np.testing.assert_allclose(corners, quad, atol=1.5)
        assert side == pytest.approx(20, abs=1.5)


class TestReadingOrder:
    """Top to bottom, left to right within a line; a line is 10 pixels high."""

    def test_from_top_to_bottom(self) -> None:
        assert paddlex_order([box(0, 100), box(0, 0), box(0, 50)]) == [1, 2, 0]

    def test_tops_nine_pixels_apart_are_one_line(self) -> None:
        assert paddlex_order([box(200, 50), box(10, 59)]) == [1, 0]

    def test_tops_ten_pixels_apart_are_two_lines(self) -> None:
        assert paddlex_order([box(200, 50), box(10, 60)]) == [0, 1]

    def test_a_box_moves_over_every_box_of_its_line(self) -> None:
        assert paddlex_order([box(300, 50), box(200, 52), box(100, 54), box(0, 56)]) == [3, 2, 1, 0]

    def test_a_box_stops_at_the_first_box_of_another_line(self) -> None:
        """60 and 52 are one line, so are 52 and 44; but the box at 60 meets the one at 44 first, and stays."""
        assert paddlex_order([box(300, 44), box(200, 52), box(100, 60)]) == [1, 0, 2]

    def test_equal_tops_go_from_left_to_right(self) -> None:
        assert paddlex_order([box(90, 5), box(30, 5), box(60, 5)]) == [1, 2, 0]

    def test_far_corners_do_not_overflow(self) -> None:
        low, high = np.full((4, 2), 32767, np.int16), np.full((4, 2), -32768, np.int16)
        assert paddlex_order([low, high]) == [1, 0]

    def test_nothing(self) -> None:
        assert paddlex_order([]) == []

    @given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), max_size=30))
    def test_is_a_permutation_in_which_no_box_stands_above_an_earlier_line(self, tops: list[tuple[int, int]]) -> None:
        quads = [box(left, top) for left, top in tops]
        order = paddlex_order(quads)
        assert sorted(order) == list(range(len(quads)))
        for first, second in pairwise(order):
            (left, top), (next_left, next_top) = tops[first], tops[second]
            assert next_top > top - 10
            assert abs(next_top - top) >= 10 or next_left >= left or next_top <= top


class TestCrop:
    """Perspective crop, upright."""

    def test_an_upright_quad_is_cut_out_as_it_is(self) -> None:
        page = noise(60, 90)
        cut = crop(page, box(10, 20, 50, 30))
        assert cut is not None
        np.testing.assert_array_equal(cut, page[20:50, 10:60])

    def test_a_tilted_quad_is_deskewed(self) -> None:
        page = np.full((200, 200, 3), 255, np.uint8)
        quad = turned((100, 100), (120, 40), 20)
        left_half = np.round([quad[0], (quad[0] + quad[1]) / 2, (quad[2] + quad[3]) / 2, quad[3]]).astype(np.int32)
        cv2.fillPoly(page, [quad.astype(np.int32)], (0, 0, 200))
        cv2.fillPoly(page, [left_half], (200, 0, 0))
        cut = crop(page, quad)
        assert cut is not None
        assert cut.shape == pytest.approx((40, 120, 3), abs=1)
        assert tuple(cut[20, 30]) == (200, 0, 0)
        assert tuple(cut[20, 90]) == (0, 0, 200)

    def test_interpolation_is_cubic(self) -> None:
        """Beside an edge a cubic curve overshoots, which neither the nearest pixel nor a straight line does."""
        page = np.full((200, 200, 3), 50, np.uint8)
        page[:, 100:] = 200
        cut = crop(page, turned((100, 100), (120, 40), 20))
        assert cut is not None
        assert cut.min() < 50
        assert cut.max() > 200

    @pytest.mark.parametrize(
        ("width", "height", "shape"),
        [(20, 29, (29, 20)), (20, 30, (20, 30)), (20, 80, (20, 80)), (30, 20, (20, 30))],
    )
    def test_crops_half_again_as_high_as_wide_are_turned(self, width: int, height: int, shape: tuple[int, int]) -> None:
        cut = crop(noise(100, 100), box(5, 5, width, height))
        assert cut is not None
        assert cut.shape[:2] == shape

    def test_tall_crops_are_turned_counter_clockwise(self) -> None:
        page = noise(100, 100)
        cut = crop(page, box(30, 10, 20, 60))
        assert cut is not None
        np.testing.assert_array_equal(cut, page[10:70, 30:50].transpose(1, 0, 2)[::-1])

    def test_outside_the_page_its_edge_is_repeated(self) -> None:
        page = np.full((40, 40, 3), 77, np.uint8)
        cut = crop(page, box(20, 30, 60, 30))
        assert cut is not None
        assert cut.shape == (30, 60, 3)
        assert (cut == 77).all()

    @pytest.mark.parametrize(
        "quad",
        [
            box(10, 10, 0, 0),
            box(10, 10, 30, 0),
            box(10, 10, 0, 30),
            np.array([[0, 0], [10, 10], [20, 20], [5, 5]], np.int16),
        ],
        ids=["point", "level line", "upright line", "slanting line"],
    )
    def test_a_quad_without_area_gives_nothing(self, quad: Quad) -> None:
        assert crop(noise(50, 50), quad) is None


class TestBoundingBoxes:
    """Upright boxes around quads."""

    def test_smallest_and_largest_coordinates(self) -> None:
        quads = [box(10, 20), np.array([[5, 9], [30, 2], [33, 12], [8, 19]], np.int16)]
        boxes = bounding_boxes(quads)
        np.testing.assert_array_equal(boxes, [[10, 20, 50, 40], [5, 2, 33, 19]])
        assert boxes.dtype == np.int16

    def test_none(self) -> None:
        boxes = bounding_boxes([])
        assert boxes.shape == (0, 4)
        assert boxes.dtype == np.int16
