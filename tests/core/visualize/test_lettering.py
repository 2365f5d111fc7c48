"""Text that fills its box, along it or down it, and boxes for missing characters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageFont, features
from tests.core.visualize.made_fonts import make

from ocrzoo.visualize import lettering
from ocrzoo.visualize.bidi_runs import Run, split_runs
from ocrzoo.visualize.fonts.book import FontBook, PageFonts
from ocrzoo.visualize.lettering import Patch, ink_of_line, letter, one_line

LATIN = "abcdefghijklmnopqrstuvwxyz ABC123"
HAN = "你好世界、「」ー。あいう"
HEBREW = "".join(map(chr, range(0x05D0, 0x05EB)))
ALEF, BET = HEBREW[0], HEBREW[1]
"""Alef is half as high again as the others."""


@pytest.fixture(params=["shaped", "letter by letter"])
def layout(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With Raqm, where Pillow has it, and without."""
    if request.param == "shaped" and not features.check_feature("raqm"):
        pytest.skip("Pillow finds no Raqm here")
    monkeypatch.setattr(lettering, "shapes_text", lambda: request.param == "shaped")
    lettering._font.cache_clear()


@pytest.fixture
def book(tmp_path: Path, layout: None) -> FontBook:
    """Fonts whose letters are upright bars."""
    make(tmp_path / "NotoSans-Regular.ttf", LATIN)
    make(tmp_path / "Han.ttf", HAN)
    make(tmp_path / "Hebrew.ttf", HEBREW, tall=ALEF)
    return FontBook(None, [(str(tmp_path),)])


def drawn(text: str, width: int, height: int, book: FontBook) -> Patch:
    line = one_line(text)
    patch = letter(line, width, height, book.for_texts([line]))
    assert patch.shape == (height, width)
    assert patch.dtype == np.uint8
    return patch


