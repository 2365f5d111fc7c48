"""Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from ocrzoo.processing.columns import PARAGRAPH, Boxes, is_full, line_height
from ocrzoo.processing.geometry import minimum_rectangle
from ocrzoo.processing.reading_order import Lines, straightened
from ocrzoo.results.exports.content import lines_with_text, sanitize
from ocrzoo.results.exports.geometry import clipped_points
from ocrzoo.results.page_text import TextLine, TextPage

PAGE_BREAK = "\n---\n\n"
"""A thematic break."""
_CONTINUED, _LINE_END, _PARAGRAPH_END = "\n", "\\\n", "\n\n"
"""What ends a line of a paragraph: a soft break, a hard break, an empty line."""
_INLINE = re.compile(r"[\\`*\[\]<|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w{1,32};)")
"""What has a meaning within a line, in CommonMark or in GitHub's tables and strikethrough."""
_AT_START = re.compile(r"(?:#{1,6}|[-+])(?=\s|$)|>|(?=[-=:])[-=:\s]+$")
"""What begins a heading, a list, a quotation, a rule, or the second line of a table."""
_NUMBER = re.compile(r"(\d{1,9})(?=[.)](?:\s|$))")
"""What begins a numbered list."""
_APART = 1.5
"""White space that always separates paragraphs, in heights of a line."""
_SAME_SIZE = 1.5
"""Ratio of heights up to which lines may be of one paragraph."""


def to_md(pages: Iterable[TextPage]) -> str:
    """Return CommonMark with a line per text line, and a thematic break between pages.

    Nothing in the text is markup. Paragraphs and columns are separated by an empty line; a line ends with a hard break
    unless the next one is in its row, or goes on with its paragraph.
    """
    return PAGE_BREAK.join(_page(page) for page in pages)


def escape(text: str) -> str:
    """Return a line of text as CommonMark, in which nothing of it is markup."""
    text = sanitize(text).strip()
    escaped = _INLINE.sub(r"\\\g<0>", text)
    return f"\\{escaped}" if _AT_START.match(text) else _NUMBER.sub(r"\1\\", escaped, count=1)


def _page(page: TextPage) -> str:
    lines = [line for line, _ in lines_with_text(page)]
    if not lines:
        return ""
    ends = [*_ends(_boxes(lines, page)), "\n"]
    return "".join(f"{escape(line.text)}{end}" for line, end in zip(lines, ends, strict=True))


def _boxes(lines: list[TextLine], page: TextPage) -> Boxes:
    """The boxes of lines, turned so that most text is level."""
    corners = [clipped_points(line.polygon, page).astype(np.float32) for line in lines]
    quads = [quad if len(quad) == 4 else minimum_rectangle(quad)[0] for quad in corners]
    nothing = np.zeros(len(lines), int)
    runs_down = np.array([line.direction == "ttb" for line in lines], bool)
    lengths = np.array([len(line.text) for line in lines], int)
    return straightened(Lines(np.array(quads, np.float32).reshape(-1, 4, 2), runs_down, lengths, nothing))


def _ends(boxes: Boxes) -> list[str]:
    """What each line ends with but the last."""
    ends = [_CONTINUED] * (len(boxes) - 1)
    firsts = [number for number in range(len(boxes)) if not number or not _beside(boxes[number - 1], boxes[number])]
    parts = np.split(boxes, firsts[1:])
    rows = np.array([_around(part) for part in parts])
    unit = line_height(boxes)
    follows = [_follows(above, below) for above, below in pairwise(rows)]
    gaps = rows[1:, 1] - rows[:-1, 3]
    usual = float(np.percentile(gaps[follows], 25)) if any(follows) else 0.0
    most = min(usual + PARAGRAPH * unit, _APART * unit)
    start = 0
    for end in range(1, len(rows) + 1):
        if end < len(rows) and follows[end - 1] and gaps[end - 1] <= most:
            continue
        block = _around(rows[start:end])
        for row in range(start, end - 1):
            is_prose = len(parts[row]) == len(parts[row + 1]) == 1
            goes_on = is_prose and is_full(np.stack([rows[row], block]), unit)
            ends[firsts[row + 1] - 1] = _CONTINUED if goes_on else _LINE_END
        if end < len(rows):
            ends[firsts[end] - 1] = _PARAGRAPH_END
        start = end
    return ends


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
