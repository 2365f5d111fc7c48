"""Markdown as CommonMark's reader in markdown-it reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ocrzoo.processing.blocks import Paragraph
from ocrzoo.results.exports.content import sanitize
from ocrzoo.results.exports.md import escape, to_md

if TYPE_CHECKING:
    from tests.core.results.exports.conftest import Sheet

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PROSE = "lines that fill their column", "and are as wide as others"


def blocks(content: str) -> list[str]:
    """The blocks of a document: the HTML of paragraphs without tags around them, and the names of others."""
    found = []
    for token in READER.parse(content):
        if token.type == "inline":
            found.append(READER.renderInline(token.content))
        elif token.type not in {"paragraph_open", "paragraph_close"}:
            found.append(token.type)
    return found


def text_of(content: str) -> str:
    """The text of a document that is one paragraph of text, and of nothing else."""
    opened, inline, closed = READER.parse(content)
    assert (opened.type, inline.type, closed.type) == ("paragraph_open", "inline", "paragraph_close")
    assert {child.type for child in inline.children or []} <= {"text", "text_special"}
    return "".join(child.content for child in inline.children or [])


@pytest.mark.parametrize(
    "text",
    [
        "# 1 of 2",
        "- 5 degrees",
        "+ more",
        "* note",
        "12. December",
        "3) third",
        "> quoted",
        "---",
        "- - -",
        "===",
        "***bold*** _and_ __under__ snake_case",
        "`code` ``` fence",
        "~~~",
        "[link](page.html) ![image](x.png)",
        "[label]: address",
        "<b>tag</b> <!-- comment --> <https://example.org>",
        "&amp; &#60; R&D AT&T;",
        "a | b",
        ":-:",
        "ends with \\",
        "C:\\temp\\*",
        "~~gone~~",
    ],
)
def test_what_would_be_markup_is_text(text: str) -> None:
    assert text_of(escape(text)) == text
    assert blocks(f"above\n{escape(text)}\nbelow") == [READER.renderInline(f"above\n{escape(text)}\nbelow")]


def test_numbers_within_a_line_stay_as_they_are() -> None:
    assert escape("The pier of 1999. (It was 2) older.)") == "The pier of 1999. (It was 2) older.)"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(min_size=1), st.text("#-+*_=>~`[]()!<&;|\\:.1a \t", min_size=1)))
def test_any_text_is_read_as_it_is(text: str) -> None:
    read = " ".join(sanitize(text).split())
    if read:
        assert " ".join(text_of(escape(text)).split()) == read


@pytest.mark.parametrize("text", ["Notes on C #", "Sharps ##", "#", "# #", "F#", "Number # of"])
def test_a_heading_keeps_number_signs_at_its_end(sheet: Callable[..., Sheet], text: str) -> None:
    page = replace(sheet().put(text, (20, 20)).page(), paragraphs=(Paragraph(((0,),), "heading", 2),))
    assert READER.render(to_md([page])) == f"<h2>{text}</h2>\n"


def test_prose_is_one_paragraph(sheet: Callable[..., Sheet]) -> None:
    page = sheet().put(PROSE[0], (20, 20)).put(PROSE[1], (20, 70)).put("to its end.", (20, 120)).page()
    assert to_md([page]) == f"{PROSE[0]}\n{PROSE[1]}\nto its end.\n"


def test_white_space_begins_a_paragraph(sheet: Callable[..., Sheet]) -> None:
    page = sheet().put(PROSE[0], (20, 20)).put(PROSE[1], (20, 70)).put(PROSE[0], (20, 170)).page()
    assert blocks(to_md([page])) == [f"{PROSE[0]}\n{PROSE[1]}", PROSE[0]]


def test_a_second_column_begins_a_paragraph(sheet: Callable[..., Sheet]) -> None:
    page = sheet().put("left", (20, 20)).put("more left", (20, 70)).put("right", (500, 20)).put("more right", (500, 70))
    assert blocks(to_md([page.page()])) == ["left<br />\nmore left", "right<br />\nmore right"]


def test_short_lines_stay_lines_of_their_own(sheet: Callable[..., Sheet]) -> None:
    page = sheet().put("1 Main Street", (20, 20)).put("Springfield", (20, 70)).put("12345", (20, 120)).page()
    assert blocks(to_md([page])) == ["1 Main Street<br />\nSpringfield<br />\n12345"]


def test_the_fields_of_a_row_stay_together(sheet: Callable[..., Sheet]) -> None:
    page = sheet().put("Milk", (20, 20)).put("1.20", (500, 20)).put("Bread", (20, 70)).put("2.50", (500, 70)).page()
    assert blocks(to_md([page])) == ["Milk\n1.20<br />\nBread\n2.50"]


def test_a_rule_separates_pages(sheet: Callable[..., Sheet]) -> None:
    pages = [sheet().put("one", (0, 0)).page(), sheet().page(), sheet().put("two", (0, 0)).page()]
    assert blocks(to_md(pages)) == ["one", "hr", "hr", "two"]
    assert to_md(pages[1:2]) == ""


def test_a_page_on_its_side_has_the_same_paragraphs(sheet: Callable[..., Sheet]) -> None:
    page = sheet().put(PROSE[0], (20, 700), angle=90).put(PROSE[1], (70, 700), angle=90)
    page.put("to its end.", (120, 700), angle=90)
    assert blocks(to_md([page.page()])) == [f"{PROSE[0]}\n{PROSE[1]}\nto its end."]


def test_markup_of_several_lines_is_text(sheet: Callable[..., Sheet]) -> None:
    drawn = sheet()
    for number, text in enumerate(("- [x] <b>", "# `a`", "***", "| a |", "|---|")):
        drawn.put(text, (20, 20 + 45 * number))
    (paragraph,) = blocks(to_md([drawn.page()]))
    assert paragraph.replace("<br />", "") == "- [x] &lt;b&gt;\n# `a`\n***\n| a |\n|---|"
