"""Paragraphs: which lines of a page belong together, and which are headings.

Nothing but the boxes of lines in reading order and their texts is used. Distances are relative to the median height of
lines (:func:`~ocrzoo.processing.columns.line_height`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from ocrzoo.processing.columns import FULL, PARAGRAPH, Boxes, is_full, line_height

Kind = Literal["text", "heading", "rows"]

_APART = 1.5
"""White space that always separates paragraphs, in heights of a line."""
_SAME_SIZE = 1.5
"""Ratio of heights up to which lines may be of one paragraph."""
_LARGER = 1.13
"""Ratio of the height of a heading to that of text, and of a heading to one of the next level."""
_OTHER_SIZE = 1.22
"""Ratio of heights from which the lines of a block are of two paragraphs."""
_MUCH_LARGER = 1.5
"""The same of a heading of as many lines as it may have."""
_MOST_HEADING = 3
"""Lines of a heading."""
_MOST_LEVELS = 6
_SENTENCE_ENDS = (".", ",", ";", ":", "\u3002", "\uff0c", "\uff1b", "\uff1a")
"""With which a heading does not end."""
_CLAUSE_ENDS = (",", "\uff0c", "\u3001")
_ALIGNED = 0.6
"""Distance of left ends up to which lines are under each other, in heights of a line."""
_SHORT = 12.0
"""Width of a line below which it may be a cell of a table, in heights of a line."""
_PROSE = 0.5
"""Share of lines that nearly fill their column from which they are text, not entries."""
_INDENT = (0.6, 5.0)
"""Least and most by which the first line of a paragraph is indented, in heights of a line."""
_ITEM = re.compile(r"(?:[\u2022\u2023\u25aa\u25cf\u25e6\u2043\u00b7*\u2013-]|\(?(?:\d{1,3}|[A-Za-z])[.)])\s")
"""What begins an item of a list: a mark, a number or a letter."""
_ROOM = 0.5
"""White space that the first word of the next line needs besides its width, in heights of a line."""


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
    follows = np.array([_follows(above, below) for above, below in pairwise(around)], bool)
    gaps = around[1:, 1] - around[:-1, 3]
    usual = float(np.percentile(gaps[follows], 25)) if follows.any() else 0.0
    unit = line_height(boxes)
    most = min(usual + PARAGRAPH * unit, _APART * unit)
    ends = [*(np.flatnonzero(~(follows & (gaps <= most))) + 1).tolist(), len(rows)]
    return [Block(tuple(rows[start:end]), around[start:end]) for start, end in pairwise([0, *ends])]


def goes_on(block: Block, row: int, unit: float) -> bool:
    """Whether a row of a block runs on in the next one, by their widths; ``unit`` is the height of lines."""
    is_prose = len(block.rows[row]) == len(block.rows[row + 1]) == 1
    return is_prose and is_full(np.stack([block.boxes[row], _around(block.boxes)]), unit)


def paragraphs(boxes: Boxes, texts: Sequence[str]) -> list[Paragraph]:
    """Return the paragraphs of a page, in reading order.

    ``boxes`` (N x 4: left, top, right, bottom) are those of the lines in reading order, turned so that text is level
    and runs to the right; ``texts`` are theirs.
    """
    if not len(boxes):
        return []
    lines = _Lines(boxes, texts, line_height(boxes))
    found = [part for block in blocks(boxes) for part in _parts(block.rows, lines)]
    return _continued(_with_headings(found, lines), lines)


@dataclass(frozen=True)
class _Lines:
    """The lines of a page, in reading order."""

    boxes: Boxes
    texts: Sequence[str]
    unit: float
    """Median height of lines, in pixels."""

    def size(self, part: Paragraph) -> float:
        """The median height of a paragraph's lines."""
        own = self.boxes[list(part.lines)]
        return float(np.median(own[:, 3] - own[:, 1]))


_Rows = tuple[tuple[int, ...], ...]


def _parts(rows: _Rows, lines: _Lines) -> list[Paragraph]:
    """Cut a block into paragraphs: rows of cells, and text that runs from line to line, which may begin in a cell."""
    found: list[Paragraph] = []
    start = 0
    while start < len(rows):
        row = rows[start]
        end = start + 1
        while end < len(rows) and len(rows[end]) == 1 and (len(row) == 1 or _is_under(row[-1], rows[end][0], lines)):
            end += 1
        if len(row) == 1:
            found += _texts(rows[start:end], lines)
        elif len(row) == 2 and _ITEM.match(f"{lines.texts[row[0]]} "):
            first, *others = _texts((row[1:], *rows[start + 1 : end]), lines)
            found += [replace(first, rows=(row, *first.rows[1:])), *others]
        elif end == start + 1:
            found.append(Paragraph((row,), "rows"))
        else:
            found += [Paragraph((row[:-1],), "rows"), *_texts((row[-1:], *rows[start + 1 : end]), lines)]
        start = end
    return _tables(found, lines)


