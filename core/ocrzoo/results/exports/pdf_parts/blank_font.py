"""An invisible font for the text of a PDF, which makes system fonts unnecessary.

The font program (``blank.ttf``, written by ``docs/blank_font.py``) has one blank glyph per width. Each PDF numbers the
characters that it uses, and says which of the glyphs each number is and which character it stands for.
"""

from __future__ import annotations

import unicodedata
from importlib import resources

EM = 1000
"""Font units per em."""
ASCENT = 800
"""Font units above the baseline; the rest of the em is below."""
WIDTHS = (0, 290, 540, 680, 850, EM)
"""The advance of each glyph, in font units; the first of them is the font's glyph 1."""

_MAX_CODES = 65_000
"""A PDF numbers the characters of such a font with 16 bits."""
_NARROW = frozenset(" !'(),-./:;I[\\]`fijlrt|ا")
_WIDE = frozenset("%@MWmwЖШЩЮжшщюм")
_WIDTHS = {"Mn": 0, "Me": 0, "Cf": 0, "Lu": 680}
"""Widths by general category; marks have none, capitals are wider."""
_ENTRIES = 100
"""Characters in one section of a CMap (Adobe Technical Note 5014)."""


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


def program() -> bytes:
    """Return the font program."""
    return resources.files("ocrzoo.results.exports.pdf_parts").joinpath("blank.ttf").read_bytes()


class Codes:
    """The numbers that a PDF gives to its characters, from 1; 1 is the space."""

    def __init__(self) -> None:
        self._codes = {" ": 1}

    def code(self, character: str) -> int:
        """Return the number of a character; the space's if there are too many characters."""
        if len(self._codes) >= _MAX_CODES:
            return self._codes.get(character, 1)
        return self._codes.setdefault(character, len(self._codes) + 1)

    def widths(self) -> list[int]:
        """Return the width of each numbered character, in order."""
        return [advance(character) for character in self._codes]

    def glyphs(self) -> bytes:
        """Return a CIDToGIDMap: two bytes a number, from 0."""
        found = [0, *(WIDTHS.index(room) + 1 for room in self.widths())]
        return b"".join(glyph.to_bytes(2, "big") for glyph in found)

    def to_unicode(self) -> bytes:
        """Return a ToUnicode CMap."""
        pairs = [f"<{code:04X}> <{_utf16(character)}>" for character, code in self._codes.items()]
        sections = [pairs[i : i + _ENTRIES] for i in range(0, len(pairs), _ENTRIES)]
        return "\n".join(
            [
                "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
                "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
                "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
                "1 begincodespacerange <0000> <FFFF> endcodespacerange",
                *(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar" for part in sections),
                "endcmap CMapName currentdict /CMap defineresource pop end end",
            ]
        ).encode("ascii")


def _utf16(character: str) -> str:
    return character.encode("utf-16-be", "replace").hex().upper()
