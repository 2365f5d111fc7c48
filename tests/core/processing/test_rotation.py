"""Turning pages: no pixel is lost, every point finds its way back, and PaddleX's shift is there for who asks."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrzoo.processing.rotation import ANGLES, rotate, turn_line, undo_rotation, undo_unwarping
from ocrzoo.types import Image

HEIGHT, WIDTH = 40, 70


def noise(height: int = HEIGHT, width: int = WIDTH) -> Image:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


def everywhere(height: int, width: int) -> np.typing.NDArray[np.float32]:
    """All pixels of a page, as x and y."""
    return np.array([(x, y) for y, x in product(range(height), range(width))], np.float32)


class TestRotate:
    """Counter-clockwise."""

    @pytest.mark.parametrize("angle", ANGLES)
    def test_no_pixel_is_lost(self, angle: int) -> None:
        page = noise()
        turned = rotate(page, angle)
        np.testing.assert_array_equal(turned, np.rot90(page, angle // 90))
        assert turned.flags.c_contiguous
        assert turned.dtype == np.uint8

    @pytest.mark.parametrize("angle", ANGLES)
    def test_a_view_is_turned_like_its_copy(self, angle: int) -> None:
        view = noise(90, 150)[5:-9:2, 140:7:-2]
        np.testing.assert_array_equal(rotate(view, angle), np.rot90(view, angle // 90))

    @pytest.mark.parametrize("angle", [-90, 1, 45, 360])
    def test_other_angles_are_refused(self, angle: int) -> None:
        with pytest.raises(ValueError, match=rf"^angle {angle}: "):
            rotate(noise(), angle)

    def test_a_line_is_turned_by_half(self) -> None:
        line = noise(20, 90)
        np.testing.assert_array_equal(turn_line(line), line[::-1, ::-1])


class TestExactAsPaddlex:
    """An affine warp about a point between pixels: off by one."""

    def test_by_90_the_top_row_is_black_and_the_last_one_lost(self) -> None:
        page = noise()
        turned = rotate(page, 90, exact_as_paddlex=True)
        assert turned.shape == (WIDTH, HEIGHT, 3)
        assert not turned[0].any()
        np.testing.assert_array_equal(turned[1:], np.rot90(page)[:-1])

    def test_by_270_the_left_column_is_black(self) -> None:
        page = noise()
        turned = rotate(page, 270, exact_as_paddlex=True)
        assert not turned[:, 0].any()
        np.testing.assert_array_equal(turned[:, 1:], np.rot90(page, 3)[:, :-1])

    @pytest.mark.parametrize("turn", [lambda page: rotate(page, 180, exact_as_paddlex=True), None])
    def test_by_180_both_are(self, turn: object) -> None:
        page = noise()
        turned = turn(page) if callable(turn) else turn_line(page, exact_as_paddlex=True)
        assert not turned[0].any()
        assert not turned[:, 0].any()
        np.testing.assert_array_equal(turned[1:, 1:], page[::-1, ::-1][:-1, :-1])

    def test_by_0_nothing_is_off(self) -> None:
        page = noise()
        np.testing.assert_array_equal(rotate(page, 0, exact_as_paddlex=True), page)


class TestUndoRotation:
    """From the turned page to the original."""

    @pytest.mark.parametrize("angle", ANGLES)
    def test_every_point_shows_the_pixel_that_it_showed(self, angle: int) -> None:
        page = noise()
        turned = rotate(page, angle)
        points = everywhere(*turned.shape[:2])
        back = undo_rotation(points, angle, HEIGHT, WIDTH)
        assert back.dtype == np.float32
        columns, rows = back.astype(int).T
        np.testing.assert_array_equal(page[rows, columns], turned.reshape(-1, 3))

    @pytest.mark.parametrize("angle", [90, 180, 270])
    def test_what_paddlex_shifts_is_found_too(self, angle: int) -> None:
        page = noise()
        turned = rotate(page, angle, exact_as_paddlex=True)
        points = everywhere(*turned.shape[:2])
        back = undo_rotation(points, angle, HEIGHT, WIDTH, edges=True).astype(int)
        inside = (back < (WIDTH, HEIGHT)).all(axis=1)  # the others are black
        np.testing.assert_array_equal(page[back[inside, 1], back[inside, 0]], turned.reshape(-1, 3)[inside])
        assert not turned.reshape(-1, 3)[~inside].any()

    @pytest.mark.parametrize("angle", ANGLES)
    def test_a_box_of_the_turned_page_has_the_same_pixels_on_the_original(self, angle: int) -> None:
        page = noise()
        turned = rotate(page, angle)
        box = np.array([[4, 7], [33, 7], [33, 26], [4, 26]], np.float32)
        back = undo_rotation(box, angle, HEIGHT, WIDTH, edges=True)
        (left, top), (right, bottom) = back.min(axis=0).astype(int), back.max(axis=0).astype(int)
        np.testing.assert_array_equal(np.rot90(page[top:bottom, left:right], angle // 90), turned[7:26, 4:33])

    @pytest.mark.parametrize("angle", ANGLES)
    def test_the_outline_of_the_page_is_the_outline_of_the_page(self, angle: int) -> None:
        height, width = rotate(noise(), angle).shape[:2]
        outline = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        back = undo_rotation(outline, angle, HEIGHT, WIDTH, edges=True)
        assert set(map(tuple, back.tolist())) == {(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)}

    @given(
        st.lists(st.tuples(st.floats(0, 300, width=32), st.floats(0, 300, width=32)), max_size=5),
        st.sampled_from(ANGLES),
        st.booleans(),
    )
    def test_there_and_back(self, points: list[tuple[float, float]], angle: int, edges: bool) -> None:
        """Turning on by what is missing to a full turn is the way back."""
        given_points = np.array(points, np.float32).reshape(-1, 2)
        sides = (301, 301)
        back = undo_rotation(given_points, angle, *sides, edges=edges)
        again = undo_rotation(back, -angle % 360, *sides, edges=edges)
        np.testing.assert_allclose(again, given_points, atol=1e-4)

    def test_other_angles_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"^angle 30: "):
            undo_rotation(np.zeros((1, 2), np.float32), 30, HEIGHT, WIDTH)

    def test_no_points(self) -> None:
        assert undo_rotation(np.empty((0, 2), np.float32), 90, HEIGHT, WIDTH).shape == (0, 2)


class TestThrough:
    """From the flattened page to the page before."""

    @pytest.fixture
    def moved(self) -> np.typing.NDArray[np.float32]:
        """Everything was 3.5 pixels further right and 2 further down."""
        return everywhere(HEIGHT, WIDTH).reshape(HEIGHT, WIDTH, 2) + np.array([3.5, 2], np.float32)

    @pytest.mark.parametrize("edges", [False, True])
    def test_between_pixels_too(self, moved: np.typing.NDArray[np.float32], edges: bool) -> None:
        points = np.array([[10, 20], [10.25, 20.75], [0.5, 0.5]], np.float32)
        back = undo_unwarping(moved, points, edges=edges)
        assert back.dtype == np.float32
        np.testing.assert_allclose(back, points + np.array([3.5, 2]), atol=1e-5)

    def test_where_the_page_was_bent(self) -> None:
        origin = np.zeros((2, 2, 2), np.float32)
        origin[0], origin[1] = [[0, 0], [1, 0]], [[0, 1], [0, 0]]
        np.testing.assert_allclose(undo_unwarping(origin, np.array([[0.25, 0.5]], np.float32)), [[0.125, 0.375]])

    def test_points_outside_are_clipped(self, moved: np.typing.NDArray[np.float32]) -> None:
        points = np.array([[WIDTH, HEIGHT], [-5, -5]], np.float32)
        np.testing.assert_allclose(undo_unwarping(moved, points), np.array([[WIDTH - 1, HEIGHT - 1], [3.5, 2]]))
        np.testing.assert_allclose(undo_unwarping(moved, points[:1], edges=True), [[WIDTH, HEIGHT]])

    def test_the_outline_of_an_unbent_page_is_its_outline(self) -> None:
        origin = everywhere(HEIGHT, WIDTH).reshape(HEIGHT, WIDTH, 2)
        outline = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
        np.testing.assert_allclose(undo_unwarping(origin, outline, edges=True), outline)

    def test_a_page_of_one_pixel(self) -> None:
        assert undo_unwarping(np.zeros((1, 1, 2), np.float32), np.array([[0.5, 1]], np.float32)).tolist() == [[0, 0]]

    def test_no_points(self, moved: np.typing.NDArray[np.float32]) -> None:
        assert undo_unwarping(moved, np.empty((0, 2), np.float32)).shape == (0, 2)
