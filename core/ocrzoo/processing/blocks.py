"""Blocks: lines that follow each other closely, in rows. Distances are relative to the median height of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from ocrzoo.processing.columns import PARAGRAPH, Boxes, is_full, line_height

Kind = Literal["text", "heading", "rows"]

_APART = 1.5
"""White space that always separates paragraphs, in heights of a line."""
_SAME_SIZE = 1.5
"""Ratio of heights up to which lines may be of one paragraph."""


@dataclass(frozen=True)
class Paragraph:
    """Lines that belong together, by their places in reading order."""

    rows: tuple[tuple[int, ...], ...]
    """From top to bottom; of text and headings, each has one line, but for the mark of an item beside it."""
    kind: Kind
    """``rows``: not text that runs from line to line, but cells, fields or entries."""
    level: int = 0
    """Of a heading, from 1; 0 of others."""
    goes_on: bool = False
    """Whether its text goes on in the next paragraph: in the next column."""

    @property
    def lines(self) -> tuple[int, ...]:
        """All its lines."""
        return tuple(line for row in self.rows for line in row)

    def renumbered(self, numbers: Sequence[int]) -> Paragraph:
        """Return the same with other numbers for its lines."""
        return replace(self, rows=tuple(tuple(numbers[line] for line in row) for row in self.rows))


@dataclass(frozen=True)
class LevelLines:
    """The lines of a page, in reading order."""

    boxes: Boxes
    texts: Sequence[str]
    unit: float
    """Median height of lines, in pixels."""

    def size(self, part: Paragraph) -> float:
        """The median height of a paragraph's lines."""
        own = self.boxes[list(part.lines)]
        return float(np.median(own[:, 3] - own[:, 1]))


@dataclass(frozen=True)
class Block:
    """Rows that follow each other closely: a paragraph, several, or a table."""

    rows: tuple[tuple[int, ...], ...]
    boxes: Boxes
    """What is around each row: R x 4."""


def blocks(boxes: Boxes) -> list[Block]:
    """Group lines, in reading order, into rows and these into blocks; ``boxes`` are level (N x 4), N is not 0."""
    firsts = [number for number in range(len(boxes)) if not number or not _beside(boxes[number - 1], boxes[number])]
    rows = [tuple(range(start, end)) for start, end in pairwise([*firsts, len(boxes)])]
    around = np.array([_around(boxes[list(row)]) for row in rows])
    below = np.array([follows(*both) for both in pairwise(around)], bool)
    gaps = around[1:, 1] - around[:-1, 3]
    usual = float(np.percentile(gaps[below], 25)) if below.any() else 0.0
    unit = line_height(boxes)
    most = min(usual + PARAGRAPH * unit, _APART * unit)
    ends = [*(np.flatnonzero(~(below & (gaps <= most))) + 1).tolist(), len(rows)]
    return [Block(tuple(rows[start:end]), around[start:end]) for start, end in pairwise([0, *ends])]


def goes_on(block: Block, row: int, unit: float) -> bool:
    """Whether a row of a block runs on in the next one, by their widths; ``unit`` is the height of lines."""
    is_prose = len(block.rows[row]) == len(block.rows[row + 1]) == 1
    return is_prose and is_full(np.stack([block.boxes[row], _around(block.boxes)]), unit)


def _around(boxes: Boxes) -> Boxes:
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _beside(before: Boxes, after: Boxes) -> bool:
    """Whether a line is in the row of the line before."""
    shared = min(before[3], after[3]) - max(before[1], after[1])
    lower = min(before[3] - before[1], after[3] - after[1])
    apart = max(before[0], after[0]) - min(before[2], after[2])
    return bool(shared >= lower / 2 and apart > -lower / 2)


def follows(above: Boxes, below: Boxes) -> bool:
    """Whether a row (left, top, right, bottom) is under the row before, and of its size."""
    heights = sorted([above[3] - above[1], below[3] - below[1]])
    overlap = min(above[2], below[2]) - max(above[0], below[0])
    lower = above[1] + above[3] < below[1] + below[3]
    return bool(lower and overlap > 0 and heights[1] <= _SAME_SIZE * heights[0])
