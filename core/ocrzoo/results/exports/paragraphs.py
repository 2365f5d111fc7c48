"""Paragraphs of a page of text: found, joined to text, and their lines and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest

import numpy as np

from ocrzoo.processing.blocks import Paragraph
from ocrzoo.processing.columns import Boxes
from ocrzoo.processing.geometry import minimum_rectangle
from ocrzoo.processing.paragraphs import paragraphs
from ocrzoo.processing.reading_order import Lines, straightened
from ocrzoo.results.exports.content import ExportWord, lines_with_text, sanitize, words_of
from ocrzoo.results.exports.geometry import clipped_points
from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo.text.bidi import letters_from_right
from ocrzoo.text.joining import SOFT_HYPHEN, compounds_of, is_hyphenated, join_lines

Line = tuple[TextLine, list[ExportWord]]
"""A line and its words."""
CELL = "\t"
"""What separates the cells of a row."""


def with_paragraphs(page: TextPage, *, dehyphenate: bool = False) -> TextPage:
    """Return a page with the paragraphs of its lines that have text.

    With ``dehyphenate``, a hyphen that only divides a word at the end of a line becomes a soft one.
    """
    shown = [number for number, line in enumerate(page.lines) if line.text.strip()]
    lines = [page.lines[number] for number in shown]
    boxes = level_boxes(lines, page)
    if sum(letters_from_right(line.text) for line in lines) > 0:
        boxes = np.stack([-boxes[:, 2], boxes[:, 1], -boxes[:, 0], boxes[:, 3]], axis=1)
    found = tuple(part.renumbered(shown) for part in paragraphs(boxes, [line.text for line in lines]))
    return replace(page, paragraphs=found, lines=_softened(page.lines, found) if dehyphenate else page.lines)


def level_boxes(lines: Sequence[TextLine], page: TextPage) -> Boxes:
    """Return the boxes of lines, N x 4, turned so that most text is level."""
    corners = [clipped_points(line.polygon, page).astype(np.float32) for line in lines]
    quads = [quad if len(quad) == 4 else minimum_rectangle(quad)[0] for quad in corners]
    nothing = np.zeros(len(lines), int)
    runs_down = np.array([line.direction == "ttb" for line in lines], bool)
    lengths = np.array([len(line.text) for line in lines], int)
    return straightened(Lines(np.array(quads, np.float32).reshape(-1, 4, 2), runs_down, lengths, nothing))


def text_of(page: TextPage, part: Paragraph) -> str:
    """Return the text of a paragraph on one line; rows are lines of it, their cells separated by tabs."""
    rows = [[sanitize(page.lines[line].text).strip() for line in row] for row in part.rows]
    if part.kind == "rows":
        return "\n".join(CELL.join(row) for row in rows)
    return join_lines(text for row in rows for text in row)


def flowing_texts(page: TextPage) -> list[tuple[Paragraph, str]]:
    """Return the paragraphs of a page with their texts; one that goes on in the next column is one of them."""
    found: list[tuple[Paragraph, str]] = []
    goes_on = False
    for part in page.paragraphs:
        text = text_of(page, part)
        if goes_on:
            first, begun = found.pop()
            found.append((first, join_lines([begun, text])))
        else:
            found.append((part, text))
        goes_on = part.goes_on
    return found


def blocks_of(page: TextPage) -> list[tuple[Paragraph | None, list[Line]]]:
    """Return the lines of each paragraph, with their words; of a page without paragraphs, all its lines."""
    if page.paragraphs:
        return [
            (part, [(page.lines[line], words_of(page.lines[line])) for line in part.lines]) for part in page.paragraphs
        ]
    lines = list(lines_with_text(page))
    return [(None, lines)] if lines else []


def _softened(lines: Sequence[TextLine], found: Sequence[Paragraph]) -> tuple[TextLine, ...]:
    """The lines, with soft hyphens where words are only divided."""
    compounds = compounds_of(line.text for line in lines)
    made = list(lines)
    for part, after in zip_longest(found, found[1:]):
        if part.kind == "rows":
            continue
        more = after.lines[:1] if part.goes_on and after is not None else ()
        for line, follows in pairwise((*part.lines, *more)):
            if is_hyphenated(lines[line].text, lines[follows].text, compounds):
                made[line] = _with_soft_hyphen(lines[line])
    return tuple(made)


def _with_soft_hyphen(line: TextLine) -> TextLine:
    """The line with a soft hyphen in place of its last character, which belongs to its last word."""
    text = line.text.rstrip()[:-1] + SOFT_HYPHEN
    *words, last = line.words or (None,)
    if last is None:
        return replace(line, text=text)
    if len(last.text) == 1 and words:
        *words, before = words
        ends = last.polygon[1:3]
        polygon = np.stack([before.polygon[0], *ends, before.polygon[3]])
        last = replace(before, text=before.text + SOFT_HYPHEN, polygon=polygon, scores=before.scores + last.scores)
    else:
        last = replace(last, text=last.text[:-1] + SOFT_HYPHEN)
    return replace(line, text=text, words=(*words, last))
