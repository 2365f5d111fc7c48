"""Paragraphs: which lines of a page belong together.

Nothing but the boxes of lines in reading order and their texts is used. Distances are relative to the median height of
lines (:func:`~ocrzoo.processing.columns.line_height`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ocrzoo.processing.blocks import LevelLines, Paragraph, blocks
from ocrzoo.processing.columns import FULL, Boxes, line_height
from ocrzoo.processing.headings import with_headings

_OTHER_SIZE = 1.22
"""Ratio of heights from which the lines of a block are of two paragraphs."""
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
_ROOM_OF_CHARACTERS = 2.0
"""What the next line's first character needs in Chinese and Japanese: its width, and what detection leaves out."""
_CLAUSE_ENDS = (",", "\uff0c", "\u3001")


def paragraphs(boxes: Boxes, texts: Sequence[str]) -> list[Paragraph]:
    """Return the paragraphs of a page, in reading order.

    ``boxes`` (N x 4: left, top, right, bottom) are those of the lines in reading order, turned so that text is level
    and runs to the right; ``texts`` are theirs, and not blank.
    """
    if not len(boxes):
        return []
    lines = LevelLines(boxes, texts, line_height(boxes))
    found = [part for block in blocks(boxes) for part in _parts(block.rows, lines)]
    return _continued(with_headings(found, lines), lines)


_Rows = tuple[tuple[int, ...], ...]


def _parts(rows: _Rows, lines: LevelLines) -> list[Paragraph]:
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


def _is_under(cell: int, line: int, lines: LevelLines) -> bool:
    return bool(abs(lines.boxes[cell, 0] - lines.boxes[line, 0]) < _ALIGNED * lines.unit)


def _tables(parts: Sequence[Paragraph], lines: LevelLines) -> list[Paragraph]:
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


def _texts(rows: _Rows, lines: LevelLines) -> list[Paragraph]:
    """Cut rows of one line each into paragraphs; lines that begin elsewhere are no paragraph with those above."""
    lefts = lines.boxes[[row[0] for row in rows], 0]
    cuts = [0, *(np.flatnonzero(np.abs(np.diff(lefts)) > _INDENT[1] * lines.unit) + 1).tolist(), len(rows)]
    return [part for start, end in pairwise(cuts) for part in _column(rows[start:end], lines)]


def _column(rows: _Rows, lines: LevelLines) -> list[Paragraph]:
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
    if right - above[2] > _needed(text, below[2] - below[0], unit):
        return True
    indent = below[0] - left
    return bool(len(block) > 2 and _INDENT[0] * unit < indent < _INDENT[1] * unit and above[0] - left < indent / 2)


def _needed(text: str, width: float, unit: float) -> float:
    """What the first word of a line, ``width`` pixels wide, needs at the end of the line before."""
    if unicodedata.east_asian_width(text.lstrip()[0]) in "WF":
        return _ROOM_OF_CHARACTERS * unit
    word = text.split(maxsplit=1)[0]
    return width * len(word) / len(text) + _ROOM * unit


def _continued(found: Sequence[Paragraph], lines: LevelLines) -> list[Paragraph]:
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
