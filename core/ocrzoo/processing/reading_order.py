"""Reading order: the order in which a person reads the lines of a page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
"""N x 4: left, top, right and bottom, in pixels along and across the text."""

_SQUARE_DEG = 10.0
"""A line this close to the page's direction, or to the right angle with it, counts as exactly so."""
_SAME_ROW = 0.5
"""Lines are in one row if they share this much of the lower one's height."""
_SAME_SIZE = 1.5
"""Ratio of heights up to which lines count as of one size."""


@dataclass(frozen=True)
class Lines:
    """What the order of a page's N lines depends on."""

    polygons: NDArray[np.float32]
    """N x 4 x 2 pixels: corners from the top left one, as the letters stand."""
    runs_down: NDArray[np.bool_]
    """N: whether the text runs from top to bottom, letter under letter."""
    characters: NDArray[np.int_]
    """N: how many characters each has."""
    from_right: NDArray[np.int_]
    """N: letters that run from right to left, less those that run from left to right."""


def reading_order(lines: Lines) -> list[int]:
    """Return the indices of lines in reading order.

    Directions are relative to the text: a page that is on its side, upside down or tilted is ordered as if it were
    straight, and one of vertical text by columns from the right. Rows go by the size of lines; a row whose letters run
    from the right is read from there.
    """
    if len(lines.polygons) < 2:
        return list(range(len(lines.polygons)))
    return _by_rows(straightened(lines), lines.from_right)


def straightened(lines: Lines) -> Boxes:
    """Return the boxes of lines after the page is turned so that most of its text is level and runs to the right."""
    corners = lines.polygons.astype(np.float64)
    edges = np.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 3]]).mean(axis=0)
    sides = np.stack([corners[:, 3] - corners[:, 0], corners[:, 2] - corners[:, 1]]).mean(axis=0)
    along = np.where(lines.runs_down[:, None], sides, edges)
    length = np.hypot(*along.T)
    thickness = np.hypot(*np.where(lines.runs_down[:, None], edges, sides).T)
    angles = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    turn = _main_angle(angles, length * (lines.characters - 1).clip(0))
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    middles = corners.mean(axis=1) @ np.array([[cos, -sin], [sin, cos]])
    off = (angles - turn) % 180
    nearest = np.round(off / 90) * 90
    off = np.radians(np.where(np.abs(off - nearest) < _SQUARE_DEG, nearest, off))
    cos, sin = np.abs(np.cos(off)), np.abs(np.sin(off))
    halves = np.stack([length * cos + thickness * sin, length * sin + thickness * cos], axis=1) / 2
    return np.concatenate([middles - halves, middles + halves], axis=1)


def _main_angle(angles: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the median angle, in degrees, of the lines within 45 degrees of the most frequent quarter turn."""
    if not weights.any():
        return 0.0
    quarters = np.round(angles / 90).astype(int) % 4
    quarter = int(np.bincount(quarters, weights, 4).argmax())
    chosen = (quarters == quarter) & (weights > 0)
    deviations = (angles[chosen] - 90 * quarter + 180) % 360 - 180
    order = np.argsort(deviations)
    passed = np.cumsum(weights[chosen][order])
    return 90 * quarter + float(deviations[order][np.searchsorted(passed, passed[-1] / 2)])


def _by_rows(boxes: Boxes, from_right: NDArray[np.int_]) -> list[int]:
    """Return indices row by row; a row without letters runs as most letters of all rows do."""
    usual = int(from_right.sum())
    order: list[int] = []
    for row in rows(boxes):
        leaning = int(from_right[row].sum()) or usual
        order.extend(sorted(row, key=lambda index: -boxes[index, 2] if leaning > 0 else boxes[index, 0]))
    return order


def rows(boxes: Boxes) -> list[list[int]]:
    """Group boxes into rows, from top to bottom: those of a row share half the height of the lower one."""
    found: list[list[int]] = []
    bands: list[tuple[float, float]] = []
    middles = boxes[:, 1] + boxes[:, 3]
    for index in np.argsort(middles, kind="stable").tolist():
        top, bottom = boxes[index, 1::2].tolist()
        number = _row_of(top, bottom, bands)
        if number is None:
            found.append([index])
            bands.append((top, bottom))
        else:
            found[number].append(index)
            bands[number] = _band(bands[number], (top, bottom), len(found[number]))
    return [found[number] for number in sorted(range(len(found)), key=lambda number: sum(bands[number]))]


def _row_of(top: float, bottom: float, bands: list[tuple[float, float]]) -> int | None:
    """Return which of the last rows a line is in."""
    best, most = None, _SAME_ROW
    for number in range(len(bands) - 1, max(len(bands) - 4, -1), -1):
        above, below = bands[number]
        least = min(bottom - top, below - above)
        share = (min(bottom, below) - max(top, above)) / least if least > 0 else 0.0
        if share >= most:
            best, most = number, share
    return best


def _band(band: tuple[float, float], added: tuple[float, float], count: int) -> tuple[float, float]:
    """Return top and bottom of a row with one more line: the mean of its smaller lines."""
    ratio = (added[1] - added[0]) / max(band[1] - band[0], 1e-9)
    if ratio > _SAME_SIZE:
        return band
    if ratio < 1 / _SAME_SIZE:
        return added
    return band[0] + (added[0] - band[0]) / count, band[1] + (added[1] - band[1]) / count
