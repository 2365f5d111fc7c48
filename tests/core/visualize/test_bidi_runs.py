"""A text is cut into runs of one font and one direction, in the order in which they are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.visualize.made_fonts import make

from ocrzoo.visualize.bidi_runs import Run, clusters, in_visual_order, split_runs, starts_at_right
from ocrzoo.visualize.fonts.book import FontBook, PageFonts

FONTS = {
    "Latin": "abcdefghijklmnopqrstuvwxyz0123456789 ,.()!",
    "Han": "你好世界，。abc",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي\ufe91\ufe90",
    "Hebrew": "".join(map(chr, range(0x05D0, 0x05EB))),
    "Thai": "สวัดี\u0e34",
}


@pytest.fixture
def book(tmp_path: Path) -> FontBook:
    """A font a script."""
    for name, chars in FONTS.items():
        make(tmp_path / f"{name}.ttf", chars)
    make(tmp_path / "NotoSans-Regular.ttf", FONTS["Latin"])
    return FontBook(None, [(str(tmp_path),)])


def runs_of(text: str, fonts: PageFonts) -> list[tuple[str, str | None]]:
    """Texts and the names of their fonts, from left to right."""
    return [
        (run.text, None if run.face is None else Path(run.face.path).stem.removesuffix("-Regular"))
        for run in split_runs(text, fonts)
    ]


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("abc", [("abc", "NotoSans")]),
        ("abc 你好", [("abc ", "NotoSans"), ("你好", "Han")]),
        ("你好，世界 abc.", [("你好，世界 ", "Han"), ("abc.", "NotoSans")]),
        ("1. 你好", [("1. ", "NotoSans"), ("你好", "Han")]),
        ("สวัดี ab", [("สวัดี ", "Thai"), ("ab", "NotoSans")]),
        ("ab ⰀⰁ ab", [("ab ", "NotoSans"), ("ⰀⰁ", None), (" ab", "NotoSans")]),
        ("", []),
    ],
    ids=["one", "two", "punctuation", "number first", "marks", "missing", "nothing"],
)
def test_fonts(text: str, runs: list[tuple[str, str | None]], book: FontBook) -> None:
    assert runs_of(text, book.for_texts([text])) == runs


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("שלום", ["שלום"]),
        ("abc שלום def", ["abc ", "שלום", " ", "def"]),
        ("שלום abc", ["abc", "שלום "]),
        ("שלום 123 שלום", ["שלום", " ", "123", "שלום "]),
        ("سلام שלום", ["שלום", "سلام "]),
        ("שלום abc 12 def שלום", ["שלום", " ", "abc 12 def", "שלום "]),
        ("abc שלום 你好", ["abc ", "שלום", " ", "你好"]),
    ],
    ids=["one", "inside", "at the start", "number", "two scripts", "between", "three fonts"],
)
def test_order_of_sight(text: str, seen: list[str], book: FontBook) -> None:
    """Runs come from left to right; the text of each is as it is read."""
    runs = split_runs(text, book.for_texts([text]))
    assert [run.text for run in runs] == seen
    lettered = [run for run in runs if run.text.strip()]
    assert [run.rtl for run in lettered] == ["\u0590" < run.text.strip()[0] < "\u0700" for run in lettered]


@pytest.mark.parametrize(
    ("text", "answer"), [("שלום abc", True), ("abc שלום", False), ("12 سلام", True), ("12", False), ("", False)]
)
def test_where_a_line_starts(text: str, answer: bool) -> None:
    assert starts_at_right(text) is answer


class TestLetterByLetter:
    """For a Pillow that shapes no text, letters are put in the order of sight."""

    def drawn(self, text: str, book: FontBook) -> str:
        fonts = book.for_texts([text])
        return "".join(in_visual_order(run, fonts) for run in split_runs(text, fonts))

    def test_left_to_right_stays(self, book: FontBook) -> None:
        assert self.drawn("abc 你好", book) == "abc 你好"

    def test_right_to_left_is_turned(self, book: FontBook) -> None:
        assert self.drawn("שלום", book) == "םולש"

    def test_brackets_are_mirrored(self, book: FontBook) -> None:
        [run] = split_runs("שלום", book.for_texts(["שלום"]))
        assert in_visual_order(Run("ש(ל)", run.face, rtl=True), book.for_texts(["ש(ל)"])) == "(ל)ש"

    def test_marks_stay_behind_their_letters(self, book: FontBook) -> None:
        fonts = book.for_texts(["שלום"])
        [run] = split_runs("שלום", fonts)
        assert in_visual_order(Run("ש\u05b8ל", run.face, rtl=True), fonts) == "לש\u05b8"

    def test_arabic_letters_join(self, book: FontBook) -> None:
        assert self.drawn("بب", book) == "\ufe90\ufe91"

    def test_invisible_characters_are_omitted(self, book: FontBook) -> None:
        assert self.drawn("a\u200bb", book) == "ab"


def test_clusters() -> None:
    assert clusters("e\u0301नि👍🏽") == ["e\u0301", "नि", "👍🏽"]
