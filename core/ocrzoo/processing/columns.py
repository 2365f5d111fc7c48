"""Columns of a page: where white space runs down between lines that are read one side after the other.

White space between two columns of prose and between two columns of a table looks the same, and lines of both may share
their base lines. What tells them apart is how lines fill the space: lines of prose are long, follow closely, and most
of them are nearly as wide as their column; a table's cells are short, or of any width. Distances are relative to
the median height of lines.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
"""N x 4: left, top, right and bottom, in pixels along and across the text."""
Indices = NDArray[np.intp]

_GUTTER = 0.5
"""Least width of the white space between columns, in heights of a line."""
_MARGIN = 0.5
"""What is left out at both ends of a line, in heights of a line."""
_MOST_STRIPS = 500
"""Most places across the page at which white space is looked for."""
_CANDIDATES = 64
"""Most strips of white space that are examined on a page, the longest first."""
_LEAST_LINES = 3
"""Lines of a column of prose."""
WIDE = 7.5
"""Least width of a column of prose, in heights of a line: fifteen letters, or seven ideographs."""
FULL = 0.75
"""Least share of the column's width that half of its lines fill."""
FULL_DOWN = 0.4
"""The same of vertical text, in which tables are rare and lines of many lengths are not."""
CLOSE = 2.4
"""Most distance of the lines of prose, in heights of a line."""
RAGGED = 4.0
"""How far short of the column's edge a line may end, in heights of a line, to say something of the column."""
_INDENT = 3.0
_ALIGNED = 0.2
"""Middles of lines that are in one row differ by less, in heights of a line."""
_MARK = 0.6
"""Height below which a box is that of a full stop or another mark, in heights of a line; marks are no column."""
_IN_ROWS = 0.7
"""Share of aligned lines from which two sides are rows of one table, unless both are prose."""
PARAGRAPH = 0.3
"""White space between paragraphs, in heights of a line, beyond that between lines."""
_ROOM = 0.7
"""Least difference of white space between the rows of such a table, in heights of a line."""
_HIGH = 2.5
"""Height from which a line is as high as several, in heights of a line."""
_HEADLINES = (1.15, 1.45)
"""Least height of all headlines that stand side by side, and of the largest of them, in heights of a line: subheads
that are beside each other by chance are smaller."""
_MOST_HEADS = 2
"""Rows of running heads, and of feet."""
_APART = 1.5
"""White space that separates a running head, in heights of a line."""


def line_height(boxes: Boxes) -> float:
    """Return the median height of lines, in pixels, each weighted by its length: marks count for little."""
    heights, widths = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    order = np.argsort(heights)
    passed = np.cumsum(widths[order])
    return float(heights[order][np.searchsorted(passed, passed[-1] / 2)])


def split_columns(
    boxes: Boxes, ceiling: float = -np.inf, floor: float = np.inf, full: float = FULL
) -> list[Indices] | None:
    """Return the indices of lines above, left of, right of and below the longest white space between two columns.

    ``None`` if there are no two columns. ``ceiling`` and ``floor`` are where the text above ends and that below begins,
    ``full`` is which share of a column's width half of the lines of prose fill.
    """
    if len(boxes) <= _LEAST_LINES:
        return None
    by_height = np.argsort(boxes[:, 1] + boxes[:, 3], kind="stable")
    lines = boxes[by_height]
    unit = line_height(lines)
    if unit <= 0:
        return None
    inner = _without_margins(lines, unit)
    starts = _strips(inner, unit)
    crossing = (inner[:, 0] < starts + _GUTTER * unit) & (inner[:, 2] > starts)
    on_left = inner[:, 2] <= starts
    runs = np.cumsum(crossing, axis=1) + np.arange(len(starts))[:, None] * (len(lines) + 1)
    size = len(starts) * (len(lines) + 1)
    lefts = np.bincount(runs[on_left], minlength=size)
    rights = np.bincount(runs[~on_left & ~crossing], minlength=size)
    possible = np.flatnonzero((np.minimum(lefts, rights) > 0) & (np.maximum(lefts, rights) >= _LEAST_LINES))
    longest = possible[np.argsort(-(lefts + rights)[possible], kind="stable")][:_CANDIDATES]
    tables: list[tuple[int, int]] = []
    for run in longest.tolist():
        strip = run // (len(lines) + 1)
        inside = (runs[strip] == run) & ~crossing[strip]
        inside &= _clear(lines, inside, crossing[strip])
        left, right = np.flatnonzero(inside & on_left[strip]), np.flatnonzero(inside & ~on_left[strip])
        if not (len(left) and len(right)):
            continue
        first, last = min(left[0], right[0]), max(left[-1], right[-1])
        if any(start <= first and last <= end for start, end in tables):
            continue
        sides = _beside(lines[left], lines[right], unit)
        if not _are_columns(*sides, unit, full):
            continue
        if _begin_together(*sides, unit):
            tables.append((first, last))
            continue
        return [by_height[part] for part in _around(lines, left, right, unit, (ceiling, floor))]
    return None


