"""By how much pages are enlarged, and what becomes of their contrast."""

from __future__ import annotations

import numpy as np
import pytest

from ocrzoo.processing.hard_pages import CONTRAST, bounded_upscale, enhanced, suggested_upscale
from ocrzoo.types import Quad


def line(height: int) -> Quad:
    return np.array([[0, 0], [200, 0], [200, height], [0, height]], np.int16)


@pytest.mark.parametrize(
    ("heights", "upscale"), [([10] * 4, 2), ([10, 30, 30, 30], 2), ([10, 30, 30, 30, 30], 1), ([30] * 4, 1), ([], 2)]
)
def test_pages_are_worth_enlarging_if_a_quarter_of_their_lines_is_low(heights: list[int], upscale: float) -> None:
    assert suggested_upscale([line(height) for height in heights]) == upscale


def test_a_page_is_enlarged_as_far_as_memory_and_coordinates_allow() -> None:
    assert bounded_upscale(3, 1000, 1000) == 3
    assert bounded_upscale(3, 1000, 1000, most_pixels=4_000_000) == 2
    assert bounded_upscale(3, 100, 20_000) * 20_000 < 2**15
    assert bounded_upscale(3, 9000, 9000) == 1
    assert bounded_upscale(3, 1000, 1000, most_pixels=10) == 1


def striped(dark: int, light: int) -> np.ndarray:
    """Stripes that are as wide as strokes, so that smoothing leaves them."""
    gray = np.where(np.arange(256) // 8 % 2, dark, light).astype(np.uint8)
    return np.repeat(np.tile(gray, (200, 1))[..., None], 3, axis=2)


@pytest.mark.parametrize(("dark", "light"), [(100, 120), (0, 20), (235, 255)])
def test_low_contrast_is_raised_wherever_it_lies(dark: int, light: int) -> None:
    assert np.ptp(enhanced(striped(dark, light))) > 0.7 * CONTRAST


def test_contrast_that_is_enough_stays() -> None:
    page = striped(20, 240)
    middle = page[:, 4::8]
    assert np.abs(enhanced(page)[:, 4::8].astype(int) - middle).max() <= 3


def test_a_part_in_the_shadow_gets_the_contrast_of_the_rest() -> None:
    page = np.hstack([striped(20, 240), striped(5, 40)])
    found = enhanced(page)
    assert np.ptp(found[:, 350:]) > 0.7 * CONTRAST > 3 * np.ptp(page[:, 350:])


def test_a_page_of_one_color_keeps_it() -> None:
    assert (enhanced(np.full((90, 70, 3), 130, np.uint8)) == 130).all()
