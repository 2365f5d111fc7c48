"""An invisible font for the characters of a searchable PDF, which makes system fonts unnecessary."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.misc.timeTools import timestampFromString
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph

EM = 1000
"""Font units per em."""
ASCENT = 800
"""Font units above the baseline; the rest of the em is below."""

_MAX_GLYPHS = 65_000
"""A font numbers its glyphs with 16 bits."""
_DATE = timestampFromString("Sat Jan  1 00:00:00 2000")
_NARROW = frozenset(" !'(),-./:;I[\\]`fijlrt|ا")
_WIDE = frozenset("%@MWmwЖШЩЮжшщюм")
_WIDTHS = {"Mn": 0, "Me": 0, "Cf": 0, "Lu": 680}
"""Widths by general category; marks have none, capitals are wider."""


def advance(character: str) -> int:
    """Return the typical width of a character, in font units, so that words of a line are close to their ink."""
    if unicodedata.east_asian_width(character) in "WF":
        return EM
    if character in _NARROW:
        return 290
    return 850 if character in _WIDE else _WIDTHS.get(unicodedata.category(character), 540)


def width(text: str) -> int:
    """Return the width of a text, in font units."""
    return sum(map(advance, text))


def save(characters: Iterable[str], path: Path) -> None:
    """Write a TrueType font with a blank glyph for each character (the first 65 000) and for the space."""
    kept = sorted({" ", *characters})[:_MAX_GLYPHS]
    names = {ord(character): f"u{ord(character):04X}" for character in kept}
    order = [".notdef", *names.values()]
    advances = {".notdef": EM // 2, **{name: advance(chr(code)) for code, name in names.items()}}
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(names)
    builder.setupGlyf({name: _blank(room) for name, room in advances.items()})
    builder.setupHorizontalMetrics({name: (room, 0) for name, room in advances.items()})
    builder.setupHorizontalHeader(ascent=ASCENT, descent=ASCENT - EM)
    builder.setupNameTable({"familyName": "Blank", "styleName": "Regular", "fullName": "Blank", "psName": "Blank"})
    builder.setupOS2(sTypoAscender=ASCENT, sTypoDescender=ASCENT - EM, sCapHeight=ASCENT)
    builder.setupPost()
    builder.updateHead(created=_DATE, modified=_DATE)
    builder.font.recalcTimestamp = False
    builder.save(path)


def _blank(room: int) -> Glyph:
    """An outline without area: it is invisible but has a size (PDFium skips glyphs without one)."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, ASCENT - EM))
    pen.lineTo((room, ASCENT))
    pen.closePath()
    return pen.glyph()