def _clear(lines: Boxes, inside: NDArray[np.bool_], crossing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which lines are not beside the lines that end white space above and below."""
    middles = (lines[:, 1] + lines[:, 3]) / 2
    first, last = np.flatnonzero(inside)[[0, -1]]
    before, after = lines[:first][crossing[:first]], lines[last:][crossing[last:]]
    clear: NDArray[np.bool_] = (middles > before[:, 3].max(initial=-np.inf)) & (
        middles < after[:, 1].min(initial=np.inf)
    )
    return clear


def split_running_heads(boxes: Boxes) -> tuple[list[Indices], Indices, list[Indices]]:
    """Return the rows of running heads at the top, the indices of all other lines, and the rows of feet.

    White space separates them from the page, and they do not begin where columns do.
    """
    between = np.arange(len(boxes))
    heads: list[Indices] = []
    feet: list[Indices] = []
    for found, upside_down in ((heads, False), (feet, True)):
        while len(found) < _MOST_HEADS and (row := _outermost(boxes[between], upside_down=upside_down)) is not None:
            found.append(between[row])
            between = np.delete(between, row)
    return heads, between, feet[::-1]


def split_articles(boxes: Boxes) -> tuple[Indices, Indices] | None:
    """Return the lines above and below white space across the page under which headlines stand side by side.

    ``None`` if there is no such place. Columns above it do not go on below it.
    """
    if len(boxes) <= _LEAST_LINES:
        return None
    order = np.argsort(boxes[:, 1], kind="stable")
    lines = boxes[order]
    unit = line_height(lines)
    if unit <= 0:
        return None
    heights = lines[:, 3] - lines[:, 1]
    gaps = lines[1:, 1] - np.maximum.accumulate(lines[:, 3])[:-1]
    for cut in (np.flatnonzero(gaps > _GUTTER * unit) + 1).tolist():
        row = cut + np.flatnonzero(lines[cut:, 1] <= lines[cut, 3] - heights[cut] / 2)
        row = row[np.argsort(lines[row, 0])]
        apart = (lines[row[1:], 0] > lines[row[:-1], 2]).all()
        least, largest = heights[row].min(), heights[row].max()
        if len(row) > 1 and apart and least > _HEADLINES[0] * unit and largest > _HEADLINES[1] * unit:
            return order[:cut], order[cut:]
    return None


def _outermost(boxes: Boxes, *, upside_down: bool) -> Indices | None:
    """Return the lines of the topmost, or lowest, row if it is a running head."""
    if len(boxes) < _LEAST_LINES:
        return None
    tops, bottoms = (-boxes[:, 3], -boxes[:, 1]) if upside_down else (boxes[:, 1], boxes[:, 3])
    unit = line_height(boxes)
    order = np.argsort(tops)
    gaps = tops[order][1:] - np.maximum.accumulate(bottoms[order])[:-1]
    wide = np.flatnonzero(gaps > _APART / 2 * unit)
    if not len(wide):
        return None
    row, rest = order[: wide[0] + 1], order[wide[0] + 1 :]
    if tops[row].max() >= bottoms[row].min():
        return None
    begin_alike = np.abs(boxes[row, None, 0] - boxes[None, rest, 0]) < _GUTTER * unit
    in_columns = bool((begin_alike.sum(axis=1) > 1).all())
    least = {(True, True): 2 * _APART, (True, False): np.inf, (False, True): _APART / 2, (False, False): _APART}
    return row if gaps[wide[0]] > least[in_columns, len(row) == 1] * unit else None


def _without_margins(lines: Boxes, unit: float) -> Boxes:
    """Return lines shorter at both ends: detectors expand boxes, and some reach across narrow white space."""
    margin = np.minimum(_MARGIN * unit, (lines[:, 2] - lines[:, 0]) / 4)
    return np.stack([lines[:, 0] + margin, lines[:, 1], lines[:, 2] - margin, lines[:, 3]], axis=1)


def _strips(lines: Boxes, unit: float) -> NDArray[np.float64]:
    """Return where white space may begin, M x 1: the right ends of lines, one of those close to each other."""
    ends = np.unique(lines[:, 2])
    ends = ends[np.append(np.diff(ends) > unit * _GUTTER / 2, True)][:-1]
    chosen: NDArray[np.float64] = ends[:: len(ends) // _MOST_STRIPS + 1, None]
    return chosen


def _around(lines: Boxes, left: Indices, right: Indices, unit: float, limits: tuple[float, float]) -> list[Indices]:
    """Return the lines above both columns, the columns, and the lines below both.

    The first and last lines of a column that are beside no line of the other one may belong to what is above or below.
    """
    both = np.sort(np.concatenate([left, right]))
    others = np.setdiff1d(np.arange(len(lines)), both)
    above, below = others[others < both[len(both) // 2]], others[others > both[len(both) // 2]]
    tops, bottoms = lines[:, 1], lines[:, 3]
    ceiling, floor = bottoms[above].max(initial=limits[0]), tops[below].min(initial=limits[1])
    columns = []
    for column, other in ((left, right), (right, left)):
        early = _loose(-bottoms[column[::-1]], -tops[column[::-1]], -tops[other].min(), -ceiling, unit)
        late = _loose(tops[column], bottoms[column], bottoms[other].max(), floor, unit)
        above = np.append(above, column[:early])
        below = np.append(below, column[len(column) - late :])
        columns.append(column[early : len(column) - late])
    return [np.sort(above), *columns, np.sort(below)]


def _loose(
    tops: NDArray[np.float64], bottoms: NDArray[np.float64], end_of_other: float, below: float, unit: float
) -> int:
    """Return how many lines at the end of a column are closer to what is below both columns than to their column."""
    gaps = tops[1:] - np.maximum.accumulate(bottoms)[:-1]
    apart = (gaps > unit) & (gaps > below - bottoms[-1]) & (tops[1:] > end_of_other)
    return len(tops) - 1 - int(apart.argmax()) if apart.any() else 0


def _beside(left: Boxes, right: Boxes, unit: float) -> tuple[Boxes, Boxes]:
    """Return the lines of the two columns next to white space, of all lines on both sides of it."""
    near = left[left[:, 2] > left[:, 2].max() - RAGGED * unit]
    left = left[left[:, 0] >= near[:, 0].min() - unit]
    return left, right[right[:, 0] < right[:, 0].min() + _INDENT * unit]


def _are_columns(left: Boxes, right: Boxes, unit: float, full: float) -> bool:
    """Whether the lines left of white space are read before those right of it."""
    if any(len(side) > 1 and _is_upended(other, unit) for side, other in ((left, right), (right, left))):
        return True
    if any((side[:, 3] - side[:, 1] < _MARK * unit).all() for side in (left, right)):
        return False
    prose = (_is_prose(left, full), _is_prose(right, full))
    return all(prose) or (any(prose) and _aligned(left, right, unit) < _IN_ROWS)


def _is_prose(column: Boxes, full: float) -> bool:
    """Whether lines are those of a column of prose."""
    if len(column) < _LEAST_LINES:
        return False
    height = line_height(column)
    widths = column[:, 2] - column[:, 0]
    usual = float(np.median(widths))
    if usual < WIDE * height or usual < full * float(np.percentile(widths, 90)):
        return False
    return float(np.median(np.diff(np.sort(column[:, 1] + column[:, 3])))) / 2 <= CLOSE * height


def is_full(cell: Boxes, unit: float) -> bool:
    """Whether all lines of a cell but the last, from top to bottom, are long and nearly fill it."""
    width = float(cell[:, 2].max() - cell[:, 0].min())
    lines = cell[:-1, 2] - cell[:-1, 0]
    return width > WIDE * unit and bool((lines > FULL * width).all())


def _is_upended(side: Boxes, unit: float) -> bool:
    """Whether lines are at right angles to the page's."""
    height = side[:, 3] - side[:, 1]
    return bool(((height > _HIGH * unit) & (height > side[:, 2] - side[:, 0])).all())


def _begin_together(left: Boxes, right: Boxes, unit: float) -> bool:
    """Whether paragraphs on both sides begin side by side, as in a table whose cells have several lines.

    The shorter cells of such a table leave white space, which differs from row to row.
    """
    if min(len(left), len(right)) < _LEAST_LINES:
        return False
    (fewer, gap), (more, other_gap) = sorted(
        (_beginnings(left, unit), _beginnings(right, unit)), key=lambda found: len(found[0])
    )
    if len(fewer) < _LEAST_LINES or max(gap, other_gap) < _ROOM * unit:
        return False
    beside = np.abs(fewer[:, None] - more[None, :]).min(axis=1) < _ALIGNED * unit
    return bool(beside.mean() > _IN_ROWS)


def _beginnings(column: Boxes, unit: float) -> tuple[NDArray[np.float64], float]:
    """Return the tops of the first lines of paragraphs, and by how much the white space between paragraphs differs."""
    gaps = column[1:, 1] - column[:-1, 3]
    apart = gaps > np.percentile(gaps, 25) + PARAGRAPH * unit
    return column[np.append(True, apart), 1], float(np.ptp(gaps[apart])) if apart.any() else 0.0


def _aligned(left: Boxes, right: Boxes, unit: float) -> float:
    """Return the share of the fewer lines that have a line beside them; one that is several lines high has none."""
    fewer, more = sorted((left, right), key=len)
    apart = np.abs((fewer[:, None, 1] + fewer[:, None, 3]) - (more[None, :, 1] + more[None, :, 3])).min(axis=1) / 2
    return float(((apart < _ALIGNED * unit) & (fewer[:, 3] - fewer[:, 1] < _HIGH * unit)).mean())
