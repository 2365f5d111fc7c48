"""Draw the pages that the tests read, one for each rule they exercise: ``python tests/data/make_pages.py``.

Sentences are the project's own or in the public domain (``README.md`` beside this file says which); the
fonts are those of ``fonts-noto-cjk`` and ``fonts-dejavu-core`` in Debian, found below ``--fonts``. The pages
are kept in git: nothing but this script needs the fonts, and drawing again is only needed to change a page.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Color = tuple[int, int, int]

WHITE: Color = (255, 255, 255)
BLACK: Color = (0, 0, 0)
CREAM: Color = (250, 244, 228)
NAVY: Color = (24, 40, 92)
RED: Color = (176, 24, 32)
YELLOW: Color = (255, 221, 87)
COLORS = 32
"""Palette entries kept: smooth edges in a small file."""

SANS = "DejaVuSans.ttf"
MONO = "DejaVuSansMono.ttf"
SERIF = "DejaVuSerif.ttf"
CJK = "NotoSansCJK-Regular.ttc"
SIMPLIFIED_CHINESE = 2
"""Index of ``Noto Sans CJK SC`` in its collection."""

Fonts = Callable[[str, int], ImageFont.FreeTypeFont]
"""(file name, size in pixels) -> font."""


def fonts_below(root: Path) -> Fonts:
    """Return a loader of the fonts that lie below a folder."""
    places = {path.name: path for path in sorted(root.rglob("*.tt[fc]"), reverse=True)}

    @cache
    def load(name: str, size: int) -> ImageFont.FreeTypeFont:
        if name not in places:
            raise FileNotFoundError(f"{name} is not below {root}: apt-get install fonts-noto-cjk fonts-dejavu-core")
        index = SIMPLIFIED_CHINESE if name.endswith(".ttc") else 0
        # Pillow's own layout: a system's text shaper would move letters by its version.
        return ImageFont.truetype(str(places[name]), size, index=index, layout_engine=ImageFont.Layout.BASIC)

    return load


def blank(width: int, height: int, color: Color = WHITE) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return an empty page and a pen for it."""
    page = Image.new("RGB", (width, height), color)
    return page, ImageDraw.Draw(page)


def english_paragraph(fonts: Fonts) -> Image.Image:
    """A paragraph in a serif font: several lines to a recognition batch, and more than one batch."""
    page, pen = blank(760, 420)
    lines = (
        "We the People of the United States, in Order to form",
        "a more perfect Union, establish Justice, insure",
        "domestic Tranquility, provide for the common defence,",
        "promote the general Welfare, and secure the",
        "Blessings of Liberty to ourselves and our Posterity,",
        "do ordain and establish this Constitution",
        "for the United States of America.",
        "1787",
    )
    for row, text in enumerate(lines):
        pen.text((40, 34 + row * 44), text, fill=BLACK, font=fonts(SERIF, 22))
    return page


def chinese_mixed(fonts: Fonts) -> Image.Image:
    """Chinese, Latin and digits on colors: channel order, mixed scripts, two columns of one height."""
    page, pen = blank(720, 430, CREAM)
    pen.rectangle((0, 0, 720, 78), fill=NAVY)
    pen.text((30, 14), "床前明月光，疑是地上霜。", fill=YELLOW, font=fonts(CJK, 34))
    pen.text((30, 96), "举头望明月，低头思故乡。", fill=RED, font=fonts(CJK, 34))
    pen.text((30, 170), "文字检测 detection", fill=BLACK, font=fonts(CJK, 26))
    pen.text((400, 174), "文字识别 recognition", fill=BLACK, font=fonts(CJK, 26))
    pen.text((30, 232), "版本 v2.5，共 18385 类，准确率 81.3%", fill=NAVY, font=fonts(CJK, 26))
    pen.text((30, 292), "地址：模型路 42 号（北门）", fill=BLACK, font=fonts(CJK, 26))
    pen.text((30, 356), "Mixed: 一二三 ABC 123 ￥56.78", fill=RED, font=fonts(CJK, 26))
    return page


