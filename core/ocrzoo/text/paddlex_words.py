"""PaddleX's word boxes (3.7.2), reproduced exactly for compatibility; :mod:`ocrzoo.text.words` is correct.

PaddleX has three kinds of characters: ideographs (U+4E00 to U+9FFF), ASCII letters and digits, and all others, so
accents, kana and Cyrillic split words, and spaces are among the words. Boxes are axis-aligned even for a rotated line;
a line that was rotated by 180 degrees has mirrored boxes; words and boxes may be in different orders, since the boxes
of ideographs are computed last and then all boxes, but not the words, are sorted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing.recognition import Line
from ocrzoo.types import Quad

Kind = Literal["cn", "en&num", "symbol"]
"""PaddleX's names: ideographs, letters and digits, all others."""

Box: TypeAlias = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]
"""Corners x, y; clockwise from the top left, but counter-clockwise in vertical lines."""

VERTICAL_RATIO = 1.5
"""Ratio of height to width above which a box is a vertical line."""
SAME_ROW_PX = 12
"""Vertical distance of centers below which boxes are in one row."""

_ASCII = re.compile("[a-zA-Z0-9]")
_DIGIT = re.compile("[0-9]")


@dataclass
class Run:
    """Adjacent characters of one kind."""

    kind: Kind
    characters: list[str] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)


def runs_of(line: Line) -> list[Run]:
    """Split a line, in visual order, into runs of one kind.

    As in PaddleX, characters are indexed by code point and columns by charset entry, so an entry of several code points
    shifts all that follow; beyond the last column, the last one is used.
    """
    text = "".join(line.entries)
    runs: list[Run] = []
    for index, character in enumerate(text):
        kind = _kind(character, text[index + 1 : index + 2], runs[-1].kind if runs else None)
        if not runs or runs[-1].kind != kind:
            runs.append(Run(kind))
        runs[-1].characters.append(character)
        runs[-1].columns.append(line.columns[min(index, len(line.columns) - 1)])
    return runs


def _kind(character: str, following: str, before: Kind | None) -> Kind:
    """The kind of a character; a dash, or a dot before a digit, continues preceding letters and digits."""
    if "\u4e00" <= character <= "\u9fff":
        return "cn"
    if _ASCII.match(character):
        return "en&num"
    if before == "en&num" and (character == "-" or (character == "." and _DIGIT.match(following))):
        return "en&num"
    return "symbol"


def words_with_boxes(line: Line, quad: Quad) -> tuple[list[str], list[Box]]:
    """Return a line's ``text_word`` and ``text_word_region``: its words, and a box for each, in pixels."""
    runs = runs_of(line)
    if not runs:
        return [], []
    axis = _Axis.of(quad, line.cells)
    words: list[str] = []
    boxes: list[Box] = []
    for run in runs:
        if run.kind == "cn":
            words += run.characters
        else:
            words.append("".join(run.characters))
            first, last = run.columns[0], run.columns[-1]
            boxes.append(axis.box(axis.start + int(first * axis.cell), axis.start + int((last + 1) * axis.cell)))
    return words, in_rows(boxes + _ideographs([run for run in runs if run.kind == "cn"], axis, len(line.text)))


def bounds_of(regions: Sequence[Box]) -> NDArray[Any]:
    """Return a line's ``text_word_boxes``: N x 4 int64, x_min, y_min, x_max, y_max; of no boxes, shape (0,) float64."""
    if not regions:
        return np.array([])
    corners = np.array(regions)
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


@dataclass(frozen=True)
class _Axis:
    """The direction in which a line's columns are laid out."""

    start: int
    size: int
    cell: float
    """Pixels a column."""
    box: Callable[[int, int], Box]
    """Makes the box between two positions."""

    @classmethod
    def of(cls, quad: Quad, cells: float) -> _Axis:
        points = quad.astype(np.int64)
        left, top = points[0].tolist()
        right, bottom = int(points[1][0]), int(points[2][1])
        width, height = np.ptp(points, axis=0).tolist()
        if height > 0 and (width == 0 or height / width > VERTICAL_RATIO):
            return cls(
                top, bottom - top, (bottom - top) / cells, lambda a, b: ((left, a), (left, b), (right, b), (right, a))
            )
        return cls(
            left, right - left, (right - left) / cells, lambda a, b: ((a, top), (b, top), (b, bottom), (a, bottom))
        )


def _ideographs(runs: Sequence[Run], axis: _Axis, length: int) -> list[Box]:
    """One box for each ideograph, of equal width, centered in its column."""
    widths = [
        (run.columns[-1] - run.columns[0] + 1) * axis.cell / (len(run.columns) - 1)
        for run in runs
        if len(run.columns) > 1
    ]
    boxes = []
    for column in [column for run in runs for column in run.columns]:
        width = float(np.mean(widths)) if widths else axis.size / length
        middle = (column + 0.5) * axis.cell
        first, last = max(int(middle - width / 2), 0), min(int(middle + width / 2), axis.size)
        boxes.append(axis.box(axis.start + first, axis.start + last))
    return boxes


def in_rows(boxes: Sequence[Box]) -> list[Box]:
    """Sort boxes into rows by the y of their middles, and within a row by x."""
    rows: list[list[Box]] = []
    above: float | None = None
    for box in sorted(boxes, key=lambda box: _middle(box, 1)):
        if above is None or abs(_middle(box, 1) - above) >= SAME_ROW_PX:
            rows.append([])
        rows[-1].append(box)
        above = _middle(box, 1)
    return [box for row in rows for box in sorted(row, key=lambda box: _middle(box, 0))]


def _middle(box: Box, axis: int) -> float:
    return sum(corner[axis] for corner in box) / 4
