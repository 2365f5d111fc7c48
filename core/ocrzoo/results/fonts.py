"""Fonts to draw results with: the user's, else one found on the system, else the one inside Pillow."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from ocrzoo_registry.errors import UsageError

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_FOLDERS = (
    "~/.local/share/fonts",
    "~/.fonts",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
    "C:/Windows/Fonts",
)
_NAMES = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",
    "simsun.ttc",
    "DroidSansFallbackFull.ttf",
    "NotoSans-Regular.ttf",
    "DejaVuSans.ttf",
    "Arial.ttf",
    "arial.ttf",
)
"""By how many of the scripts that PP-OCR reads they cover."""
_FILL = 0.8
"""Share of a quad's height that letters take (PaddleX's)."""
_SMALLEST = 4


@lru_cache(maxsize=1)
def font_file() -> str | None:
    """Return the font to draw with; ``PADDLE_PDX_LOCAL_FONT_FILE_PATH`` comes first. ``None``: Pillow's own."""
    chosen = os.environ.get("PADDLE_PDX_LOCAL_FONT_FILE_PATH")
    if chosen and Path(chosen).is_file():
        return chosen
    found: dict[str, str] = {}
    for folder in _FOLDERS:
        for root, _folders, names in os.walk(os.path.expanduser(folder)):  # noqa: PTH111  # raises for nobody's home
            found.update({name: f"{root}/{name}" for name in names if name in _NAMES and name not in found})
    return next((found[name] for name in _NAMES if name in found), None)


@lru_cache(maxsize=256)
def _font(size: int) -> Font:
    path = font_file()
    if path is None:
        return ImageFont.load_default(size)
    try:
        return ImageFont.truetype(path, size)
    except OSError as error:
        raise UsageError(
            f"{path}: not a font that can be read: name another in PADDLE_PDX_LOCAL_FONT_FILE_PATH"
        ) from error


def fitting_font(text: str, width: int, height: int) -> tuple[Font, tuple[float, float, float, float]]:
    """Return the largest font whose text fits into width x height pixels, and the text's box in it."""
    size = max(int(height * _FILL), _SMALLEST)
    box = _font(size).getbbox(text)
    if box[2] - box[0] > width:
        size = max(int(size * width / (box[2] - box[0])), _SMALLEST)
        box = _font(size).getbbox(text)
    return _font(size), box
