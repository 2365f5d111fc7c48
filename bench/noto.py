"""Debian's Noto fonts (packages fonts-noto-core and fonts-noto-cjk), with which pages are drawn."""

from __future__ import annotations

from functools import cache
from typing import Literal

from PIL import ImageFont

Style = Literal["sans", "serif", "bold", "serif bold", "italic", "mono"]

LATIN: dict[Style, str] = {
    "sans": "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "serif": "/usr/share/fonts/truetype/noto/NotoSerif-Regular.ttf",
    "bold": "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf",
    "serif bold": "/usr/share/fonts/truetype/noto/NotoSerif-Bold.ttf",
    "italic": "/usr/share/fonts/truetype/noto/NotoSerif-Italic.ttf",
}
"""Style to its file; Greek and Cyrillic too."""
CJK: dict[Style, str] = {
    "sans": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "serif": "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "bold": "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "serif bold": "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
    "mono": "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
}
FACES = {"ja": 0, "ko": 1, "zh": 2, "zh-Hans": 2, "zh-Hant": 3}
"""Language to its face in the CJK collections."""
_MONO = 5
"""The face of fixed width comes so many after the usual one; the letters of English are in it too."""


def styles(language: str) -> list[Style]:
    """Return the styles in which a language can be written."""
    return list(CJK) if language in FACES else [*LATIN, "mono"] if language == "en" else list(LATIN)


@cache
def face(language: str, style: Style, size: int) -> ImageFont.FreeTypeFont:
    """Return the font for a language; ``size`` is pixels an em."""
    if language in FACES or style == "mono":
        index = FACES.get(language, 0) + (_MONO if style == "mono" else 0)
        return ImageFont.truetype(CJK[style], size, index=index)
    return ImageFont.truetype(LATIN[style], size)


def font(language: str, serif: int, size: int) -> ImageFont.FreeTypeFont:
    """Return the font for a language; ``serif`` is 0 or 1, ``size`` pixels an em."""
    return face(language, "serif" if serif else "sans", size)
