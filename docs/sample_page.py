"""Draw ``docs/sample.png``, the page that the documentation reads: ``python docs/sample_page.py``.

The page was made for this project: its sentences are the project's own and it shows nobody's data.
It is drawn with two fonts that Debian packages, searched for below ``--fonts``:

* Noto Sans CJK (``fonts-noto-cjk``), under the SIL Open Font License 1.1;
* DejaVu Sans (``fonts-dejavu-core``), under the Bitstream Vera license.

Neither license covers pictures drawn with the font. The same fonts and the same Pillow give the same
bytes: layout is Pillow's own (no system library shapes the text), colors are reduced to a small palette.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE = (1000, 640)
PAPER = (252, 251, 247)
INK = (28, 31, 38)
ACCENT = (20, 83, 136)
COLORS = 32
"""Palette entries kept: enough for smooth edges, few enough for a small file."""

SANS = "DejaVuSans.ttf"
BOLD = "DejaVuSans-Bold.ttf"
CJK = "NotoSansCJK-Regular.ttc"
SIMPLIFIED_CHINESE = 2
"""Index of ``Noto Sans CJK SC`` in its collection."""


@dataclass(frozen=True)
class Line:
    """A line of the page with its place and style."""

    text: str
    top: int
    font: str
    size: int
    color: tuple[int, int, int] = INK


LINES = (  # the answers of PaddleX in tests/parity were recorded on these words
    Line("Reading a page with a model zoo", 42, BOLD, 40, ACCENT),
    Line("A model zoo keeps many small readers in one place.", 132, SANS, 28),
    Line("First a detector finds every line of text on the page,", 188, SANS, 28),
    Line("then a recognizer turns each line into characters.", 244, SANS, 28),
    Line("模型库把许多小模型放在一起，随时可用。", 304, CJK, 30),
    Line("先找到文字，再逐行识别出来。", 364, CJK, 30),
    Line("Pages 1024, lines 36857, mean score 0.987", 428, SANS, 28),
    Line("Updated on 2026-03-14 at 09:26", 484, SANS, 28),
    Line("Each model has a card, a licence and a digest.", 556, SANS, 24, ACCENT),
)


def find_font(root: Path, name: str) -> Path:
    """Return the path of a font below a folder.

    Raises:
        FileNotFoundError: The font is missing; the message names the Debian packages.
    """
    for path in sorted(root.rglob(name)):
        return path
    raise FileNotFoundError(f"{name} is not below {root}: apt-get install fonts-noto-cjk fonts-dejavu-core")


def load_font(root: Path, name: str, size: int) -> ImageFont.FreeTypeFont:
    """Load a font at a size in pixels."""
    index = SIMPLIFIED_CHINESE if name.endswith(".ttc") else 0
    return ImageFont.truetype(str(find_font(root, name)), size, index=index, layout_engine=ImageFont.Layout.BASIC)


def draw_page(fonts: Path) -> Image.Image:
    """Draw the sample page."""
    page = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(page)
    pen.rectangle((60, 108, 940, 110), fill=ACCENT)
    for line in LINES:
        pen.text((60, line.top), line.text, fill=line.color, font=load_font(fonts, line.font, line.size))
    return page.quantize(COLORS, dither=Image.Dither.NONE)


def main() -> None:
    """Write the page next to this file, or to ``--output``."""
    parser = argparse.ArgumentParser(description="Draw the documentation's sample page.")
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts"), help="folder to search for fonts")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("sample.png"))
    options = parser.parse_args()
    draw_page(options.fonts).save(options.output, optimize=True)


if __name__ == "__main__":
    main()
