"""Reading order: the order in which a person reads the lines of a page."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing.columns import (
    FULL,
    FULL_DOWN,
    PARAGRAPH,
    Boxes,
    is_full,
    line_height,
    split_columns,
    split_running_heads,
)

_SQUARE_DEG = 10.0
"""A line this close to the page's direction, or to the right angle with it, counts as exactly so."""
_SAME_ROW = 0.5
"""Lines are in one row if they share this much of the lower one's height."""
_SAME_SIZE = 1.5
"""Ratio of heights up to which lines count as of one size."""
_LEAST_CELLS = 3
"""Rows of cells that make a table."""
_OPPOSED = 10
"""Letters that a row needs to run against the page; codes and units in a table have fewer."""


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
    boxes = straightened(lines)
    mirrored = lines.from_right.sum() > 0
    if mirrored:
        boxes = np.stack([-boxes[:, 2], boxes[:, 1], -boxes[:, 0], boxes[:, 3]], axis=1)
    opposed = lines.from_right if not mirrored else -lines.from_right
    order: list[int] = []
    heads, between, feet = split_running_heads(boxes)
    everywhere = (-np.inf, np.inf)
    vertical = lines.characters[lines.runs_down].sum() * 2 > lines.characters.sum()
    full = FULL_DOWN if vertical else FULL
    pending = [(part, *everywhere) for part in (*reversed(feet), between, *reversed(heads))]
    while pending:
        part, ceiling, floor = pending.pop()
        pieces = split_columns(boxes[part], ceiling, floor, full)
        if pieces is None:
            order.extend(part[_by_rows(boxes[part], opposed[part])].tolist())
            continue
        above, left, right, below = (part[piece] for piece in pieces)
        columns = boxes[np.concatenate([left, right])]
        parts = (
            (above, ceiling, columns[:, 1].min()),
            (left, *everywhere),
            (right, *everywhere),
            (below, columns[:, 3].max(), floor),
        )
        pending.extend(one for one in reversed(parts) if len(one[0]))
    return order


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


def _by_rows(boxes: Boxes, opposed: NDArray[np.int_]) -> list[int]:
    """Return indices row by row, or cell by cell, from the left; a row written the other way from the right."""
    order: list[int] = []
    for row in _cell_rows(boxes, rows(boxes)):
        other_way = opposed[row].sum() >= _OPPOSED and opposed[row].min() >= 0
        order.extend(sorted(row, key=lambda index: -boxes[index, 2] if other_way else boxes[index, 0]))
    return order


def _cell_rows(boxes: Boxes, found: list[list[int]]) -> list[list[int]]:
    """Return rows, those of a table whose cells have several lines cell by cell.

    White space separates the rows of such a table, and cells of several lines are wide and full.
    """
    if len(found) < _LEAST_CELLS:
        return found
    unit = line_height(boxes)
    tops = np.array([boxes[row, 1].min() for row in found])
    gaps = tops[1:] - np.array([boxes[row, 3].max() for row in found[:-1]])
    apart = np.flatnonzero(gaps > np.percentile(gaps, 25) + PARAGRAPH * unit) + 1
    if len(apart) + 1 < _LEAST_CELLS:
        return found
    edges = [0, *apart.tolist(), len(found)]
    bands = [found[start:end] for start, end in itertools.pairwise(edges)]
    return [row for band in bands for row in (cells_of(boxes, band, unit) or band)]


def cells_of(boxes: Boxes, band: list[list[int]], unit: float) -> list[list[int]] | None:
    """Return the lines of a row of cells cell by cell, each line a row; ``None`` if they are several rows."""
    if len(band) < 2:
        return None
    order = sorted((index for row in band for index in row), key=lambda index: boxes[index, 0])
    ends = np.maximum.accumulate(boxes[order, 2])
    starts = np.flatnonzero(boxes[order, 0][1:] > ends[:-1]) + 1
    cells = [boxes[order[a:b]] for a, b in itertools.pairwise([0, *starts.tolist(), len(order)])]
    if len(cells) < 2 or not all(len(cell) == 1 or is_full(cell[np.argsort(cell[:, 1])], unit) for cell in cells):
        return None
    places = [order[a:b] for a, b in itertools.pairwise([0, *starts.tolist(), len(order)])]
    return [[index] for cell in places for index in sorted(cell, key=lambda index: boxes[index, 1])]


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
