"""Where each letter of a line stands, for a PDF: from left to right as the eye sees them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from bidi import get_display

from ocrzoo.results.exports import blank_font, places
from ocrzoo.results.exports.places import Frame
from ocrzoo.results.exports.texts import Piece
from ocrzoo.results.page_text import Direction, TextLine, TextPage

_LEAST_HEIGHT = 1.0
"""Of a line, in pixels: none at all would be no text."""
_LEAST_STRETCH = 0.01
_FARTHEST = 1e7
"""Units between two letters: readers of PDF keep numbers in 32 bits."""


@dataclass(frozen=True)
class Run:
    """A line's letters, placed."""

    frame: Frame
    """Of the line, in pixels."""
    letters: list[tuple[str, float]]
    """Each with the pixels along the text at which it starts; spaces stand where words are apart."""
    stretch: float
    """How much wider letters are than the font's, at the line's height."""

    def moves(self) -> list[int]:
        """Return the steps to each letter's start from the end of the one before it, or from the corner.

        In the font's units, as the line stretches them.
        """
        unit = self.frame.height * self.stretch / blank_font.EM
        ends = [0.0, *(start + blank_font.advance(letter) * unit for letter, start in self.letters)]
        steps = ((start - end) / unit for (_, start), end in zip(self.letters, ends, strict=False))
        return [round(min(max(step, -_FARTHEST), _FARTHEST)) for step in steps]


def layout(page: TextPage, line: TextLine, pieces: list[Piece]) -> Run:
    """Return the letters of a line that holds at least one piece.

    Readers of PDF expect the order of the eye and turn what runs from right to left about themselves.
    """
    whole = places.frame(places.points(line.polygon, page), line.direction)
    frame = Frame(whole.start, whole.length, max(whole.height, _LEAST_HEIGHT), whole.angle)
    spans = [_span(frame, places.frame(places.points(piece.word.polygon, page), line.direction)) for piece in pieces]
    texts = [as_seen(piece.word.text, line.direction) for piece in pieces]
    letters: list[tuple[str, float]] = []
    before: int | None = None
    for here in sorted(range(len(pieces)), key=lambda i: spans[i]):
        start, length = spans[here]
        if before is not None and pieces[max(before, here)].spaced:
            letters.append((" ", sum(spans[before])))
        unit = length / max(blank_font.width(texts[here]), 1)
        for letter in texts[here]:
            letters.append((letter, start))
            start += blank_font.advance(letter) * unit
        before = here
    natural = sum(map(blank_font.width, texts)) * frame.height / blank_font.EM
    stretch = sum(length for _, length in spans) / natural if natural else 1.0
    return Run(frame, letters, max(stretch, _LEAST_STRETCH))


def _span(line: Frame, word: Frame) -> tuple[float, float]:
    """Where a word starts along its line, and how long it is; pixels."""
    turn = math.radians(line.angle)
    offset = np.subtract(word.start, line.start)
    return float(offset[0] * math.cos(turn) - offset[1] * math.sin(turn)), word.length


def as_seen(text: str, direction: Direction) -> str:
    """Return characters in the order that they stand in from left to right (Unicode's annex 9), none mirrored.

    A bracket stays the character that was read, as Poppler takes it; PDFium mirrors those that run from right to left.
    """
    return str(get_display(text, base_dir="R" if direction == "rtl" else "L"))
