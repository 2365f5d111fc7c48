"""Paragraphs of text in every direction, and the hyphens of words that are divided."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ocrzoo.results.exports.formats import document
from ocrzoo.results.exports.paragraphs import flowing_texts, text_of, with_paragraphs
from ocrzoo.results.exports.txt import to_txt
from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo.text.joining import SOFT_HYPHEN

if TYPE_CHECKING:
    from tests.core.results.exports.conftest import Sheet

PITCH, SIZE = 30, 20
Box = tuple[float, float, float, float]


def page_of(lines: Sequence[tuple[str, Box, str]]) -> TextPage:
    """Return a page of lines: text, left, top, right and bottom, and direction."""
    made = []
    for text, (left, top, right, bottom), direction in lines:
        quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
        made.append(TextLine(text, quad, 0.9, direction))  # type: ignore[arg-type]
    return TextPage("page", np.zeros((900, 900, 3), np.uint8), tuple(made))


def texts(page: TextPage, *, dehyphenate: bool = False) -> list[str]:
    found = with_paragraphs(page, dehyphenate=dehyphenate)
    return [text_of(found, part) for part in found.paragraphs]


def test_text_from_the_right_ends_at_the_left() -> None:
    words = ["שלום עולם וכל אשר בו היום", "ועוד מילים רבות בשורה הזו", "סוף הפסקה", "פסקה חדשה שמתחילה כאן עכשיו"]
    lefts = [100, 100, 500, 100]
    lines = [
        (text, (left, 100 + PITCH * row, 800, 100 + PITCH * row + SIZE), "rtl")
        for row, (text, left) in enumerate(zip(words, lefts, strict=True))
    ]
    assert texts(page_of(lines)) == [" ".join(words[:3]), words[3]]


def test_words_of_lines_from_the_right_stay_apart_in_the_tags_of_a_pdf(tmp_path: Path) -> None:
    words = ["שלום עולם וכל אשר בו היום", "ועוד מילים רבות בשורה הזו"]
    rows = [(text, (100, 100 + PITCH * row, 800, 100 + PITCH * row + SIZE), "rtl") for row, text in enumerate(words)]
    path = tmp_path / "page.pdf"
    path.write_bytes(document([with_paragraphs(page_of(rows))], "pdf"))
    told = subprocess.run(
        ["pdfinfo", "-struct-text", str(path)], check=True, capture_output=True, text=True, timeout=60
    )
    read = told.stdout.split('"')[1].split()
    assert read == [word[::-1] for line in words for word in reversed(line.split())]


def test_vertical_text_runs_from_column_to_column() -> None:
    columns = ["天地玄黄宇宙洪荒日月盈昃", "辰宿列张寒来暑往秋收冬藏", "闰余成岁", "律吕调阳云腾致雨露结为霜"]
    ends = [700, 700, 300, 700]
    lines = [
        (text, (800 - PITCH * at, 100, 800 - PITCH * at + SIZE, end), "ttb")
        for at, (text, end) in enumerate(zip(columns, ends, strict=True))
    ]
    assert texts(page_of(lines)) == ["".join(columns[:3]), columns[3]]


def prose(*rows: str, left: float = 100, top: float = 100) -> list[tuple[str, Box, str]]:
    return [
        (text, (left, top + PITCH * row, left + 300, top + PITCH * row + SIZE), "ltr") for row, text in enumerate(rows)
    ]


def test_a_paragraph_that_goes_on_in_the_next_column_is_one_in_text() -> None:
    first = prose("The ferry leaves the harbor", "in the morning and the even-")
    page = page_of(first + prose("ing, and comes back at night", "with all it has carried.", left=500))
    assert len(texts(page)) == 2
    found = with_paragraphs(page, dehyphenate=True)
    assert [text for _, text in flowing_texts(found)] == [
        "The ferry leaves the harbor in the morning and the evening, and comes back at night with all it has carried."
    ]
    assert to_txt([found]).count("\n") == 1


def test_only_hyphens_that_divide_a_word_become_soft(sheet: Callable[..., Sheet]) -> None:
    page = sheet().put("the self-made man took a jour-", (0, 0)).put("ney with a friend who was self-", (0, 45))
    page = page.put("made too and came from Franco-", (0, 90)).put("Saxon villages", (0, 135))
    found = with_paragraphs(page.page(), dehyphenate=True)
    assert [line.text[-1] for line in found.lines] == [SOFT_HYPHEN, "-", "-", "s"]
    assert texts(page.page(), dehyphenate=True) == [
        "the self-made man took a journey with a friend who was self-made too and came from Franco-Saxon villages"
    ]


def test_a_soft_hyphen_is_the_last_character_of_the_last_word(sheet: Callable[..., Sheet]) -> None:
    page = sheet().put("the man took a jour-", (0, 0)).put("ney with a friend who", (0, 45)).page()
    line = with_paragraphs(page, dehyphenate=True).lines[0]
    assert [word.text for word in line.words] == ["the", "man", "took", "a", f"jour{SOFT_HYPHEN}"]
    assert line.words[-1].polygon == pytest.approx(page.lines[0].words[-1].polygon)


def test_a_page_without_text_has_no_paragraphs(sheet: Callable[..., Sheet]) -> None:
    assert with_paragraphs(sheet().page()).paragraphs == ()
    assert with_paragraphs(sheet().put(" ", (0, 0)).page()).paragraphs == ()


@pytest.mark.parametrize("kind", ["txt", "md", "tsv", "hocr", "alto", "pdf"])
def test_text_and_places_that_mean_harm_have_paragraphs_too(hostile: TextPage, kind: str) -> None:
    found = with_paragraphs(hostile, dehyphenate=True)
    shown = [number for number, line in enumerate(hostile.lines) if line.text.strip()]
    assert sorted(line for part in found.paragraphs for line in part.lines) == shown
    assert document([found], kind)
