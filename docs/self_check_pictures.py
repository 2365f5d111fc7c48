"""Draw the pictures that models are checked with: ``python docs/self_check_pictures.py``.

They are in ``model_cards/ocrzoo_cards/self_checks/``; cards name them under ``self_check``. The texts are the
project's own.
Two fonts that Debian packages are used, ``fonts-noto-cjk`` (Noto Sans CJK, SIL Open Font License 1.1) and
``fonts-dejavu-core`` (DejaVu Sans, Bitstream Vera license); neither license covers pictures drawn with the font.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(__file__).parents[1] / "model_cards" / "ocrzoo_cards" / "self_checks"
CJK = "NotoSansCJK-Regular.ttc"
SIMPLIFIED_CHINESE = 2
"""Index of ``Noto Sans CJK SC`` in its collection."""
SANS = "DejaVuSans.ttf"
LINE = "文字识别 OCR 2468"
PAGE = {(30, 20): "Two lines of text", (60, 76): "on a page"}
"""Place of a line, x and y in pixels, to its text."""
INK, PAPER = 20, 255


def draw_line() -> Image.Image:
    """Draw the line, 48 pixels high, as recognition networks take it."""
    font = ImageFont.truetype(CJK, 30, index=SIMPLIFIED_CHINESE, layout_engine=ImageFont.Layout.BASIC)
    picture = Image.new("L", (int(font.getbbox(LINE)[2]) + 16, 48), PAPER)
    ImageDraw.Draw(picture).text((8, 24), LINE, INK, font, anchor="lm")
    return picture.quantize(16).convert("L")


def draw_page() -> Image.Image:
    """Draw the page, of sides that detection networks take unscaled."""
    font = ImageFont.truetype(SANS, 26, layout_engine=ImageFont.Layout.BASIC)
    picture = Image.new("L", (320, 128), PAPER)
    for place, text in PAGE.items():
        ImageDraw.Draw(picture).text(place, text, INK, font)
    return picture


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    draw_line().save(FOLDER / "line.png", optimize=True)
    draw_page().save(FOLDER / "page.png", optimize=True)
