"""Rows of a page, and the cells of a table whose cells have several lines."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing.columns import PARAGRAPH, Boxes, is_full, line_height

_SAME_ROW = 0.5
"""Lines are in one row if they share this much of the lower one's height."""
_SAME_SIZE = 1.5
"""Ratio of heights up to which lines count as of one size."""
_OPEN_ROWS = 3
"""Rows that a line may belong to; lines come by the height of their middles."""
_LEAST_CELLS = 3
"""Rows of cells that make a table."""
_OPPOSED = 10
"""Letters that a row needs to run against the page; codes and units in a table have fewer."""


def by_rows(boxes: Boxes, opposed: NDArray[np.int_]) -> list[int]:
    """Return the indices of N lines row by row, or cell by cell, from the left.

    ``opposed`` is how many letters of each line run from the right, less those from the left; a row with none of the
    latter is read from the right.
    """
    lefts, rights, against = boxes[:, 0].tolist(), boxes[:, 2].tolist(), opposed.tolist()
    order: list[int] = []
    for row in _in_cells(boxes, rows(boxes)):
        letters = [against[index] for index in row]
        other_way = sum(letters) >= _OPPOSED and min(letters) >= 0
        order.extend(sorted(row, key=lambda index: -rights[index] if other_way else lefts[index]))
    return order


def rows(boxes: Boxes) -> list[list[int]]:
    """Group boxes into rows, from top to bottom: those of a row share half the height of the lower one."""
    found: list[list[int]] = []
    bands: list[tuple[float, float]] = []
    tops, bottoms = boxes[:, 1].tolist(), boxes[:, 3].tolist()
    for index in np.argsort(boxes[:, 1] + boxes[:, 3], kind="stable").tolist():
        line = tops[index], bottoms[index]
        number = _row_of(line, bands)
        if number is None:
            found.append([index])
            bands.append(line)
        else:
            found[number].append(index)
            bands[number] = _band(bands[number], line, len(found[number]))
    return [found[number] for number in sorted(range(len(found)), key=lambda number: sum(bands[number]))]


def _row_of(line: tuple[float, float], bands: list[tuple[float, float]]) -> int | None:
    """Return which of the last rows a line is in, of their tops and bottoms."""
    top, bottom = line
    best, most = None, _SAME_ROW
    for number in range(len(bands) - 1, max(len(bands) - 1 - _OPEN_ROWS, -1), -1):
        above, below = bands[number]
        shared = min(bottom, below) - max(top, above)
        if shared > 0 and (share := shared / min(bottom - top, below - above)) >= most:
            best, most = number, share
    return best


def _band(band: tuple[float, float], added: tuple[float, float], count: int) -> tuple[float, float]:
    """Return top and bottom of a row with one more line: the mean of its smaller lines."""
    ratio = (added[1] - added[0]) / (band[1] - band[0])
    if ratio > _SAME_SIZE:
        return band
    if ratio < 1 / _SAME_SIZE:
        return added
    return band[0] + (added[0] - band[0]) / count, band[1] + (added[1] - band[1]) / count


def _in_cells(boxes: Boxes, found: list[list[int]]) -> list[list[int]]:
    """Return rows, those of a table whose cells have several lines cell by cell.

    White space separates the rows of such a table, and cells of several lines are wide and full.
    """
    if len(found) < _LEAST_CELLS or len(found) == len(boxes):
        return found
    unit = line_height(boxes)
    flat = boxes[list(itertools.chain.from_iterable(found))]
    starts = np.cumsum([0, *(len(row) for row in found[:-1])])
    gaps = np.minimum.reduceat(flat[:, 1], starts)[1:] - np.maximum.reduceat(flat[:, 3], starts)[:-1]
    apart = np.flatnonzero(gaps > np.percentile(gaps, 25) + PARAGRAPH * unit) + 1
    if len(apart) + 1 < _LEAST_CELLS:
        return found
    bands = [found[start:end] for start, end in itertools.pairwise([0, *apart.tolist(), len(found)])]
    return [row for band in bands for row in (_cells(boxes, band, unit) or band)]


def _cells(boxes: Boxes, band: list[list[int]], unit: float) -> list[list[int]] | None:
    """Return the lines of a row of cells cell by cell, each line a row; ``None`` if they are several rows."""
    if len(band) < 2:
        return None
    lines = np.array(sorted(itertools.chain.from_iterable(band)))
    lines = lines[np.argsort(boxes[lines, 0], kind="stable")]
    ends = np.maximum.accumulate(boxes[lines, 2])
    between = np.flatnonzero(boxes[lines[1:], 0] > ends[:-1]) + 1
    cells = [cell[np.argsort(boxes[cell, 1], kind="stable")] for cell in np.split(lines, between)]
    if len(cells) < 2 or not all(len(cell) == 1 or is_full(boxes[cell], unit) for cell in cells):
        return None
    return [[index] for cell in cells for index in cell.tolist()]
