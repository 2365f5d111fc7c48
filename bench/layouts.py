# ruff: noqa: D103  # the functions below are named after the pages that they make
"""Synthetic pages whose reading order is known: lines are placed in the order in which they are to be read.

``KINDS`` names functions that return a page for a random generator; the same seed gives the same page. Kinds beside
each other differ in what tells them apart: columns of prose share their base lines as rows of a table do.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1240, 1754
"""Pixels: A4 at 150 an inch."""
_WORDS = (
    "a amount an and answer are at before boats brown by carries case cold could dark day department evening "
    "every few field for found garden great harbor have her house in into is it journey kept large later light little "
    "long lower many measure more morning mountain near never nobody of on or other over paper people quiet result "
    "river road same season seven several side small some stone street such summer than that the their them then there "
    "they this three through time to towards under until upper very village was water were while wide window with "
    "without year yellow"
)
WORDS = _WORDS.split()
Script = Literal["latin", "right", "han"]


@dataclass(frozen=True)
class Placed:
    """A line on a straight page, in pixels."""

    text: str
    left: float
    top: float
    width: float
    height: float
    down: bool = False
    paragraph: int = -1
    """Lines of one number are one paragraph; no other line has that of a line by itself."""
    is_heading: bool = False


@dataclass
class Page:
    """A page that is being filled in reading order."""

    rng: random.Random
    script: Script = "latin"
    lines: list[Placed] = field(default_factory=list)
    paragraphs: int = 0

    def put(
        self, text: str, x: float, y: float, size: float, at: str = "start", *, more: bool = False, head: bool = False
    ) -> float:
        """Place a line whose start, middle or end is at ``x``; return the x of its far end.

        In text from the right, x counts from the right edge of the page. ``more``: it is of the paragraph of the last
        line; ``head``: it is a heading.
        """
        width = self.width(text, size)
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[at]
        seen = WIDTH - left - width if self.script == "right" else left
        self.paragraphs += not more
        self.lines.append(Placed(text, seen, y, width, size * 1.12, paragraph=self.paragraphs, is_heading=head))
        return left + width

    def width(self, text: str, size: float) -> float:
        """Return the width of a text."""
        return width_of(text, size)

    def words(self, least: int, most: int) -> str:
        """Return some words."""
        count = self.rng.randint(least, most)
        return self.written(" ".join(self.rng.choice(WORDS) for _ in range(count)))

    def written(self, text: str) -> str:
        """Return a text in the letters of the page."""
        if self.script != "right":
            return text
        return "".join(chr(0x05D0 + (ord(char) * 7) % 27) if char.isalpha() else char for char in text)

    def filled(self, width: float, size: float) -> str:
        """Return words that fill a width."""
        text = self.rng.choice(WORDS).capitalize()
        while self.width(self.written(longer := f"{text} {self.rng.choice(WORDS)}"), size) < width:
            text = longer
        return self.written(text)

    def prose(
        self, x: float, y: float, width: float, size: float, pitch: float, count: int, *, more: bool = False
    ) -> float:
        """Place paragraphs of ``count`` lines in all; return the y below them.

        ``more``: the first is of the paragraph of the line before.
        """
        justified, gap = self.rng.random() < 0.4, self.rng.choice((0.0, 0.0, 0.5, 1.0)) * pitch
        left = self.rng.randint(3, 9)
        begins = not more
        for number in range(count):
            text = self.filled(width, size)
            last = left == 0 and number < count - 1
            if last:
                text = text[: max(len(text) * self.rng.randint(30, 100) // 100, 12)].rstrip()
            self.put(text, x, y, size, more=not begins)
            begins = last
            if justified and not last:
                placed = self.lines[-1]
                far = placed.left + placed.width - width if self.script == "right" else placed.left
                self.lines[-1] = replace(placed, left=far, width=width)
            y += pitch + (gap if last else 0)
            left = self.rng.randint(3, 9) if last else left - 1
        return y

    def flow(self, places: Sequence[tuple[float, float, int]], width: float, size: float, pitch: float) -> float:
        """Fill columns (left, top and number of lines) with justified paragraphs that begin with an indent.

        They go on from one column to the next. Return the y below the lowest.
        """
        indent, left, begins, lowest = self.rng.uniform(1.0, 2.0) * size, self.rng.randint(3, 9), True, 0.0
        for x, top, count in places:
            for number in range(count):
                start = indent if begins else 0.0
                text = self.filled(width - start, size)
                last = left == 0
                if last:
                    text = text[: max(len(text) * self.rng.randint(30, 85) // 100, 12)].rstrip()
                self.put(text, x + start, top + number * pitch, size, more=not begins)
                if not last:
                    self.lines[-1] = replace(self.lines[-1], width=width - start)
                left, begins = (self.rng.randint(3, 9) if last else left - 1), last
            lowest = max(lowest, top + count * pitch)
        return lowest

    def headline(self, x: float, y: float, width: float, size: float) -> float:
        """Place a headline of one or two lines that is no wider than ``width``; return the y below it."""
        for number in range(self.rng.randint(1, 2)):
            text = self.words(2, 6)
            while self.width(text, size) > width and " " in text:
                text = text.rsplit(" ", 1)[0]
            self.put(text, x, y, size, more=number > 0, head=True)
            y += 1.3 * size
        return y + 0.4 * size


@cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(100)  # type: ignore[return-value]  # with FreeType


def width_of(text: str, size: float) -> float:
    """Return the width of a text in Pillow's own font; letters that it lacks are half an em wide."""
    known = "".join(char if char.isascii() else "n" for char in text)
    return _font().getlength(known) * size / 100


