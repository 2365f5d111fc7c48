"""Fonts made for tests: each letter is a bar, so that it can be told where it was drawn and how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.ttCollection import TTCollection

EM = 1000
BAR_WIDTH, BAR_HEIGHT, ADVANCE = 200, 700, 600
"""Of an em."""


def font_of(characters: Iterable[str], *, tall: str = "") -> TTFont:
    """Return a font with some characters and a space; those in ``tall`` are half as high again as the others."""
    codes = {ord(char): f"u{ord(char):06X}" for char in sorted({*characters, " "})}
    names = [".notdef", *codes.values()]
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(codes)
    glyphs = {name: _bar(BAR_HEIGHT) for name in names}
    glyphs |= {codes[ord(char)]: _bar(BAR_HEIGHT * 3 // 2) for char in tall}
    glyphs[codes[ord(" ")]] = TTGlyphPen(None).glyph()
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(names, (ADVANCE, (ADVANCE - BAR_WIDTH) // 2)))
    builder.setupHorizontalHeader(ascent=EM, descent=-200)
    builder.setupNameTable({"familyName": "Made", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=EM, sTypoDescender=-200)
    builder.setupPost()
    font: TTFont = builder.font
    return font


def make(path: Path, characters: Iterable[str], *, tall: str = "") -> str:
    """Write a font and return its path; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    font_of(characters, tall=tall).save(path)
    return str(path)


def make_collection(path: Path, *faces: str) -> str:
    """Write a collection of fonts, each with some characters, and return its path."""
    collection = TTCollection()
    collection.fonts = [font_of(characters) for characters in faces]
    collection.save(path)
    return str(path)


def _bar(height: int) -> object:
    pen = TTGlyphPen(None)
    left = (ADVANCE - BAR_WIDTH) // 2
    pen.moveTo((left, 0))
    for point in ((left, height), (left + BAR_WIDTH, height), (left + BAR_WIDTH, 0)):
        pen.lineTo(point)
    pen.closePath()
    return pen.glyph()
