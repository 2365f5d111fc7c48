"""Debian's Noto fonts (packages fonts-noto-core and fonts-noto-cjk), with which pages are drawn."""

from __future__ import annotations

from functools import cache

from PIL import ImageFont

LATIN = ("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf", "/usr/share/fonts/truetype/noto/NotoSerif-Regular.ttf")
"""Sans and Serif; Greek and Cyrillic too."""
CJK = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
)
FACES = {"ja": 0, "ko": 1, "zh": 2, "zh-Hans": 2, "zh-Hant": 3}
"""Language to its face in the CJK collections."""


@cache
def font(language: str, serif: int, size: int) -> ImageFont.FreeTypeFont:
    """Return the font for a language; ``serif`` is 0 or 1, ``size`` pixels an em."""
    if language in FACES:
        return ImageFont.truetype(CJK[serif], size, index=FACES[language])
    return ImageFont.truetype(LATIN[serif], size)