def bars(patch: Patch, axis: int = 0) -> list[tuple[int, int]]:
    """Where ink begins and ends along the width (or, with 1, the height), bar by bar."""
    inked = np.concatenate([[False], (patch < 128).any(axis=axis), [False]])
    edges = np.flatnonzero(np.diff(inked.astype(int)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]


def height_of(patch: Patch, bar: tuple[int, int]) -> int:
    rows: NDArray[np.intp] = np.flatnonzero((patch[:, slice(*bar)] < 128).any(axis=1))
    return int(np.ptp(rows)) + 1


class TestSize:
    """As large as the box allows."""

    def test_four_fifths_of_the_height(self, book: FontBook) -> None:
        patch = drawn("a", 400, 100, book)
        assert height_of(patch, bars(patch)[0]) == pytest.approx(100 * 0.8 * 0.7, abs=2)

    @pytest.mark.parametrize(("width", "height"), [(400, 30), (100, 30), (60, 30), (300, 8)])
    def test_all_letters_are_there(self, width: int, height: int, book: FontBook) -> None:
        assert len(bars(drawn("abcabc", width, height, book))) == 6

    def test_less_where_the_text_is_long(self, book: FontBook) -> None:
        sizes = [height_of(patch := drawn("a" * count, 200, 40, book), bars(patch)[0]) for count in (1, 20, 40)]
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[0] > 2 * sizes[2]

    def test_less_where_letters_are_tall(self, book: FontBook) -> None:
        rows = bars(drawn(ALEF, 400, 100, book), axis=1)
        assert rows[0][0] >= 0
        assert rows[-1][1] <= 100

    @pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 100), (100, 1), (2, 2), (5, 3000), (3000, 5)])
    @pytest.mark.parametrize("text", ["", "a", "你", "a你" * 50, "ⰀⰁ"])
    def test_no_box_breaks_it(self, text: str, width: int, height: int, book: FontBook) -> None:
        drawn(text, width, height, book)

    def test_a_huge_box(self, book: FontBook) -> None:
        assert (drawn("a", 9000, 6000, book) < 128).any()

    @pytest.mark.parametrize("size", [(100, 20), (20, 100)])
    def test_a_text_without_end_is_not_measured_to_its_end(
        self, size: tuple[int, int], book: FontBook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lengths: list[int] = []

        def noted(text: str, fonts: PageFonts) -> list[Run]:
            lengths.append(len(text))
            return split_runs(text, fonts)

        monkeypatch.setattr(lettering, "split_runs", noted)
        drawn("word 你 " * 100_000, *size, book)
        assert sum(lengths) <= 200


class TestPlace:
    """At the side where the text starts."""

    def test_left(self, book: FontBook) -> None:
        assert bars(drawn("abc", 400, 50, book))[-1][1] < 150

    def test_right(self, book: FontBook) -> None:
        assert bars(drawn(BET * 3, 400, 50, book))[0][0] > 250

    def test_middle(self, book: FontBook) -> None:
        begin, end = bars(letter("a", 400, 50, book.for_texts(["a"]), middle=True))[0]
        assert (begin + end) / 2 == pytest.approx(200, abs=3)

    @pytest.mark.parametrize(
        ("text", "tall"), [(ALEF + BET + BET, [2]), (BET + BET + ALEF, [0]), ("a" + ALEF + BET + "b", [2])]
    )
    def test_hebrew_runs_from_the_right(self, text: str, tall: list[int], book: FontBook) -> None:
        patch = drawn(text, 400, 50, book)
        heights = [height_of(patch, bar) for bar in bars(patch)]
        assert [number for number, height in enumerate(heights) if height > 1.3 * min(heights)] == tall


class TestTall:
    """Downwards in a tall box."""

    def test_latin_is_turned(self, book: FontBook) -> None:
        patch = drawn("abc", 40, 300, book)
        assert len(bars(patch, axis=1)) == 3
        [(begin, end)] = bars(patch)
        assert end - begin == pytest.approx(40 * 0.8 * 0.7, abs=2)

    def test_its_head_looks_to_the_right(self, book: FontBook) -> None:
        np.testing.assert_array_equal(np.rot90(drawn("ab", 40, 300, book)), drawn("ab", 300, 40, book))

    def test_chinese_is_upright(self, book: FontBook) -> None:
        patch = drawn("你好世", 40, 300, book)
        cells = bars(patch, axis=1)
        assert len(cells) == 3
        for cell in cells:
            [(begin, end)] = bars(patch[slice(*cell)])
            assert end - begin < cell[1] - cell[0]

    def test_what_is_between_is_turned(self, book: FontBook) -> None:
        cells = bars(drawn("你ab好", 40, 300, book), axis=1)
        assert [end - begin > 20 for begin, end in cells] == [True, False, False, True]

    def test_brackets_are_turned(self, book: FontBook) -> None:
        cells = bars(drawn("「你」", 40, 300, book), axis=1)
        assert [end - begin > 20 for begin, end in cells] == [False, True, False]

    def test_commas_are_in_their_corner(self, book: FontBook) -> None:
        patch = drawn("你、", 40, 300, book)
        _, comma = bars(patch, axis=1)
        assert bars(patch[slice(*comma)])[0][0] > bars(patch[:30])[0][1]

    def test_long_columns_fit(self, book: FontBook) -> None:
        assert len(bars(drawn("你好世界" * 5, 40, 300, book), axis=1)) == 20

    def test_a_box_not_twice_as_high_is_not_tall(self, book: FontBook) -> None:
        assert len(bars(drawn("你好", 100, 200, book))) == 2


class TestMark:
    """What no font has is seen."""

    def test_a_box_each(self, book: FontBook) -> None:
        assert len(bars(drawn("ⰀⰁⰂ", 400, 20, book))) == 3

    def test_with_its_number_where_there_is_room(self, book: FontBook) -> None:
        one, other = (drawn(char, 200, 100, book) for char in "ⰀⰁ")
        assert (one != other).any()
        small = [drawn(char, 40, 16, book) for char in "ⰀⰁ"]
        np.testing.assert_array_equal(small[0], small[1])

    @pytest.mark.parametrize("char", ["\ue000", "\U000e0fff", "\ud800", "\U0001f642", "ⰀⰁ"])
    def test_of_every_kind(self, char: str, book: FontBook) -> None:
        assert (drawn(char, 100, 40, book) < 128).any()
        assert (drawn(char, 40, 200, book) < 128).any()

    @pytest.mark.parametrize("text", ["", "   ", "\u200b\u2060\xad", "\n\t", "\ufe0f", "\u3000"])
    def test_invisible_characters_get_no_box(self, text: str, book: FontBook) -> None:
        assert (drawn(text, 100, 40, book) == 255).all()
        assert (drawn(text, 40, 200, book) == 255).all()

    @pytest.mark.parametrize("method", ["getbbox", "getmask2"])
    def test_a_font_that_breaks_further_in(self, method: str, book: FontBook, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_arguments: object, **_options: object) -> None:
            raise OSError("broken table")

        monkeypatch.setattr(ImageFont.FreeTypeFont, method, refused)
        assert (drawn("ab", 100, 20, book) < 128).any()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nb\r\tc\u2028d", "a b  c d"),
        ("e\u0301", "\xe9"),
        ("\ud800a", "\ufffda"),
        ("a\u202eb\u200f\u2067", "ab"),
        ("a\xa0b\u3000c", "a b c"),
        ("می\u200cخ", "می\u200cخ"),
    ],
    ids=["line breaks", "composed", "half a pair", "direction", "spaces", "non-joiner"],
)
def test_one_line(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_single_letter_is_upright_in_a_narrow_box(book: FontBook) -> None:
    patch = drawn("a", 12, 60, book)
    ((begin, end),) = bars(patch)
    assert height_of(patch, (begin, end)) > end - begin


def test_a_line_is_as_wide_as_its_ink_and_margins(book: FontBook) -> None:
    patch = ink_of_line("abc", 48, book.for_texts(["abc"]), 12)
    columns = np.flatnonzero((patch < 128).any(axis=0))
    assert (len(patch), columns[0], columns[-1]) == (48, 12, patch.shape[1] - 13)
