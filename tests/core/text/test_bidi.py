"""The order of reading: the bidirectional algorithm with each character's place kept, and a line's direction."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from bidi.algorithm import get_display
from hypothesis import example, given
from hypothesis import strategies as st
from tests.core.text.languages import AR, FR, JA, KO, RU, ZH

from ocrzoo.processing.recognition import Line
from ocrzoo.text.bidi import direction_of, display, in_logical_order, runs_right_to_left
from ocrzoo.types import Quad
from ocrzoo_registry.languages.tags import Language

MIXED = st.text(
    st.sampled_from("abc123 .,:-+/%()[]<>«»مرحباאבגשلا٠١٢\u064b\u200c\u200d\u200f\u202b\u202c\t"), max_size=30
)
"""Strong and weak characters of both directions, brackets, marks, and marks of direction."""
MIRRORED = str.maketrans("()[]<>«»", ")(][><»«")


def box(width: int, height: int) -> Quad:
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.int16)


def read(*entries: str) -> Line:
    count = len(entries)
    columns = tuple(range(0, 2 * count, 2))
    return Line("".join(entries), 1.0, entries, columns, tuple(0.5 + i / 100 for i in range(count)), 2.0 * count)


@given(MIXED)
@example("")
@example("(abc) مرحبا [123]")
def test_the_text_is_what_python_bidi_gives(text: str) -> None:
    assert display(text, as_paddlex=True)[0] == get_display(text)


@given(st.text(max_size=20))
def test_and_of_any_text_at_all(text: str) -> None:
    """But for code points of classes that python-bidi stops at: they count as neutral here."""
    shown, positions = display(text, as_paddlex=True)
    assert len(shown) == len(positions) == len(set(positions))
    if all(unicodedata.bidirectional(c) not in {"", "LRI", "RLI", "FSI", "PDI"} for c in text):
        assert shown == get_display(text)


@given(MIXED, st.booleans())
def test_each_character_comes_from_its_place(text: str, as_paddlex: bool) -> None:
    shown, positions = display(text, as_paddlex=as_paddlex)
    assert all(new in (text[old], text[old].translate(MIRRORED)) for new, old in zip(shown, positions, strict=True))
    left_out = [c for i, c in enumerate(text) if i not in set(positions)]
    assert all(unicodedata.bidirectional(c) in {"BN", "RLE", "PDF"} for c in left_out)


@given(st.permutations("مرحبا"), st.integers(0, 5))
def test_distinct_letters_show_the_permutation(letters: list[str], digits: int) -> None:
    """Where no character occurs twice, the places can be found by looking for the characters."""
    text = "".join(letters) + "12345"[:digits]
    shown, positions = display(text)
    assert positions == [text.index(character) for character in shown]


@pytest.mark.parametrize("text", ["\u2067ab\u2069", "ab\u0378", "\u2066", "א\u2068ב\u2069"])
def test_what_stops_python_bidi_does_not_stop_us(text: str) -> None:
    with pytest.raises(AssertionError):
        get_display(text)
    assert sorted(display(text)[1]) == list(range(len(text)))


class TestInReadingOrder:
    """From what stands on the page to what is read, with the columns."""

    def test_right_to_left(self) -> None:
        line = in_logical_order(read(*"ابحرم"))
        assert line.text == "مرحبا"
        assert line.sources == (4, 3, 2, 1, 0)
        assert line.entries == tuple("ابحرم")

    def test_numbers_keep_their_own_order(self) -> None:
        line = in_logical_order(read(*"123 ابحرم"))
        assert line.text == get_display("123 ابحرم")
        assert [line.entries[index] for index in line.sources] == list(line.text)
        assert "123" in line.text

    def test_brackets_are_mirrored(self) -> None:
        """On the page the opening bracket is the right one, and looks like a closing one."""
        line = in_logical_order(read("(", "\u05d1", "\u05d0", ")"))
        assert line.text == "(\u05d0\u05d1)"
        assert line.sources == (3, 2, 1, 0)

    def test_left_to_right_stays(self) -> None:
        line = in_logical_order(read(*"abc"))
        assert (line.text, line.sources) == ("abc", (0, 1, 2))

    def test_an_entry_of_several_code_points_goes_as_one(self) -> None:
        line = in_logical_order(read("א", "ab", "ב"))
        assert line.text == "ב" + "ab" + "א"
        assert line.sources == (2, 1, 1, 0)

    def test_scores_stay(self) -> None:
        before = read(*"ابحرم")
        after = in_logical_order(before)
        assert (after.score, after.probabilities, after.columns) == (before.score, before.probabilities, before.columns)


def printed(*pieces: str) -> str:
    """Return pieces, in the order in which they are read from the right, as they stand on the paper from the left."""
    return "".join(
        piece[::-1] if any("\u0590" <= char < "\u0700" for char in piece) else piece for piece in pieces[::-1]
    )


WORDS = ("שלום", "التاريخ", "شماره", "دفتر کار")
"""Hebrew, Arabic, Persian, and two words."""
NUMBERS = (
    *("14-03-2026", "2026-03-14", "14/03/2026", "14.03.2026", "1403/02/11", "31-12", "12-14"),
    *("2024\u20132026", "9:30-17:00", "12:45", "08:05:59"),
    *("+49-30-901820", "+49 30 901820", "(030) 901820", "030-901820", "0300 123 456", "+972-3-555-0100"),
    *(
        "1,250.00",
        "12 500,00",
        "1 234 567",
        "-12.5",
        "+3.5",
        "$1,250.00",
        "19.99\u20ac",
        "25\u20aa",
        "50%",
        "12.5%",
        "-4\u00b0",
    ),
    *("name@mail.org", "first.last@mail.org", "https://a.org/b?c=1", "192.168.0.1", "www.a-b.org"),
    *("GC-2021-080", "080-GC", "AB/12-c", "v2.1-rc3", "#1234", "4K", "A4", "3x4", "1/2", "DE89 3704 0044"),
)
NATIVE = ("١٤-٠٣-٢٠٢٦", "١٤/٠٣/٢٠٢٦", "۱۴-۰۲-۱۴۰۳", "۱۴۰۳/۰۲/۱۱", "٠٣٠-٩٠١٨٢٠", "١٢٫٥")
"""With the digits of Arabic and Persian."""


class TestWhatIsReadFromTheLeft:
    """Numbers and addresses in a right-to-left line keep the order in which they are printed."""

    @pytest.mark.parametrize("word", WORDS)
    @pytest.mark.parametrize("number", [*NUMBERS, *NATIVE])
    def test_at_the_end_of_a_line(self, word: str, number: str) -> None:
        assert display(f"{number} {word[::-1]}")[0] == f"{word} {number}"

    @pytest.mark.parametrize("word", WORDS)
    @pytest.mark.parametrize("number", [*NUMBERS, *NATIVE])
    def test_between_words(self, word: str, number: str) -> None:
        assert display(f"{WORDS[0][::-1]} {number} {word[::-1]}")[0] == f"{word} {number} {WORDS[0]}"

    @pytest.mark.parametrize("number", [*NUMBERS, *NATIVE])
    def test_after_a_colon_and_before_a_full_stop(self, number: str) -> None:
        assert display(f".{number} :{WORDS[1][::-1]}")[0] == f"{WORDS[1]}: {number}."

    @pytest.mark.parametrize("number", [number for number in NUMBERS if "(" not in number])
    def test_in_brackets(self, number: str) -> None:
        assert display(f"({number}) {WORDS[1][::-1]}")[0] == f"{WORDS[1]} ({number})"

    @pytest.mark.parametrize("number", NUMBERS)
    def test_alone(self, number: str) -> None:
        assert display(number)[0] == number

    def test_two_numbers_are_read_from_the_right(self) -> None:
        assert display(printed("התאריך", " ", "14/03/2026", " ", "12:30"))[0] == "התאריך 14/03/2026 12:30"

    def test_a_range_between_spaces_too(self) -> None:
        assert display(printed("من", " ", "10", " - ", "20"))[0] == "من 10 - 20"

    def test_a_prefix_with_a_hyphen(self) -> None:
        assert display("14-03-2026-ב")[0] == "ב-14-03-2026"


class TestWhereALineStarts:
    """At the right, unless it is mostly Latin or a Latin line that quotes a word."""

    @pytest.mark.parametrize(
        ("seen", "read"),
        [
            (("تطبيق", " ", "WhatsApp"), "تطبيق WhatsApp"),
            (("WhatsApp", " ", "تطبيق"), "WhatsApp تطبيق"),
            (("גרסה", " ", "Windows 11 Pro"), "גרסה Windows 11 Pro"),
            (("نسخه", " ", "Android", " ", "جدید"), "نسخه Android جدید"),
            (("מחיר", ":", " ", "USB-C"), "מחיר: USB-C"),
            (("PDF", " ", "או", " ", "Word"), "PDF או Word"),
        ],
    )
    def test_at_the_right(self, seen: tuple[str, ...], read: str) -> None:
        assert display(printed(*seen))[0] == read

    @pytest.mark.parametrize(
        "read", ["the word שלום is a greeting", "a very long English sentence about שלום", "only Latin"]
    )
    def test_at_the_left(self, read: str) -> None:
        seen = read.replace("שלום", "שלום"[::-1])
        assert display(seen)[0] == read


class TestDirection:
    """Which way a line runs."""

    @pytest.mark.parametrize(
        ("text", "scripts", "direction"),
        [
            ("hello", ["Latn"], "ltr"),
            ("مرحبا", ["Arab"], "rtl"),
            ("12 مرحبا abc", ["Arab"], "rtl"),
            ("abc مرحبا", ["Arab"], "rtl"),
            ("the word مرحبا is Arabic", ["Arab"], "ltr"),
            ("123", ["Arab"], "ltr"),
            ("", ["Arab"], "ltr"),
            ("שלום", ["Latn", "Hebr"], "rtl"),
            ("מולש", ["Latn"], "ltr"),  # no model of Hebrew: the text stands as the eye sees it
        ],
    )
    def test_of_level_lines(self, text: str, scripts: list[str], direction: str) -> None:
        assert direction_of(text, box(200, 40), scripts) == direction

    @pytest.mark.parametrize(("width", "height", "direction"), [(40, 59, "ltr"), (40, 60, "ttb"), (40, 400, "ttb")])
    def test_of_tall_ones(self, width: int, height: int, direction: str) -> None:
        assert direction_of("竖排", box(width, height), ["Hans"]) == direction

    @pytest.mark.parametrize(
        ("languages", "direction"),
        [([FR], "ltr"), ([FR, RU], "ltr"), ([ZH], "ttb"), ([FR, JA], "ttb"), ([KO], "ttb"), ([AR], "ltr")],
    )
    def test_of_tall_ones_in_a_known_language(self, languages: list[Language], direction: str) -> None:
        assert direction_of("abc", box(40, 400), ["Hans", "Latn"], languages) == direction

    @pytest.mark.parametrize(
        ("text", "languages", "direction"),
        [
            ("مرحبا", [AR], "rtl"),
            ("مرحبا", [AR, FR], "rtl"),
            ("hello", [AR], "ltr"),
            ("مرحبا", [FR], "ltr"),
            ("123", [AR], "ltr"),
        ],
    )
    def test_of_level_lines_in_a_known_language(self, text: str, languages: list[Language], direction: str) -> None:
        assert direction_of(text, box(200, 40), ["Arab", "Latn"], languages) == direction

    def test_of_a_quad_without_area(self) -> None:
        assert direction_of("abc", box(0, 40), ["Latn"]) == "ltr"


def test_scripts() -> None:
    assert runs_right_to_left(["Latn", "Arab"])
    assert not runs_right_to_left(["Latn", "Hans"])
    assert not runs_right_to_left([])


@pytest.mark.parametrize(
    "script",
    ["Adlm", "Arab", "Armi", "Avst", "Hebr", "Mand", "Mend", "Nkoo", "Phnx", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"],
)
def test_right_to_left_scripts(script: str) -> None:
    assert runs_right_to_left([script])
