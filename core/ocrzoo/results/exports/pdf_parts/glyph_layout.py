"""Positions of the glyphs of a line in a PDF, in visual order from left to right."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from bidi import get_display

from ocrzoo.results.exports import geometry
from ocrzoo.results.exports.content import ExportWord, language_tag
from ocrzoo.results.exports.geometry import OrientedBox
from ocrzoo.results.exports.pdf_parts import blank_font
from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo_registry.languages.orthography import Direction

_MIN_HEIGHT = 1.0
"""Minimum height of a line, in pixels; text of no height is dropped by readers."""
_MIN_STRETCH = 0.01
_MAX_VARIED_ANGLE = 45
"""Degrees; in lines rotated further, PDFium keeps the order of glyphs only if all are stretched equally."""
_MAX_MOVE = 1e7
"""Font units between two glyphs; PDF readers keep numbers in 32 bits."""


@dataclass(frozen=True)
class PlacedGlyph:
    """A character and its position."""

    text: str
    start: float
    """Start along the line, in pixels."""
    stretch: float
    """Horizontal scaling of the font's glyph at the line's height."""


@dataclass(frozen=True)
class GlyphRun:
    """The glyphs of a line."""

    frame: OrientedBox
    """The line's box, in pixels."""
    glyphs: list[PlacedGlyph]
    """From left to right, with spaces between words."""
    language: str | None = None
    """BCP-47, if known."""

    def moves(self) -> list[int]:
        """Return the distance of each glyph's start from the previous glyph's end, or from the line's start.

        In font units, scaled by the glyph's stretch.
        """
        moves: list[int] = []
        end = 0.0
        for glyph in self.glyphs:
            unit = self.frame.height * glyph.stretch / blank_font.EM
            moves.append(round(min(max((glyph.start - end) / unit, -_MAX_MOVE), _MAX_MOVE)))
            end = glyph.start + blank_font.advance(glyph.text) * unit
        return moves


def layout(page: TextPage, line: TextLine, words: list[ExportWord], turn: float = 0) -> GlyphRun:
    """Return the glyphs of a line with at least one word.

    ``turn`` is how far the coordinates of the PDF's page are from those of the page as shown, in degrees.

    PDF readers expect visual order and reverse right-to-left text themselves. They interpret a gap of a tenth of the
    height as a space, so words without a space between them are placed without a gap.
    """
    whole = geometry.oriented_box(geometry.clipped_points(line.polygon, page), line.direction)
    frame = OrientedBox(whole.start, whole.length, max(whole.height, _MIN_HEIGHT), whole.angle)
    boxes = [geometry.oriented_box(geometry.clipped_points(one.word.polygon, page), line.direction) for one in words]
    spans = [_span(frame, one) for one in boxes]
    texts = [visual_order(one.word.text, line.direction) for one in words]
    mean = _stretch(frame, sum(length for _, length in spans), "".join(texts))
    order = sorted(range(len(words)), key=lambda i: spans[i])
    glyphs: list[PlacedGlyph] = []
    for before, here in zip([None, *order], order, strict=False):
        if before is not None and words[max(before, here)].space_before:
            glyphs.append(PlacedGlyph(" ", sum(spans[before]), mean))
        elif glyphs:
            glyphs[-1] = _extended(glyphs[-1], spans[here][0], frame)
        glyphs += _spread(texts[here], spans[here], frame)
    if abs((frame.angle + turn + 180) % 360 - 180) > _MAX_VARIED_ANGLE:
        glyphs = [replace(glyph, stretch=mean) for glyph in glyphs]
    return GlyphRun(frame, glyphs, language_tag(line))


def _spread(text: str, span: tuple[float, float], frame: OrientedBox) -> list[PlacedGlyph]:
    """The glyphs of a word, spread over its width."""
    start, length = span
    unit = length / max(blank_font.width(text), 1)
    stretch = _stretch(frame, length, text)
    glyphs = []
    for glyph in text:
        glyphs.append(PlacedGlyph(glyph, start, stretch))
        start += blank_font.advance(glyph) * unit
    return glyphs


def _extended(glyph: PlacedGlyph, end: float, frame: OrientedBox) -> PlacedGlyph:
    """A glyph widened, if necessary, up to the start of the next one."""
    return replace(glyph, stretch=max(glyph.stretch, _stretch(frame, end - glyph.start, glyph.text)))


def _stretch(frame: OrientedBox, length: float, text: str) -> float:
    """The horizontal scaling at which a text has a length in pixels."""
    natural = blank_font.width(text) * frame.height / blank_font.EM
    return max(length / natural, _MIN_STRETCH) if natural else 1.0


def _span(line: OrientedBox, word: OrientedBox) -> tuple[float, float]:
    """Start and length of a word along its line, in pixels."""
    turn = math.radians(line.angle)
    offset = np.subtract(word.start, line.start)
    return float(offset[0] * math.cos(turn) - offset[1] * math.sin(turn)), word.length


def visual_order(text: str, direction: Direction) -> str:
    """Return characters in visual order (UAX 9), none mirrored.

    A bracket stays the recognized character, as Poppler expects; PDFium mirrors those in right-to-left text.
    """
    return str(get_display(text, base_dir="R" if direction == "rtl" else "L"))
