"""The table of formats, and what holds for all of them."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt

from ocrzoo.results.exports import SUFFIXES
from ocrzoo.results.exports.formats import document
from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo.text.words import Word
from ocrzoo_registry.errors import UsageError

READERS = {
    "txt": lambda content: content.decode("utf-8"),
    "md": lambda content: MarkdownIt().parse(content.decode("utf-8")),
    "tsv": lambda content: content.decode("utf-8"),
    "hocr": etree.fromstring,
    "alto": etree.fromstring,
    "pdf": lambda content: pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range(),
}


def test_every_format_has_a_suffix_of_its_own() -> None:
    assert list(SUFFIXES) == list(READERS)
    suffixes = list(SUFFIXES.values())
    assert suffixes == [".txt", ".md", ".tsv", ".hocr", ".xml", ".pdf"]


def test_an_unknown_format_lists_the_known_ones(many: TextPage) -> None:
    with pytest.raises(UsageError, match=r"format 'docx' is not one of txt, md, tsv, hocr, alto, pdf"):
        document([many], "docx")


@pytest.mark.parametrize("fmt", SUFFIXES)
def test_no_pages_make_no_document(fmt: str) -> None:
    with pytest.raises(UsageError, match=f"no pages to write as {fmt}"):
        document(iter(()), fmt)


@pytest.mark.parametrize("fmt", SUFFIXES)
def test_the_same_pages_give_the_same_bytes(many: TextPage, hostile: TextPage, fmt: str) -> None:
    assert document([many, hostile], fmt) == document(iter([many, hostile]), fmt)


@pytest.mark.parametrize("fmt", ["tsv", "hocr", "alto"])
def test_nan_is_not_written(hostile: TextPage, fmt: str) -> None:
    assert not re.search(rb"\b(nan|inf|infinity)\b", document([hostile], fmt), re.IGNORECASE)


@pytest.mark.parametrize("fmt", SUFFIXES)
def test_pages_are_released_one_by_one(fmt: str) -> None:
    alive: list[weakref.ref[Any]] = []

    def pages() -> Iterator[TextPage]:
        for number in range(4):
            assert sum(reference() is not None for reference in alive) <= 1
            image = np.full((50, 50, 3), number, np.uint8)
            alive.append(weakref.ref(image))
            yield TextPage("p", image, ())
            del image

    assert document(pages(), fmt)


@pytest.mark.parametrize("fmt", SUFFIXES)
@settings(max_examples=25, deadline=None)
@given(
    text=st.text(st.characters(), min_size=1),
    corners=st.lists(st.tuples(st.floats(width=32), st.floats(width=32)), max_size=6),
    score=st.floats(),
    direction=st.sampled_from(["ltr", "rtl", "ttb"]),
)
def test_whatever_was_read_can_be_written_and_read_again(
    fmt: str, text: str, corners: list[tuple[float, float]], score: float, direction: Any
) -> None:
    polygon = np.array(corners, np.float32).reshape(-1, 2)
    words = tuple(Word(word, polygon, score) for word in text.split())
    lines = (TextLine(text, polygon, score, direction, words), TextLine(text, polygon, score, direction))
    page = TextPage(text, np.zeros((30, 40, 3), np.uint8), lines, text)
    READERS[fmt](document([page], fmt))
