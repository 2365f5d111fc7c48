"""The invisible text of a page as operators of a PDF, in pixels from the bottom left corner of the page."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ocrzoo.results.exports.pdf_parts import blank_font
from ocrzoo.results.exports.pdf_parts.glyph_layout import GlyphRun, PlacedGlyph

FONT = "OcrzooBlank"
"""The font's name in a page's resources."""


@dataclass(frozen=True)
class TextBlock:
    """Lines that are marked as one element of the document's structure."""

    tag: str | None
    """Its type, such as ``P`` (PDF 1.7, 14.8.4); ``None``: it is not marked."""
    runs: list[GlyphRun]


def text_operators(blocks: Iterable[TextBlock], height: int, codes: blank_font.Codes, main: str | None) -> str:
    """Return the text of a page that is ``height`` pixels high; lines in another language than ``main`` are marked.

    The identifier of marked content (MCID) of a block is its number on the page.
    """
    content = []
    for number, block in enumerate(blocks):
        lines = [_line(run, height, codes, None if run.language == main else run.language) for run in block.runs]
        content += lines if block.tag is None else [f"/{block.tag} <</MCID {number}>> BDC", *lines, "EMC"]
    return "\n".join([f"3 Tr /{FONT} 1 Tf", *content]) if content else ""


def _line(run: GlyphRun, height: int, codes: blank_font.Codes, language: str | None) -> str:
    """A line as one text object, in which readers keep the order."""
    glyphs = zip(run.moves(), run.glyphs, strict=True)
    shown = " ".join(
        f"{percent:.2f} Tz [{_glyphs(group, codes)}] TJ"
        for percent, group in groupby(glyphs, key=lambda placed: round(100 * placed[1].stretch, 2))
    )
    size = run.frame.height
    turn = math.radians(run.frame.angle)
    along, up = np.array([math.cos(turn), math.sin(turn)]), np.array([-math.sin(turn), math.cos(turn)])
    corner = np.array([run.frame.start[0], height - run.frame.start[1]])
    baseline = corner + up * size * (1 - blank_font.ASCENT / blank_font.EM)
    matrix = np.concatenate([along * size, up * size, baseline])
    text = f"BT {' '.join(f'{value:.3f}' for value in matrix)} Tm {shown} ET"
    return f"/Span <</Lang ({language})>> BDC {text} EMC" if language else text


def _glyphs(glyphs: Iterable[tuple[int, PlacedGlyph]], codes: blank_font.Codes) -> str:
    """Glyphs and the moves before them."""
    shown = ((move, f"<{codes.code(glyph.text):04X}>") for move, glyph in glyphs)
    return "".join(f"{-move}{code}" if move else code for move, code in shown).replace("><", "")
