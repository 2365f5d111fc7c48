"""Pages whose text is known.

    python -m bench.labelled_pages DIR [--count 60] [--seed 1] [--language TAG...] [--jpeg QUALITY]

Public-domain prose, and names, dates and amounts of Unicode CLDR, in the languages that PP-OCR models write, are set
in Debian's Noto fonts (packages fonts-noto-core and fonts-noto-cjk) and in the layouts of ``layouts.py``: columns,
tables, forms, receipts, invoices, contents. They are then shown on a screen, scanned or photographed
(``page_faults.py``). DIR gets a PNG file a page, and ``labels.json``, which holds for every page its language, layout,
style, size and faults, and for every line its text, its corners and those of each word: where two words part is a
space. The same seed makes the same pages.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from bench.labelled_text import WIDE, Writer
from bench.layouts import KINDS, Page, Placed
from bench.letter_pages import texts
from bench.noto import Style, face, styles
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bench import page_faults

SEED, COUNT = 1, 60
"""The fixed set, on which figures are published."""
LABELS = "labels.json"
OFTEN = ("zh-Hans", "zh-Hans", "zh-Hans", "en", "en", "en", "zh-Hant", "zh-Hant", "ja", "ja")
"""Languages of two pages in three, one after the other; each third page is in one of the others."""
LAYOUTS = (
    *("one_column", "two_columns", "three_columns", "heading_over_columns", "sidebar", "running_heads"),
    *("table", "table", "number_table", "described_table", "receipt", "receipt", "receipt", "form", "form", "invoice"),
    *("contents", "mixed_sizes", "labeled_prose", "cells_of_lines", "text_beside_table"),
)
"""Half of them are made of short lines, as are half of the pages that people read."""
RULED = ("table", "number_table", "described_table", "invoice", "form")
MARGIN = 50
"""Pixels around what is written, before scaling."""
SCALES = (0.65, 1.35)
"""Least and most: letters are 10 to 35 pixels an em, headings larger."""
HEADING = 28
"""Pixels an em, before scaling, from which a line is in the style of headings."""


@dataclass(frozen=True)
class Line:
    """A line of a page."""

    text: str
    quad: list[list[float]]
    """Its corners in the picture, in pixels: top left, top right, bottom right, bottom left."""
    words: list[list[list[float]]]
    """The corners of each word; the spaces are between them."""
    paragraph: int = -1
    """Lines of one number are one paragraph; no other line has that of a line by itself."""
    is_heading: bool = False


@dataclass(frozen=True)
class LabelledPage:
    """A picture and what is written on it."""

    name: str
    language: str
    layout: str
    style: str
    em: float
    """Size of most letters, in pixels an em, before the page was tilted."""
    faults: dict[str, Any]
    lines: list[Line]


@dataclass
class TextPage(Page):
    """A page that is filled with a language's text, in one style, its headings in another."""

    language: str = "en"
    style: Style = "sans"
    heading: Style = "bold"
    writer: Writer = field(init=False)

    def __post_init__(self) -> None:
        """Begin somewhere in the text."""
        self.writer = Writer(self.language, self.rng)

    def width(self, text: str, size: float) -> float:
        """Return the width of a text in the page's font."""
        return face(self.language, self.style_of(size), 100).getlength(text) * size / 100

    def style_of(self, size: float) -> Style:
        """Return the style of letters of a size."""
        return self.heading if size >= HEADING else self.style

    def words(self, least: int, most: int) -> str:
        """Return some words."""
        return self.writer.some(least, most)

    def filled(self, width: float, size: float) -> str:
        """Return words that fill a width."""
        return self.writer.line(lambda text: self.width(text, size) < width)