def _is_under(cell: int, line: int, lines: _Lines) -> bool:
    return bool(abs(lines.boxes[cell, 0] - lines.boxes[line, 0]) < _ALIGNED * lines.unit)


def _tables(parts: Sequence[Paragraph], lines: _Lines) -> list[Paragraph]:
    """Put rows of a block together, and short lines between them."""
    found: list[Paragraph] = []
    for part, after in zip(parts, [*parts[1:], None], strict=True):
        if not found or found[-1].kind != "rows":
            found.append(part)
            continue
        box = lines.boxes[part.lines[0]]
        is_short = len(part.lines) == 1 and box[2] - box[0] < _SHORT * lines.unit
        if part.kind == "rows" or (is_short and after is not None and after.kind == "rows"):
            found[-1] = replace(found[-1], rows=found[-1].rows + part.rows)
        else:
            found.append(part)
    return found


def _texts(rows: _Rows, lines: _Lines) -> list[Paragraph]:
    """Cut rows of one line each into paragraphs; lines that begin elsewhere are no paragraph with those above."""
    lefts = lines.boxes[[row[0] for row in rows], 0]
    cuts = [0, *(np.flatnonzero(np.abs(np.diff(lefts)) > _INDENT[1] * lines.unit) + 1).tolist(), len(rows)]
    return [part for start, end in pairwise(cuts) for part in _column(rows[start:end], lines)]


def _column(rows: _Rows, lines: _Lines) -> list[Paragraph]:
    """Cut rows of one line each, under each other, into paragraphs."""
    boxes = lines.boxes[[row[0] for row in rows]]
    texts = [lines.texts[row[0]] for row in rows]
    starts = [0]
    for row in range(1, len(rows)):
        part = boxes[starts[-1] : row + 1]
        if _changes_size(boxes, row) or _ITEM.match(texts[row]) or _ends(part, texts[row], boxes, lines.unit):
            starts.append(row)
    found = [rows[start:end] for start, end in pairwise([*starts, len(rows)])]
    widths = boxes[:, 2] - boxes[:, 0]
    runs_on = (widths[:-1] > FULL * np.ptp(boxes[:, [0, 2]])).mean() > _PROSE if len(rows) > 2 else True
    if not runs_on and not any(map(_ITEM.match, texts)):
        return [Paragraph(rows, "rows")]
    return [Paragraph(part, "text") for part in found]


def _changes_size(boxes: Boxes, row: int) -> bool:
    heights = boxes[:, 3] - boxes[:, 1]
    above, below = float(np.median(heights[:row])), float(np.median(heights[row:]))
    return max(above, below) > _OTHER_SIZE * min(above, below)


def _ends(part: Boxes, text: str, block: Boxes, unit: float) -> bool:
    """Whether a paragraph ends before the last row of ``part``, whose text is ``text``.

    Its first word had room in the row before, or it is indented.
    """
    above, below = part[-2], part[-1]
    left, right = block[:, 0].min(), block[:, 2].max()
    width = below[2] - below[0]
    word = width * min(len(_first_word(text)) / max(len(text), 1), 1.0)
    if right - above[2] > word + _ROOM * unit:
        return True
    indent = below[0] - left
    return bool(len(block) > 2 and _INDENT[0] * unit < indent < _INDENT[1] * unit and above[0] - left < indent / 2)


def _first_word(text: str) -> str:
    """The first word of a text; of one without spaces, its first character."""
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    return word if word.isascii() or len(word) < len(text.strip()) else word[:1]


