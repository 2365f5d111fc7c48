"""Headings: short paragraphs in larger letters than the text that follows, and than most text of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ocrzoo.processing.blocks import LevelLines, Paragraph, follows

_LARGER = 1.13
"""Ratio of the height of a heading to that of text, and of a heading to one of the next level."""
_MUCH_LARGER = 1.5
"""The same of a heading of as many lines as it may have."""
_MOST_LINES = 3
"""Lines of a heading."""
_MOST_LEVELS = 6
_SENTENCE_ENDS = (".", ",", ";", ":", "\u3002", "\uff0c", "\uff1b", "\uff1a")
"""With which a heading does not end."""


def with_headings(found: Sequence[Paragraph], lines: LevelLines) -> list[Paragraph]:
    """Return paragraphs of which those that are headings say so, the lines of a heading together."""
    usual = _usual_size(lines)
    sizes = [lines.size(part) for part in found]
    is_heading = [False] * len(found)
    below = usual
    for place in reversed(range(len(found))):
        least = max(below, usual)
        is_heading[place] = least > 0 and _is_heading(found[place], sizes[place] / least, lines)
        if not is_heading[place] and found[place].kind == "text":
            below = sizes[place]
    merged = _merged([(part, size) for part, size, one in zip(found, sizes, is_heading, strict=True) if one], lines)
    levels = _levels([size for _, size in merged])
    heads = {part.lines[0]: replace(part, kind="heading", level=levels[size]) for part, size in merged}
    gone = {line for part in heads.values() for line in part.lines}
    return [heads.get(part.lines[0], part) for part in found if part.lines[0] in heads or part.lines[0] not in gone]


def _usual_size(lines: LevelLines) -> float:
    """The height that half of the characters of a page have less than."""
    heights = lines.boxes[:, 3] - lines.boxes[:, 1]
    order = np.argsort(heights)
    passed = np.cumsum(np.array([len(text) for text in lines.texts], float)[order])
    return float(heights[order][np.searchsorted(passed, passed[-1] / 2)])


def _is_heading(part: Paragraph, larger: float, lines: LevelLines) -> bool:
    texts = [lines.texts[line] for line in part.lines]
    least = _LARGER if len(part.rows) < _MOST_LINES else _MUCH_LARGER
    is_short = part.kind == "text" and len(part.rows) <= _MOST_LINES and len(part.lines) == len(part.rows)
    has_letters = any(character.isalpha() for text in texts for character in text)
    return is_short and larger > least and has_letters and not texts[-1].rstrip().endswith(_SENTENCE_ENDS)


def _merged(heads: Sequence[tuple[Paragraph, float]], lines: LevelLines) -> list[tuple[Paragraph, float]]:
    """Put the lines of a heading together, which may be further apart than those of text."""
    found: list[tuple[Paragraph, float]] = []
    for part, size in heads:
        if found:
            before, other = found[-1]
            above, below = lines.boxes[before.lines[-1]], lines.boxes[part.lines[0]]
            is_next = part.lines[0] == before.lines[-1] + 1 and -size / 2 < below[1] - above[3] < size
            short = len(before.rows) + len(part.rows) <= _MOST_LINES
            if is_next and short and follows(above, below) and max(size, other) < _LARGER * min(size, other):
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
