"""Where lines that were detected across columns are cut, and which lines stay whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from tests.fonts import CHINESE, LATIN, needs_fonts

from ocrzoo.processing import geometry
from ocrzoo.processing.gutters import Shares, parts
from ocrzoo.types import Quad

pytestmark = needs_fonts

PROSE = (
    "the lamp on the pier is lit at dusk and put out when the first boat leaves in winter nobody walks there after six "
    "for the planks are wet and the wind is cold a keeper writes the weather in a book with the hour the tide and ships"
)
WORDS = PROSE.split()
EM = 20
STEP = 30
HEIGHT = 28
"""Pixels of a detected line: 1.4 ems."""
WHOLE: Shares = ((0.0, 1.0),)
Box = tuple[float, float, float, float]


class Sheet:
    """A page that lines are written on, and the boxes that a detector finds."""

    def __init__(self, width: int = 1100, height: int = 700, *, font: str = str(LATIN), index: int = 0) -> None:
        self.picture = Image.new("L", (width, height), 240)
        self.pen = ImageDraw.Draw(self.picture)
        self.font = ImageFont.truetype(font, EM, index=index)
        self.boxes: list[Box] = []
        self.next = 0

    def write(self, text: str, x: float, row: float, *, width: float = 0, em: float = 1) -> Box:
        """Write a line, justified to a width, and return its box."""
        font = self.font.font_variant(size=int(EM * em))
        natural = font.getlength(text)
        spare = (width - natural) / text.count(" ") if width else 0.0
        left, y = x, 40 + row * STEP
        for word in text.split(" "):
            self.pen.text((left, y), word, 20, font)
            left += font.getlength(f"{word} ") + spare
        return x - 4, y - 2, x + (width or natural) + 4, y + HEIGHT * em - 2

    def filled(self, width: float) -> str:
        """Return words that nearly fill a width."""
        words: list[str] = []
        while self.font.getlength(" ".join([*words, WORDS[self.next % len(WORDS)]])) < width:
            words.append(WORDS[self.next % len(WORDS)])
            self.next += 1
        return " ".join(words)

    def columns(
        self,
        rows: int,
        *,
        count: int = 2,
        width: float = 340,
        gutter: float = 22,
        across: Sequence[int] = (),
        top: int = 0,
    ) -> None:
        """Write justified columns; those rows are detected across them."""
        for row in range(rows):
            found = [
                self.write(self.filled(width), 40 + column * (width + gutter), top + row, width=width)
                for column in range(count)
            ]
            self.boxes += [(*found[0][:2], *found[-1][2:])] if row in across else found

    def quads(self) -> list[Quad]:
        return [quad_of(box) for box in self.boxes]

    def pixels(self) -> NDArray[np.uint8]:
        return np.repeat(np.asarray(self.picture)[..., None], 3, axis=2)


def quad_of(box: Box) -> Quad:
    left, top, right, bottom = np.rint(box).astype(np.int16).tolist()
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.int16)


def found(pixels: NDArray[np.uint8], quads: Sequence[Quad]) -> list[Shares]:
    images = [geometry.crop(pixels, quad) for quad in quads]
    return parts(quads, [image for image in images if image is not None])


def cut_lines(sheet: Sheet) -> dict[int, Shares]:
    """The lines that were cut."""
    return {line: shares for line, shares in enumerate(found(sheet.pixels(), sheet.quads())) if shares != WHOLE}


def in_pixels(sheet: Sheet, line: int, shares: Shares) -> list[tuple[float, float]]:
    left, _, right, _ = sheet.boxes[line]
    return [(left + start * (right - left), left + end * (right - left)) for start, end in shares]


def test_a_line_across_two_columns_is_cut_in_the_gutter() -> None:
    sheet = Sheet()
    sheet.columns(8, across=(2, 5))
    cuts = cut_lines(sheet)
    assert list(cuts) == [4, 9]
    for line, shares in cuts.items():
        (start, end), (begin, stop) = in_pixels(sheet, line, shares)
        assert (start, stop) == pytest.approx((sheet.boxes[line][0], sheet.boxes[line][2]))
        assert 375 < end < begin < 407


@pytest.mark.parametrize("rows", [6, 12])
def test_lines_are_cut_where_all_lines_are_across(rows: int) -> None:
    sheet = Sheet()
    sheet.columns(rows, across=range(rows))
    assert [len(shares) for shares in cut_lines(sheet).values()] == [2] * rows


def test_a_line_across_three_columns_is_cut_twice() -> None:
    sheet = Sheet()
    sheet.columns(8, count=3, width=310, across=(3, 4))
    assert [len(shares) for shares in cut_lines(sheet).values()] == [3, 3]


def test_the_first_and_the_last_line_of_columns_are_cut() -> None:
    sheet = Sheet()
    sheet.columns(8, across=(0, 7))
    assert len(cut_lines(sheet)) == 2


LOOKS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "white on black": lambda page: 255 - page,
    "in a shadow": lambda page: page * np.linspace(0.9, 0.2, page.shape[1])[None, :, None],
    "with noise": lambda page: page + np.random.default_rng(1).normal(0, 12, page.shape[:2])[..., None],
    "with a rule between": lambda page: np.where((abs(np.arange(page.shape[1]) - 391) < 2)[None, :, None], 30, page),
    "red on gray": lambda page: np.dstack([page[..., 0] * 0.6, page[..., 1] * 0.6, np.full(page.shape[:2], 150)]),
}


@pytest.mark.parametrize("look", LOOKS)
def test_columns_are_found_however_the_page_looks(look: str) -> None:
    sheet = Sheet()
    sheet.columns(8, across=(2, 3, 6))
    pixels = np.clip(LOOKS[look](sheet.pixels().astype(float)), 0, 255).astype(np.uint8)
    cuts = [len(shares) for shares in found(pixels, sheet.quads())]
    assert cuts.count(2) == 3
    assert [cuts[line] for line in (4, 5, 10)] == [2, 2, 2]


@pytest.mark.parametrize("degrees", [-4, 3, 90])
def test_columns_of_a_turned_page_are_found(degrees: float) -> None:
    sheet = Sheet(1100, 1100)
    sheet.columns(10, across=(2, 3, 6))
    matrix = cv2.getRotationMatrix2D((550, 550), degrees, 1)
    pixels = np.asarray(cv2.warpAffine(sheet.pixels(), matrix, (1100, 1100), borderValue=(240, 240, 240)), np.uint8)
    turned = [cv2.transform(quad[None].astype(np.float64), matrix)[0] for quad in sheet.quads()]
    quads = [np.rint(geometry.minimum_rectangle(quad.astype(np.float32))[0]).astype(np.int16) for quad in turned]
    assert [len(shares) for shares in found(pixels, quads)].count(2) == 3


def test_a_justified_column_with_wide_spaces_stays_whole() -> None:
    sheet = Sheet()
    for row in range(10):
        text = "when the first boat leaves the pier at dusk nobody walks there" if row % 2 else sheet.filled(560)
        sheet.boxes.append(sheet.write(text, 40, row, width=900))
    assert cut_lines(sheet) == {}


def test_spaces_below_each_other_are_no_gutter() -> None:
    sheet = Sheet()
    for row in range(10):
        sheet.boxes.append(sheet.write("lamps on the pier are lit at dusk and put out when the boat leaves", 40, row))
    assert cut_lines(sheet) == {}


@pytest.mark.parametrize("words", [("when the first boat leaves the pier",), ("Harbor", "lights")])
def test_a_table_stays_as_it_was_detected(words: tuple[str, ...]) -> None:
    sheet = Sheet()
    for row in range(12):
        cells = [
            sheet.write(text, x, row)
            for text, x in ((words[row % len(words)], 40), (f"{row * 37 + 12}.50", 440), (f"2026-11-{row + 10}", 540))
        ]
        sheet.boxes += [(*cells[0][:2], *cells[2][2:])] if row % 3 == 1 else cells
    assert cut_lines(sheet) == {}


@pytest.mark.parametrize("leader", [" .", ""])
def test_contents_with_page_numbers_stay_as_they_were_detected(leader: str) -> None:
    sheet = Sheet()
    for row in range(14):
        entry = sheet.filled(300 + 20 * (row % 4))
        while leader and sheet.font.getlength(entry + leader) < 800:
            entry += leader
        first, number = sheet.write(entry, 40, row), sheet.write(str(10 + row), 900, row)
        sheet.boxes += [(*first[:2], *number[2:])] if row % 2 else [first, number]
    assert cut_lines(sheet) == {}


def test_a_headline_and_a_lead_over_columns_stay_whole() -> None:
    sheet = Sheet()
    gap = 391.0
    for row, em in ((0, 2.0), (3, 1.0), (4, 1.0)):
        font = sheet.font.font_variant(size=int(EM * em))
        left = sheet.filled(300 / em)
        x = gap - font.getlength(left) - font.getlength(" ") / 2  # a space is where the gutter is below
        sheet.boxes.append(sheet.write(f"{left} {sheet.filled(300 / em)}", x, row, em=em))
    sheet.columns(8, top=6, across=(2,))
    assert list(cut_lines(sheet)) == [7]


def test_columns_below_white_space_say_nothing_of_a_line_above_it() -> None:
    sheet = Sheet()
    first, second = (sheet.write(sheet.filled(340), x, 0, width=340) for x in (40, 402))
    sheet.boxes.append((*first[:2], *second[2:]))
    sheet.columns(8, top=5, across=(2,))
    assert list(cut_lines(sheet)) == [5]


def test_chinese_text_with_its_marks_below_each_other_stays_whole() -> None:
    sheet = Sheet(font=str(CHINESE))
    for row in range(10):
        text = "".join(
            ("碼頭的燈在黃昏點亮，", "早船離港，時才熄滅。", "冬天六點後無人走動。")[(row + place) % 3]
            for place in range(4)
        )
        sheet.boxes.append(sheet.write(text, 40, row))
    assert cut_lines(sheet) == {}


def test_chinese_columns_are_cut() -> None:
    sheet = Sheet(font=str(CHINESE))
    text = "碼頭的燈在黃昏點亮早船離港"
    for row in range(8):
        first, second = sheet.write(text, 40, row), sheet.write(text, 40 + EM * len(text) + 24, row)
        sheet.boxes += [(*first[:2], *second[2:])] if row in {2, 5} else [first, second]
    assert list(cut_lines(sheet)) == [4, 9]


def test_short_lines_and_figures_stay_as_they_were_detected() -> None:
    sheet = Sheet()
    for row in range(6):
        first, second = sheet.write("Anna Lee", 40, row), sheet.write("Oak Street 4", 150, row)
        sheet.boxes += [(*first[:2], *second[2:])] if row in {1, 4} else [first, second]
    noise = np.random.default_rng(2).integers(0, 255, (200, 900), np.uint8)
    sheet.picture.paste(Image.fromarray(noise), (40, 400))
    sheet.boxes += [(40.0, 400.0 + 30 * row, 940.0, 428.0 + 30 * row) for row in range(6)]
    assert cut_lines(sheet) == {}


def test_pages_without_lines_and_lines_without_ink_have_no_gutters() -> None:
    assert parts([], []) == []
    blank = np.full((700, 1100, 3), 200, np.uint8)
    sheet = Sheet()
    sheet.columns(8, across=(2,))
    assert set(found(blank, sheet.quads())) == {WHOLE}
    specks = [quad_of((10.0 * place, 10, 10.0 * place + 2, 12)) for place in range(40)]
    assert set(found(blank, specks)) == {WHOLE}