def pages(
    count: int = COUNT, seed: int = SEED, languages: Sequence[str] = ()
) -> Iterator[tuple[LabelledPage, NDArray[np.uint8]]]:
    """Yield pages and their pictures (H x W x 3, uint8, BGR); ``languages`` are taken in turn."""
    others = [tag for tag in texts() if tag not in OFTEN]
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        usual = others[(number // 3) % len(others)] if number % 3 == 2 else OFTEN[(number - number // 3) % len(OFTEN)]
        language = languages[number % len(languages)] if languages else usual
        yield page(f"{number:04}", language, rng)


def page(
    name: str,
    language: str,
    rng: random.Random,
    layout: str | None = None,
    *,
    scales: tuple[float, float] = SCALES,
    taken: Sequence[page_faults.Taking] = page_faults.TAKEN,
) -> tuple[LabelledPage, NDArray[np.uint8]]:
    """Return a page in a language, and its picture, scaled and taken in one of several ways.

    By default, its layout is drawn too.
    """
    layout = layout or rng.choice(LAYOUTS)
    made = TextPage(rng, language=language, style=rng.choice(styles(language)), heading=rng.choice(styles(language)))
    KINDS[layout][0](made)
    scale = rng.uniform(*scales)
    lines = [line for line in made.lines if line.text.strip()]
    ink, boxes = drawn(made, lines, scale, ruled=layout in RULED and rng.random() < 0.5)
    em = statistics.median(line.height for line in lines) / 1.12 * scale
    pixels, corners, faults = rng.choice(taken)(ink, quads(boxes), em, rng)
    found, at = [], 0
    for line, words in zip(lines, boxes, strict=True):
        own = corners[at : at + len(words)]
        at += len(words)
        corners_of_line = _rounded([own[0][0], own[-1][1], own[-1][2], own[0][3]])
        found.append(Line(line.text, corners_of_line, _rounded(own), line.paragraph, line.is_heading))
    labels = LabelledPage(name, language, layout, made.style, round(em, 1), faults, found)
    return labels, pixels


def drawn(
    made: TextPage, lines: Sequence[Placed], scale: float, *, ruled: bool
) -> tuple[NDArray[np.uint8], list[list[tuple[float, float, float, float]]]]:
    """Draw lines, the page cut to what they need.

    Returns H x W, uint8, 255 where letters are; and for each line the boxes of its words: left, top, right, bottom. All
    words of a line are equally high.
    """
    left, top = min(line.left for line in lines) - MARGIN, min(line.top for line in lines) - MARGIN
    right = max(line.left + line.width for line in lines) + MARGIN
    bottom = max(line.top + line.height for line in lines) + MARGIN
    sheet = Image.new("L", (round((right - left) * scale), round((bottom - top) * scale)), 0)
    pen = ImageDraw.Draw(sheet)
    boxes = []
    for line in lines:
        size = line.height / 1.12
        font = face(made.language, made.style_of(size), max(round(size * scale), 6))
        base = (line.top - top + 0.92 * size) * scale
        words = line.text.split(" ")
        spare = max(line.width * scale - font.getlength(line.text), 0) if made.language not in WIDE else 0
        x, own = (line.left - left) * scale, []
        above, below = (font.getbbox(line.text, anchor="ls")[edge] for edge in (1, 3))
        for word in words:
            pen.text((x, base), word, 255, font, anchor="ls")
            own.append((x, base + above, x + font.getlength(word), base + below))
            x += font.getlength(f"{word} ") + spare / max(len(words) - 1, 1)
        boxes.append(own)
    if ruled:
        for y in sorted({line.top for line in lines}):
            height = (y - top - 4) * scale
            pen.line((MARGIN * scale / 2, height, sheet.width - MARGIN * scale / 2, height), 130, 1)
    return np.asarray(sheet), boxes


def quads(boxes: Sequence[Sequence[tuple[float, float, float, float]]]) -> NDArray[np.float64]:
    """Return the corners of all words, N x 4 x 2."""
    found = [[(x, y), (right, y), (right, end), (x, end)] for words in boxes for x, y, right, end in words]
    return np.array(found, np.float64)


def load(folder: Path) -> list[LabelledPage]:
    """Return the pages described in a folder."""
    described = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    return [LabelledPage(**{**one, "lines": [Line(**line) for line in one["lines"]]}) for one in described]


def picture(folder: Path, one: LabelledPage) -> Path:
    """Return the file of a page."""
    found = folder / f"{one.name}.jpg"
    return found if found.exists() else found.with_suffix(".png")


def write(folder: Path, made: Iterable[tuple[LabelledPage, NDArray[np.uint8]]], jpeg: int = 0) -> list[LabelledPage]:
    """Write pages and their labels; PNG files, or JPEG ones of a quality, which are smaller."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = [cv2.IMWRITE_JPEG_QUALITY, jpeg] if jpeg else []
    written = []
    for labels, pixels in made:
        cv2.imwrite(str(folder / f"{labels.name}.{'jpg' if jpeg else 'png'}"), pixels, settings)
        written.append(labels)
    content = ",\n".join(json.dumps(asdict(one), ensure_ascii=False) for one in written)
    (folder / LABELS).write_text(f"[\n{content}\n]\n", encoding="utf-8")
    return written


def main() -> None:
    """Write pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--language", nargs="+", default=(), metavar="TAG")
    parser.add_argument("--jpeg", type=int, default=0, metavar="QUALITY", help="write JPEG files, which are smaller")
    options = parser.parse_args()
    written = write(options.folder, pages(options.count, options.seed, options.language), options.jpeg)
    lines = [line for one in written for line in one.lines]
    print(f"{len(written)} pages, {len(lines)} lines, {sum(len(line.text) for line in lines)} characters")


def _rounded(values: Any) -> Any:
    return np.round(np.asarray(values), 1).tolist()


if __name__ == "__main__":
    main()
