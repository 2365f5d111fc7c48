"""What exports ask of texts: characters that any format holds, words in the order of reading, languages."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from ocrzoo.results.exports.content import (
    clamp_score,
    language_tag,
    lines_with_text,
    main_language,
    sanitize,
    source_name,
    words_of,
)
from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo.text.words import Word

PLACE = np.zeros((4, 2), np.float32)


def line(text: str, words: Sequence[str] = (), tag: str | None = None) -> TextLine:
    return TextLine(text, PLACE, 0.5, "ltr", tuple(Word(word, PLACE, 0.25) for word in words), tag)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plain text, 你好 🙂", "plain text, 你好 🙂"),
        ("a\tb\nc\r\nd\fe\x0bf\x85g\u2028h\u2029i\x1ej", "a b c d e f g h i j"),
        ("a\x00b\x08c\x1bd\x7fe\x9ff", "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf"),
        ("\ud800\udcff\ufffe\uffff", "\ufffd" * 4),
        ("\u200f\u202e\xad\U0010ffff", "\u200f\u202e\xad\U0010ffff"),
    ],
)
def test_a_text_stays_on_its_line_and_within_xml(given: str, kept: str) -> None:
    assert sanitize(given) == kept


@pytest.mark.parametrize(("score", "kept"), [(0.5, 0.5), (-1, 0), (2, 1), (math.nan, 0), (math.inf, 1), (-math.inf, 0)])
def test_a_score_is_clipped(score: float, kept: float) -> None:
    assert clamp_score(score) == kept


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("Hello, World", ["Hello,", "World"], [("Hello,", False), ("World", True)]),
        ("你好PDF 文件", ["你", "好", "PDF", "文", "件"], [(c, c == "文") for c in ("你", "好", "PDF", "文", "件")]),
        ("a a a", ["a", " ", "a", "", "a"], [("a", False), ("a", True), ("a", True)]),
        ("one two", ["else", "where"], [("else", False), ("where", True)]),
        ("  no words ", [], [("no words", False)]),
        ("a\u3000b", [" a", "b\n"], [("a", False), ("b", True)]),
        ("blank", ["  ", ""], []),
    ],
)
def test_words_record_a_space_before_them(text: str, words: list[str], found: list[tuple[str, bool]]) -> None:
    assert [(piece.word.text, piece.space_before) for piece in words_of(line(text, words))] == found


def test_a_line_without_words_has_its_own_score() -> None:
    assert words_of(line("text"))[0].word.score == 0.5
    assert words_of(line("text", ["text"]))[0].word.score == 0.25


def test_lines_without_text_are_left_out() -> None:
    page = TextPage("p", np.zeros((1, 1, 3), np.uint8), (line(""), line(" \t"), line("x"), line("y", [" "])))
    assert [found.text for found, _ in lines_with_text(page)] == ["x"]


@pytest.mark.parametrize(
    ("tag", "kept"), [("zh-Hans", "zh-Hans"), ("en", "en"), ("", None), ("a b", None), (None, None)]
)
def test_a_language_is_written_as_bcp_47_has_it(tag: str | None, kept: str | None) -> None:
    assert language_tag(line("x", tag=tag)) == kept


def test_the_main_language_is_that_of_most_lines() -> None:
    assert main_language(["en", "zh", None, "zh", None, None]) == "zh"
    assert main_language(["de", "en"]) == "de"
    assert main_language([None]) is None


def test_a_page_is_named_after_its_file() -> None:
    image = np.zeros((1, 1, 3), np.uint8)
    assert source_name(TextPage("name", image, (), "folder/file.png")) == "folder/file.png"
    assert source_name(TextPage("na\udcffme", image, ())) == "na\ufffdme"
