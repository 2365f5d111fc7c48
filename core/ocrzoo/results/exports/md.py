"""Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ocrzoo.processing.blocks import Paragraph, blocks, goes_on
from ocrzoo.processing.columns import Boxes, line_height
from ocrzoo.results.exports.content import lines_with_text, sanitize
from ocrzoo.results.exports.paragraphs import CELL, flowing_texts, level_boxes
from ocrzoo.results.page_text import TextPage

PAGE_BREAK = "\n---\n\n"
"""A thematic break."""
_CONTINUED, _LINE_END, _PARAGRAPH_END = "\n", "\\\n", "\n\n"
"""What ends a line of a paragraph: a soft break, a hard break, an empty line."""
_INLINE = re.compile(r"[\\`*\[\]<|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w{1,32};)")
"""What has a meaning within a line, in CommonMark or in GitHub's tables and strikethrough."""
_AT_START = re.compile(r"(?:#{1,6}|[-+])(?=\s|$)|>|(?=[-=:])[-=:\s]+$")
"""What begins a heading, a list, a quotation, a rule, or the second line of a table."""
_NUMBER = re.compile(r"^(\d{1,9})(?=[.)](?:\s|$))")
"""What begins a numbered list."""
_CLOSING = re.compile(r"(?<!\S)(?=#+$)")
"""Where the end of a heading begins that CommonMark leaves out."""


def to_md(pages: Iterable[TextPage]) -> str:
    """Return CommonMark with a line per text line, and a thematic break between pages.

    Nothing in the text is markup. Paragraphs and columns are separated by an empty line; a line ends with a hard break
    unless the next one is in its row, or goes on with its paragraph. Where a page has paragraphs, each of them is one
    line, and headings are marked.
    """
    return PAGE_BREAK.join(_page(page) for page in pages)


def escape(text: str) -> str:
    """Return a line of text as CommonMark, in which nothing of it is markup."""
    text = sanitize(text).strip()
    escaped = _INLINE.sub(r"\\\g<0>", text)
    return f"\\{escaped}" if _AT_START.match(text) else _NUMBER.sub(r"\1\\", escaped)


def _page(page: TextPage) -> str:
    if page.paragraphs:
        return _PARAGRAPH_END.join(map(_paragraph, *zip(*flowing_texts(page), strict=True))) + "\n"
    lines = [line for line, _ in lines_with_text(page)]
    if not lines:
        return ""
    ends = [*_ends(level_boxes(lines, page)), "\n"]
    return "".join(f"{escape(line.text)}{end}" for line, end in zip(lines, ends, strict=True))


def _paragraph(part: Paragraph, text: str) -> str:
    """A paragraph on one line, after the mark of its level if it is a heading; rows end with hard breaks."""
    if part.kind != "rows":
        escaped = _CLOSING.sub(r"\\", escape(text)) if part.level else escape(text)
        return f"{'#' * part.level} {escaped}".lstrip()
    rows = (_CONTINUED.join(escape(cell) for cell in row.split(CELL)) for row in text.split("\n"))
    return _LINE_END.join(rows)


def _ends(boxes: Boxes) -> list[str]:
    """What each line ends with but the last."""
    unit = line_height(boxes)
    ends: list[str] = []
    for block in blocks(boxes):
        for number, row in enumerate(block.rows):
            ends += [_CONTINUED] * (len(row) - 1)
            if number + 1 < len(block.rows):
                ends.append(_CONTINUED if goes_on(block, number, unit) else _LINE_END)
        ends.append(_PARAGRAPH_END)
    return ends[:-1]