def type_of(rng: random.Random) -> tuple[float, float]:
    """Return the size of the letters and the distance of lines."""
    size = rng.uniform(15, 26)
    return size, size * rng.uniform(1.25, 1.7)


# ---------------------------------------------------------------------------------------------------- columns


def one_column(page: Page) -> None:
    size, pitch = type_of(page.rng)
    page.put(page.words(3, 6), 100, 80, size * 1.8, head=True)
    y = 100 + 3 * pitch
    for _ in range(3):
        page.put(page.words(2, 5), 100, y, size * 1.2, head=True)
        y = page.prose(100, y + 1.8 * pitch, WIDTH - 200, size, pitch, page.rng.randint(5, 10)) + pitch


def columns(page: Page, count: int, top: float = 100, lines: int = 0, offset: float | None = None) -> float:
    size, pitch = type_of(page.rng)
    size = min(size, {2: 26, 3: 20, 4: 16}[count])
    pitch = min(pitch, size * 1.7)
    gutter = page.rng.uniform(1.2, 3.0) * size
    width = (WIDTH - 160 - gutter * (count - 1)) / count
    lines = lines or page.rng.randint(9, 30)
    offset = page.rng.choice((0.0, 0.0, page.rng.random())) if offset is None else offset
    y = top
    for number in range(count):
        start = top + (number % 2) * offset * pitch
        amount = lines if number < count - 1 else max(lines - page.rng.randint(0, lines // 2), 3)
        y = max(y, page.prose(80 + number * (width + gutter), start, width, size, pitch, amount))
    return y


def two_columns(page: Page) -> None:
    columns(page, 2)


def two_columns_offset(page: Page) -> None:
    columns(page, 2, offset=page.rng.uniform(0.2, 0.8))


def three_columns(page: Page) -> None:
    columns(page, 3)


def heading_over_columns(page: Page) -> None:
    size = page.rng.uniform(30, 60)
    if page.rng.random() < 0.5:
        page.put(page.words(2, 5), WIDTH / 2, 60, size, "middle", head=True)
    else:
        page.put(page.words(2, 4), 80, 60, size, head=True)
    top = 60 + 2 * size
    if page.rng.random() < 0.5:
        top = page.prose(80, top, WIDTH - 160, 22, 32, 3) + 30
    columns(page, page.rng.choice((2, 3)), top)


def columns_with_subheads(page: Page) -> None:
    size, pitch = type_of(page.rng)
    gutter = page.rng.uniform(1.5, 3) * size
    width = (WIDTH - 160 - gutter) / 2
    for x in (80, 80 + width + gutter):
        y = 80.0
        for _ in range(3):
            page.put(page.words(1, 3), x, y, size * 1.25, head=True)
            y = page.prose(x, y + 1.8 * pitch, width, size, pitch, page.rng.randint(4, 9)) + pitch


def figure_in_column(page: Page) -> None:
    size, pitch = type_of(page.rng)
    gutter = page.rng.uniform(1.5, 3) * size
    width = (WIDTH - 160 - gutter) / 2
    pictured = page.rng.randrange(2)
    for number in range(2):
        x, y = 80 + number * (width + gutter), 80.0
        y = page.prose(x, y, width, size, pitch, page.rng.randint(5, 9))
        if number == pictured:
            y += page.rng.uniform(200, 400)
            page.put("Figure 1. " + page.words(2, 4), x + width / 2, y, size * 0.85, "middle")
            y += 2.5 * pitch
        page.prose(x, y, width, size, pitch, page.rng.randint(6, 12))


def figure_over_columns(page: Page) -> None:
    y = columns(page, 2, lines=page.rng.randint(5, 9)) + page.rng.uniform(250, 400)
    page.put("Figure 2. " + page.words(4, 8), WIDTH / 2, y, 19, "middle")
    columns(page, 2, y + 80, page.rng.randint(5, 12))


def sidebar(page: Page) -> None:
    size, pitch = type_of(page.rng)
    narrow, wide = 280, 720
    parts = [(80, narrow, size * 0.8), (80 + narrow + 60, wide, size)]
    if page.rng.random() < 0.5:
        parts = [(80, wide, size), (80 + wide + 60, narrow, size * 0.8)]
    for x, width, letters in parts:
        count = page.rng.randint(8, 14) if width == narrow else page.rng.randint(14, 24)
        page.prose(x, 100, width, letters, pitch * letters / size, count)


def margin_notes(page: Page) -> None:
    size, pitch = type_of(page.rng)
    page.prose(80, 100, 760, size, pitch, page.rng.randint(18, 26))
    y = 100 + pitch * page.rng.uniform(1.3, 1.7)
    for _ in range(3):
        y = page.prose(890, y, 260, size * 0.75, pitch * 0.75, page.rng.randint(2, 3)) + pitch * page.rng.uniform(2, 4)


def running_heads(page: Page) -> None:
    page.put(page.words(1, 3), 80, 50, 17)
    if page.rng.random() < 0.5:
        page.put(page.words(1, 2), WIDTH - 80, 50, 17, "end")
    y = columns(page, page.rng.choice((2, 3)), 120)
    if page.rng.random() < 0.5:
        page.put(str(page.rng.randint(1, 400)), WIDTH / 2, y + 70, 17, "middle")
    else:
        page.put(page.words(1, 3), 80, y + 70, 17)
        page.put(f"Page {page.rng.randint(1, 400)}", WIDTH - 80, y + 70, 17, "end")


def sections(page: Page) -> None:
    y = columns(page, 2, lines=page.rng.randint(5, 9)) + 60
    page.put(page.words(3, 6), WIDTH / 2 if page.rng.random() < 0.6 else 300, y, 34, "middle", head=True)
    y = columns(page, 3, y + 70, page.rng.randint(6, 12)) + 40
    page.prose(80, y, WIDTH - 160, 20, 30, 4)


def newspaper(page: Page) -> None:
    """An article in three columns, and below it one in two columns beside one in a single column."""
    rng = page.rng
    size = rng.uniform(13, 17)
    pitch, gutter = size * rng.uniform(1.2, 1.35), rng.uniform(1.2, 2.2) * size
    width = (WIDTH - 120 - 2 * gutter) / 3
    lefts = [60 + number * (width + gutter) for number in range(3)]
    page.put(page.words(2, 2), WIDTH / 2, 40, 60, "middle", head=True)
    page.put(page.words(3, 5), WIDTH / 2, 130, 15, "middle")
    y = page.headline(60, 180, WIDTH - 120, rng.uniform(34, 44))
    count = rng.randint(12, 20)
    y = page.flow([(left, y, count) for left in lefts], width, size, pitch) + 2 * pitch
    wide, narrow = (lefts[:2], lefts[2]) if rng.random() < 0.5 else (lefts[1:], lefts[0])

    def in_two() -> None:
        top = page.headline(wide[0], y, 2 * width + gutter, rng.uniform(26, 32))
        page.flow([(left, top, rng.randint(12, 16)) for left in wide], width, size, pitch)

    def in_one() -> None:
        top = page.headline(narrow, y, width, rng.uniform(20, 25))
        page.flow([(narrow, top, rng.randint(12, 18))], width, size, pitch)

    for article in (in_two, in_one) if narrow > wide[0] else (in_one, in_two):
        article()


def magazine(page: Page) -> None:
    """A title and a lead over two columns with subheads, a figure with its caption, and a box of facts beside them."""
    rng = page.rng
    size = rng.uniform(15, 19)
    pitch, gutter = size * rng.uniform(1.3, 1.5), rng.uniform(1.5, 2.5) * size
    width = (WIDTH - 120 - 2 * gutter) / 3
    lefts = [60 + number * (width + gutter) for number in range(3)]
    y = page.headline(60, 60, WIDTH - 120, rng.uniform(40, 60))
    y = page.prose(60, y, WIDTH - 120, 22, 31, 3) + 40
    for left in lefts[:2]:
        below = y
        for _ in range(2):
            page.put(page.words(1, 3), left, below, size * 1.3, head=True)
            below = page.flow([(left, below + 2 * pitch, rng.randint(8, 12))], width, size, pitch) + pitch
    top = y + rng.uniform(150, 260)
    page.put("Figure 3. " + page.words(1, 3), lefts[2], top, size * 0.85)
    page.flow([(lefts[2], top + 4 * pitch, rng.randint(8, 14))], width, size * 0.9, pitch * 0.9)


# ---------------------------------------------------------------------------------------------------- rows


def number(rng: random.Random, most: int = 5) -> str:
    return f"{rng.uniform(0, 10 ** rng.randint(1, most)):,.2f}"


def table(page: Page) -> None:
    rng = page.rng
    size = rng.uniform(15, 24)
    pitch, count = size * rng.uniform(1.35, 2.6), rng.randint(3, 7)
    width = (WIDTH - 160) / count
    kinds = [rng.choice(("text", "number", "date", "code")) for _ in range(count)]
    kinds[0] = rng.choice(("text", "code"))
    y = 120.0
    for row in range(rng.randint(5, 25)):
        for place, kind in enumerate(kinds):
            if row and rng.random() < 0.08:
                continue
            made = {
                "text": page.words(1, max(int(width / size / 4), 1)),
                "number": number(rng),
                "date": f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
                "code": f"{rng.choice('ABCDX')}{rng.randint(100, 99999)}",
            }[kind if row else "text"]
            while page.width(made, size) > width - size:
                made = made[: len(made) * 3 // 4].strip() or "x"
            far = kind == "number"
            page.put(made, 80 + place * width + (width - size if far else 0), y, size, "end" if far else "start")
        y += pitch


def number_table(page: Page) -> None:
    rng = page.rng
    size = rng.uniform(15, 20)
    pitch, count = size * rng.uniform(1.3, 2), rng.randint(5, 12)
    for row in range(rng.randint(8, 40)):
        for place in range(count):
            page.put(number(rng, 4), 80 + (place + 1) * (WIDTH - 160) / count, 100 + row * pitch, size, "end")


def described_table(page: Page) -> None:
    """Its first column is nearly as full as prose."""
    rng = page.rng
    size = rng.uniform(16, 22)
    pitch = size * rng.uniform(1.4, 2.2)
    for row in range(rng.randint(5, 20)):
        page.put(page.filled(rng.uniform(300, 620), size), 80, 100 + row * pitch, size)
        page.put(str(rng.randint(1, 40)), 790, 100 + row * pitch, size, "end")
        page.put(number(rng), 960, 100 + row * pitch, size, "end")
        page.put(number(rng), 1160, 100 + row * pitch, size, "end")


def receipt(page: Page) -> None:
    rng = page.rng
    size = rng.uniform(18, 30)
    pitch, right = size * rng.uniform(1.3, 1.8), 80 + size * rng.uniform(18, 26)
    page.put(page.words(2, 3), (80 + right) / 2, 60, size * 1.5, "middle", head=True)
    page.put(page.words(2, 3), (80 + right) / 2, 60 + 2.4 * size, size, "middle")
    y = 60 + 5 * size
    for _ in range(rng.randint(3, 15)):
        page.put(page.words(1, 3), 80, y, size)
        if rng.random() < 0.3:
            y += pitch
            page.put(f"  {rng.randint(2, 9)} x {number(rng, 2)}", 80 + 2 * size, y, size)
        page.put(number(rng, 3), right, y, size, "end")
        y += pitch
    y += pitch
    large = rng.choice((1.0, 1.4))
    page.put(page.written("Total"), 80, y, size * large)
    page.put(number(rng, 4), right, y, size * large, "end")
    y += 2.5 * pitch
    page.put(page.words(3, 4), (80 + right) / 2, y, size, "middle")


def form(page: Page) -> None:
    rng = page.rng
    size = rng.uniform(18, 26)
    pitch, pairs = size * rng.uniform(1.5, 3.5), rng.choice((1, 2))
    for row in range(rng.randint(4, 12)):
        for pair in range(pairs):
            x = 80 + pair * (WIDTH - 160) / 2
            page.put(page.words(1, 2) + ":", x, 120 + row * pitch, size)
            page.put(page.words(1, 2) if rng.random() < 0.5 else number(rng), x + 11 * size, 120 + row * pitch, size)


def mixed_sizes(page: Page) -> None:
    rng = page.rng
    y = 100.0
    for _ in range(rng.randint(2, 6)):
        x, large = 80.0, 0.0
        sizes = [rng.choice((18.0, 24.0, 40.0, 70.0)) for _ in range(rng.randint(2, 4))]
        base = y + max(sizes)
        middle = rng.random() < 0.5
        for size in sizes:
            top = base - max(sizes) / 2 - size * 0.56 if middle else base - size * 0.92
            x = page.put(page.words(1, 1) if size < 40 else number(rng, 3), x, top, size) + rng.uniform(60, 150)
            large = max(large, size)
        y = base + rng.uniform(0.8, 2) * 30


def contents(page: Page) -> None:
    size, pitch = type_of(page.rng)
    for row in range(page.rng.randint(8, 25)):
        inset = page.rng.choice((0, 0, 2)) * size
        page.put(f"{row + 1} {page.words(2, 8)}", 100 + inset, 120 + row * pitch, size)
        page.put(str(3 + row * 4), WIDTH - 120, 120 + row * pitch, size, "end")


def numbered_list(page: Page) -> None:
    size, pitch = type_of(page.rng)
    y = 120.0
    for row in range(page.rng.randint(4, 8)):
        page.put(f"{row + 1}.", 100, y, size)
        y = page.prose(100 + 3 * size, y, WIDTH - 300, size, pitch, page.rng.randint(1, 4), more=True) + pitch / 2


def labeled_prose(page: Page) -> None:
    """Terms on the left, their explanations on the right."""
    size, pitch = type_of(page.rng)
    y = 120.0
    for _ in range(page.rng.randint(4, 7)):
        page.put(page.words(1, 2), 100, y, size)
        y = page.prose(100 + 13 * size, y, WIDTH - 200 - 13 * size, size, pitch, page.rng.randint(2, 4)) + pitch


def invoice(page: Page) -> None:
    rng = page.rng
    size = rng.uniform(16, 22)
    page.put(page.written("Invoice"), 80, 60, size * 2, head=True)
    y = 60 + 5 * size
    for _ in range(3):
        page.put(page.words(1, 2) + ":", 80, y, size)
        page.put(number(rng), 80 + 12 * size, y, size)
        y += 1.7 * size
    y += 2 * size
    edges = (80, 700, 900, 1160)
    for row in range(rng.randint(4, 12)):
        page.put(page.words(1, 4), edges[0], y, size)
        for edge in edges[1:]:
            page.put(number(rng, 3) if row else page.words(1, 1), edge, y, size, "end")
        y += size * 1.8
    y += size
    for label in ("Net", "Tax", "Total"):
        page.put(page.written(label), 900, y, size, "end")
        page.put(number(rng, 4), 1160, y, size, "end")
        y += size * 1.6
    page.prose(80, y + 3 * size, WIDTH - 160, size, size * 1.5, 3)


def cells_of_lines(page: Page) -> None:
    """A table whose cells have several lines; white space separates its rows."""
    rng = page.rng
    size, pitch = type_of(rng)
    y = 100.0
    edges, widths = (80, 330, 760), (200, 380, 380)
    for _ in range(rng.randint(4, 7)):
        below = y
        for left, width in zip(edges, widths, strict=True):
            bottom = page.prose(left, y, width, size * 0.9, pitch, 1 if left == 80 else rng.randint(1, 4))
            below = max(below, bottom)
        y = below + pitch * 0.9


def text_beside_table(page: Page) -> None:
    """Prose on the left, and on the right a table of two narrow columns that shares no base line with it."""
    size, pitch = type_of(page.rng)
    page.prose(80, 100, 620, size, pitch, page.rng.randint(14, 22))
    for row in range(page.rng.randint(5, 9)):
        page.put(page.words(1, 2), 780, 100 + pitch * (0.5 + 1.37 * row), size * 0.85)
        page.put(number(page.rng, 3), 1160, 100 + pitch * (0.5 + 1.37 * row), size * 0.85, "end")


# ---------------------------------------------------------------------------------------------------- vertical


def vertical(page: Page, tiers: int, *, heading: bool = False) -> None:
    rng = page.rng
    size = rng.uniform(22, 40)
    pitch, count = size * rng.uniform(1.3, 2.2), rng.randint(4, 12)
    height = (HEIGHT - 300) / tiers - 2 * size
    most = int(height / size)
    top = 100.0
    if heading:
        page.lines.append(Placed("\u4e00" * 8, 1100 - 8 * 50, 60, 8 * 50, 56))
        top = 180
    for tier in range(tiers):
        for place in range(count):
            letters = rng.randint(2, most) if rng.random() < 0.3 else most
            x = 1100 - place * pitch
            y = top + tier * (height + 2 * size)
            page.lines.append(Placed("\u4e00" * letters, x, y, size * 1.12, letters * size, down=True))


def vertical_text(page: Page) -> None:
    vertical(page, 1)


def vertical_tiers(page: Page) -> None:
    vertical(page, page.rng.choice((2, 3)))


def vertical_with_heading(page: Page) -> None:
    vertical(page, 1, heading=True)


def vertical_with_full_stops(page: Page) -> None:
    """A detector finds the full stops, at the upper right of their squares, as lines of their own."""
    vertical(page, 1)
    lines, size = page.lines, page.lines[0].width / 1.12
    page.lines = []
    for line in lines:
        middle = line.left + line.width * 0.75
        stop = Placed("\u3002", middle, line.top + line.height + size * 0.1, size * 0.3, size * 0.3, down=True)
        page.lines += [line, stop]


def vertical_signed(page: Page) -> None:
    """Columns of unequal length, the last one at the bottom: the name under a letter."""
    vertical(page, 1)
    last = min(page.lines, key=lambda line: line.left)
    page.lines.append(Placed("\u4e00" * 3, last.left - 90, HEIGHT - 300, last.width, 3 * 30, down=True))


_LATIN = (
    *(one_column, two_columns, two_columns_offset, three_columns, heading_over_columns, columns_with_subheads),
    *(figure_in_column, figure_over_columns, sidebar, margin_notes, running_heads, sections, newspaper, magazine),
    *(table, number_table),
    *(described_table, receipt, form, mixed_sizes, contents, numbered_list, labeled_prose, invoice, cells_of_lines),
    text_beside_table,
)
_HAN = (vertical_text, vertical_tiers, vertical_with_heading, vertical_with_full_stops, vertical_signed)
_RIGHT = (two_columns, three_columns, heading_over_columns, table, receipt, form, invoice)
_SCRIPTS: tuple[tuple[Script, str, tuple[Callable[[Page], None], ...]], ...] = (
    ("latin", "", _LATIN),
    ("han", "", _HAN),
    ("right", "_from_right", _RIGHT),
)
KINDS: dict[str, tuple[Callable[[Page], None], Script]] = {
    f"{make.__name__}{ending}": (make, script) for script, ending, made in _SCRIPTS for make in made
}


def layout(kind: str, seed: int) -> list[Placed]:
    """Return the lines of a page, in reading order."""
    make, script = KINDS[kind]
    page = Page(random.Random(f"{kind} {seed}"), script)
    make(page)
    return page.lines


def detected(lines: Sequence[Placed], degrees: float, seed: int = 0) -> NDArray[np.float32]:
    """Return N x 4 x 2: quads as a detector finds them on the turned page: edges are up to 6 % of the height off."""
    rng = random.Random(seed)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    quads = []
    for line in lines:
        least = min(line.width, line.height)
        left, top, right, bottom = (
            edge + rng.uniform(-0.06, 0.06) * least
            for edge in (line.left, line.top, line.left + line.width, line.top + line.height)
        )
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) - (WIDTH / 2, HEIGHT / 2)
        own = math.radians(rng.uniform(-0.3, 0.3))
        middle = corners.mean(axis=0)
        tilted = (corners - middle) @ np.array([[math.cos(own), math.sin(own)], [-math.sin(own), math.cos(own)]])
        quads.append((tilted + middle) @ np.array([[cos, sin], [-sin, cos]]) + (WIDTH / 2, HEIGHT / 2))
    return np.array(quads, np.float32).reshape(-1, 4, 2)


def drawn(lines: Sequence[Placed], degrees: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return a picture of level lines on a turned page, H x W x 3, and the middles of the lines in it, N x 2."""
    page = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(page)
    for line in lines:
        size = line.height / 1.12
        font = ImageFont.load_default(size)
        words = line.text.split(" ")
        spare = line.width - font.getlength(line.text)
        left = line.left
        for word in words:  # justified lines have wider spaces
            draw.text((left, line.top), word, 0, font)
            left += font.getlength(f"{word} ") + spare / max(len(words) - 1, 1)
    turned = page.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=255)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    middles = np.array([[line.left + line.width / 2, line.top + line.height / 2] for line in lines])
    center = np.array([WIDTH / 2, HEIGHT / 2])
    around = (middles - center) @ np.array([[cos, sin], [-sin, cos]])
    return np.repeat(np.asarray(turned)[..., None], 3, axis=2), around + center