def rotated(fonts: Fonts) -> Image.Image:
    """Lines turned by 7 degrees: boxes that are no upright rectangles, and the perspective crop."""
    page, pen = blank(820, 420)
    lines = (
        "This page lies a little askew on the glass.",
        "Its lines climb by seven degrees",
        "and are cut out along their own edges.",
        "Scan 7 of 12, 300 dots per inch",
    )
    for row, text in enumerate(lines):
        pen.text((90, 110 + row * 54), text, fill=BLACK, font=fonts(SANS, 26))
    return page.rotate(7, Image.Resampling.BICUBIC, fillcolor=WHITE)


def turned_sideways(fonts: Fonts) -> Image.Image:
    """Text turned by 90 degrees either way: crops 1.5 times as high as wide are turned back, one way."""
    page, pen = blank(560, 520)
    pen.text((180, 60), "Upright text", fill=BLACK, font=fonts(SANS, 30))
    pen.text((180, 130), "beside the spine", fill=BLACK, font=fonts(SANS, 30))
    for left, text, angle in ((30, "Read me from below", 90), (90, "Volume 12, 2026", -90)):
        strip, strip_pen = blank(440, 46)
        strip_pen.text((8, 4), text, fill=NAVY, font=fonts(SANS, 30))
        page.paste(strip.rotate(angle, expand=True), (left, 40))
    for row, character in enumerate("竖排文字"):
        pen.text((480, 60 + row * 44), character, fill=BLACK, font=fonts(CJK, 40))
    return page


def number_table(fonts: Fonts) -> Image.Image:
    """A dense table in small type: many small boxes in rows, many crops of one width in a batch."""
    page, pen = blank(560, 330)
    for column in range(1, 6):
        pen.text((column * 100 - 76, 12), f"n^{column}", fill=BLACK, font=fonts(MONO, 13))
    pen.line((14, 32, 546, 32), fill=BLACK)
    for row in range(13):
        for column in range(1, 6):
            place = (column * 100 - 76, 40 + row * 22)
            pen.text(place, str((11 + row * 3) ** column), fill=BLACK, font=fonts(MONO, 13))
    return page


def tiny(fonts: Fonts) -> Image.Image:
    """Height and width below 64 together: padded before detection."""
    page, pen = blank(38, 22)
    pen.text((3, 2), "7 4", fill=BLACK, font=fonts(SANS, 16))
    return page


def no_text(_: Fonts) -> Image.Image:
    """Shapes and no letter: an empty answer."""
    page, pen = blank(320, 240, CREAM)
    for row in range(240):
        pen.line((0, row, 320, row), fill=(210 - row // 4, 224 - row // 4, 244 - row // 8))
    pen.polygon(((0, 240), (120, 130), (240, 240)), fill=(92, 128, 92))
    return page


def wide_line(fonts: Fonts) -> Image.Image:
    """One line more than 3200/48 times as wide as high: squeezed into the recognizer's widest input."""
    page, pen = blank(1800, 40)
    text = (
        "one line that runs on and on, past the widest input that a recognizer takes, "
        "so that its picture is squeezed to fit: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 "
        "and then it goes on for a few more words, until at last it ends here, after 300 letters or so, "
        "at the edge of the page"
    )
    pen.text((12, 12), text, fill=BLACK, font=fonts(SANS, 12))
    return page


def long_strip(fonts: Fonts) -> Image.Image:
    """A page wider than 4000 pixels: scaled down before detection, its boxes scaled back."""
    page, pen = blank(4210, 150)
    for left, text in ((40, "A strip begins here,"), (1900, "has a middle"), (3780, "and an end 4210.")):
        pen.text((left, 50), text, fill=BLACK, font=fonts(SANS, 44))
    return page


PAGES: dict[str, Callable[[Fonts], Image.Image]] = {
    "english_paragraph": english_paragraph,
    "chinese_mixed": chinese_mixed,
    "rotated": rotated,
    "turned_sideways": turned_sideways,
    "number_table": number_table,
    "tiny": tiny,
    "no_text": no_text,
    "wide_line": wide_line,
    "long_strip": long_strip,
}


def main() -> None:
    """Write every page into ``pages`` beside this file, or where ``--output`` says."""
    parser = argparse.ArgumentParser(description="Draw the pages that the tests read.")
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts"), help="folder to search for fonts")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("pages"))
    options = parser.parse_args()
    fonts = fonts_below(options.fonts)
    options.output.mkdir(parents=True, exist_ok=True)
    for name, draw in PAGES.items():
        page = draw(fonts).quantize(COLORS, dither=Image.Dither.NONE)
        page.save(options.output / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
