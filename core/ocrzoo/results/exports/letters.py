"""Where each letter of a line stands, for a PDF: from left to right as the eye sees them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from bidi import get_display

from ocrzoo.results.exports import blank_font, places
from ocrzoo.results.exports.places import Frame
from ocrzoo.results.exports.texts import Piece, language
from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo_registry.languages.orthography import Direction

_LEAST_HEIGHT = 1.0
"""Of a line, in pixels: none at all would be no text."""
_LEAST_STRETCH = 0.01
_UPRIGHT = 45
"""Degrees either way. In lines turned further, PDFium keeps the order only of what is stretched alike."""
_FARTHEST = 1e7
"""Units between two letters: readers of PDF keep numbers in 32 bits."""


@dataclass(frozen=True)
class Letter:
    """A character, placed."""

    text: str
    start: float
    """Pixels along the line at which it starts."""
    stretch: float
    """How much wider it is than the font's, at the line's height."""


@dataclass(frozen=True)
class Run:
    """A line's letters."""

    frame: Frame
    """Of the line, in pixels."""
    letters: list[Letter]
    """From left to right; spaces stand where words are apart."""
    language: str | None = None
    """BCP-47, where known."""

    def moves(self) -> list[int]:
        """Return the steps to each letter's start from the end of the one before it, or from the corner.

        In the font's units, as that letter is stretched.
        """
        moves: list[int] = []
        end = 0.0
        for letter in self.letters:
            unit = self.frame.height * letter.stretch / blank_font.EM
            moves.append(round(min(max((letter.start - end) / unit, -_FARTHEST), _FARTHEST)))
            end = letter.start + blank_font.advance(letter.text) * unit
        return moves


def layout(page: TextPage, line: TextLine, pieces: list[Piece]) -> Run:
    """Return the letters of a line that holds at least one piece.

    Readers of PDF expect the order of the eye and turn what runs from right to left about themselves. They take a gap
    of a tenth of the height for a space, so there is none where nothing was read between two pieces.
    """
    whole = places.frame(places.points(line.polygon, page), line.direction)
    frame = Frame(whole.start, whole.length, max(whole.height, _LEAST_HEIGHT), whole.angle)
    spans = [_span(frame, places.frame(places.points(piece.word.polygon, page), line.direction)) for piece in pieces]
    texts = [as_seen(piece.word.text, line.direction) for piece in pieces]
    mean = _stretch(frame, sum(length for _, length in spans), "".join(texts))
    order = sorted(range(len(pieces)), key=lambda i: spans[i])
    letters: list[Letter] = []
    for before, here in zip([None, *order], order, strict=False):
        if before is not None and pieces[max(before, here)].spaced:
            letters.append(Letter(" ", sum(spans[before]), mean))
        elif letters:
            letters[-1] = _reaching(letters[-1], spans[here][0], frame)
        letters += _spread(texts[here], spans[here], frame)
    if abs(frame.angle) > _UPRIGHT:
        letters = [replace(letter, stretch=mean) for letter in letters]
    return Run(frame, letters, language(line))


def _spread(text: str, span: tuple[float, float], frame: Frame) -> list[Letter]:
    """The letters of a piece, over all of its room."""
    start, length = span
    unit = length / max(blank_font.width(text), 1)
    stretch = _stretch(frame, length, text)
    letters = []
    for letter in text:
        letters.append(Letter(letter, start, stretch))
        start += blank_font.advance(letter) * unit
    return letters


def _reaching(letter: Letter, end: float, frame: Frame) -> Letter:
    """A letter made wider, if need be, to reach up to where the next one starts."""
    return replace(letter, stretch=max(letter.stretch, _stretch(frame, end - letter.start, letter.text)))


def _stretch(frame: Frame, length: float, text: str) -> float:
    """How much wider than the font's the letters of a text are that fills some pixels along a line."""
    natural = blank_font.width(text) * frame.height / blank_font.EM
    return max(length / natural, _LEAST_STRETCH) if natural else 1.0


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