def _with_headings(found: Sequence[Paragraph], lines: _Lines) -> list[Paragraph]:
    """Say which paragraphs are headings: short ones, in larger letters than the text that follows."""
    usual = _usual_size(lines)
    sizes = [lines.size(part) for part in found]
    is_heading = [False] * len(found)
    below = usual
    for place in reversed(range(len(found))):
        least = max(below, usual)
        is_heading[place] = _is_heading(found[place], sizes[place] / least, lines)
        if not is_heading[place] and found[place].kind == "text":
            below = sizes[place]
    merged = _merged([(part, size) for part, size, one in zip(found, sizes, is_heading, strict=True) if one], lines)
    levels = _levels([size for _, size in merged])
    heads = {part.lines[0]: replace(part, kind="heading", level=levels[size]) for part, size in merged}
    gone = {line for part in heads.values() for line in part.lines}
    return [heads.get(part.lines[0], part) for part in found if part.lines[0] in heads or part.lines[0] not in gone]


def _usual_size(lines: _Lines) -> float:
    """The height that half of the characters of a page have less than."""
    heights = lines.boxes[:, 3] - lines.boxes[:, 1]
    order = np.argsort(heights)
    passed = np.cumsum(np.array([len(text) for text in lines.texts], float)[order])
    return float(heights[order][np.searchsorted(passed, passed[-1] / 2)])


def _is_heading(part: Paragraph, larger: float, lines: _Lines) -> bool:
    texts = [lines.texts[line] for line in part.lines]
    least = _LARGER if len(part.rows) < _MOST_HEADING else _MUCH_LARGER
    is_short = part.kind == "text" and len(part.rows) <= _MOST_HEADING and len(part.lines) == len(part.rows)
    has_letters = any(character.isalpha() for text in texts for character in text)
    return is_short and larger > least and has_letters and not texts[-1].rstrip().endswith(_SENTENCE_ENDS)


def _merged(heads: Sequence[tuple[Paragraph, float]], lines: _Lines) -> list[tuple[Paragraph, float]]:
    """Put the lines of a heading together, which may be further apart than those of text."""
    found: list[tuple[Paragraph, float]] = []
    for part, size in heads:
        if found:
            before, other = found[-1]
            above, below = lines.boxes[before.lines[-1]], lines.boxes[part.lines[0]]
            follows = part.lines[0] == before.lines[-1] + 1 and -size / 2 < below[1] - above[3] < size
            short = len(before.rows) + len(part.rows) <= _MOST_HEADING
            if follows and short and _follows(above, below) and max(size, other) < _LARGER * min(size, other):
                found[-1] = (replace(before, rows=before.rows + part.rows), other)
                continue
        found.append((part, size))
    return found


def _levels(sizes: Sequence[float]) -> dict[float, int]:
    """The level of each size of headings, from 1 for the largest."""
    levels: dict[float, int] = {}
    first, level = np.inf, 0
    for size in sorted(set(sizes), reverse=True):
        if size * _LARGER < first:
            first, level = size, min(level + 1, _MOST_LEVELS)
        levels[size] = level
    return levels


def _continued(found: Sequence[Paragraph], lines: _Lines) -> list[Paragraph]:
    """Say which paragraphs go on in the next column: they end amid a sentence, and the next one begins so."""
    made = list(found)
    for place, (part, after) in enumerate(pairwise(found)):
        last, first = part.lines[-1], after.lines[0]
        elsewhere = lines.boxes[first, 1] < lines.boxes[last, 1]
        if part.kind == after.kind == "text" and elsewhere and _is_amid(lines.texts[last], lines.texts[first]):
            made[place] = replace(part, goes_on=True)
    return made


def _is_amid(end: str, start: str) -> bool:
    """Whether a sentence goes on from one line to another, which begins with no capital."""
    end, first = end.rstrip(), start.lstrip()[:1]
    divided = end.endswith(("-", "\u00ad", "\u2010"))
    return first.isalpha() and (divided or ((end[-1:].isalnum() or end[-1:] in _CLAUSE_ENDS) and not first.isupper()))


def _around(boxes: Boxes) -> Boxes:
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _beside(before: Boxes, after: Boxes) -> bool:
    """Whether a line is in the row of the line before."""
    shared = min(before[3], after[3]) - max(before[1], after[1])
    lower = min(before[3] - before[1], after[3] - after[1])
    apart = max(before[0], after[0]) - min(before[2], after[2])
    return bool(shared >= lower / 2 and apart > -lower / 2)


def _follows(above: Boxes, below: Boxes) -> bool:
    """Whether a row is under the row before, and of its size."""
    heights = sorted([above[3] - above[1], below[3] - below[1]])
    overlap = min(above[2], below[2]) - max(above[0], below[0])
    lower = above[1] + above[3] < below[1] + below[3]
    return bool(lower and overlap > 0 and heights[1] <= _SAME_SIZE * heights[0])
