"""Write the invisible font of searchable PDFs, ``exports/pdf_parts/blank.ttf``: ``python docs/blank_font.py``."""

from __future__ import annotations

import io
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.misc.timeTools import timestampFromString
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph

from ocrzoo.results.exports.pdf_parts.blank_font import ASCENT, EM, WIDTHS

FONT = Path(__file__).parents[1] / "core" / "ocrzoo" / "results" / "exports" / "pdf_parts" / "blank.ttf"
DATE = timestampFromString("Sat Jan  1 00:00:00 2000")


def font() -> bytes:
    """Return a TrueType font with a blank glyph of each width, none of which stands for a character."""
    advances = {".notdef": EM // 2, **{f"blank{width}": width for width in WIDTHS}}
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder(list(advances))
    builder.setupCharacterMap({})
    builder.setupGlyf({name: blank(width) for name, width in advances.items()})
    builder.setupHorizontalMetrics({name: (width, 0) for name, width in advances.items()})
    builder.setupHorizontalHeader(ascent=ASCENT, descent=ASCENT - EM)
    builder.setupNameTable({"familyName": "Blank", "styleName": "Regular", "fullName": "Blank", "psName": "Blank"})
    builder.setupOS2(sTypoAscender=ASCENT, sTypoDescender=ASCENT - EM, sCapHeight=ASCENT)
    builder.setupPost()
    builder.updateHead(created=DATE, modified=DATE)
    builder.font.recalcTimestamp = False
    content = io.BytesIO()
    builder.save(content)
    return content.getvalue()


def blank(width: int) -> Glyph:
    """An outline without area: it is invisible but has a size (PDFium skips glyphs without one)."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, ASCENT - EM))
    pen.lineTo((width, ASCENT))
    pen.closePath()
    return pen.glyph()


if __name__ == "__main__":
    FONT.write_bytes(font())
