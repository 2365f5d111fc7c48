"""The size of the sheet that a picture fills."""

from __future__ import annotations

import math

MAX_SIDE_PT = 14400.0
"""Longest side of a page, in points (PDF 1.7, annex C); larger pages get more pixels per inch."""

_A4_WIDTH_IN = 210 / 25.4
_A3_WIDTH_IN = 297 / 25.4
_LEAST_DPI = 72.0
_CREDIBLE_DPI = (36.0, 9600.0)
_PLACEHOLDER_DPI = 96.0
"""Cameras and screens write 72 or 96 into files without a size."""


def sheet_size(
    width: int, height: int, stated: tuple[float, float] | None, unstated: float | None = None
) -> tuple[float, float]:
    """Return the width and height in points of a sheet for a picture of ``width`` x ``height`` pixels.

    ``stated`` is the resolution that the file states, in pixels per inch across and down. It is not believed if it is
    not between 36 and 9600, or if it is 96 or less and the sheet would be wider than A3. Such pictures have
    ``unstated`` pixels per inch; by default their short side is as long as A4's, with at least 72 pixels per inch.
    """
    across, down = stated if stated is not None and _is_credible(width, height, stated) else (unstated, unstated)
    if not across or not down:
        across = down = max(min(width, height) / _A4_WIDTH_IN, _LEAST_DPI)
    points = 72 * width / across, 72 * height / down
    shrunk = min(1.0, MAX_SIDE_PT / max(points))
    return points[0] * shrunk, points[1] * shrunk


def _is_credible(width: int, height: int, stated: tuple[float, float]) -> bool:
    low, high = _CREDIBLE_DPI
    if not all(math.isfinite(dpi) and low <= dpi <= high for dpi in stated):
        return False
    is_placeholder = max(stated) <= _PLACEHOLDER_DPI
    return not (is_placeholder and min(width / stated[0], height / stated[1]) > _A3_WIDTH_IN)
