"""Plain text, and Tesseract's table of words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ocrzoo.results.exports import places
from ocrzoo.results.exports.places import Box
from ocrzoo.results.exports.texts import clean, share, written
from ocrzoo.results.page_text import TextPage

_COLUMNS = (
    *("level", "page_num", "block_num", "par_num", "line_num", "word_num"),
    *("left", "top", "width", "height", "conf", "text"),
)
"""Tesseract's (``tessbaseapi``, ``GetTSVText``); levels: 1 page, 2 block, 3 paragraph, 4 line, 5 word."""


def to_txt(pages: Iterable[TextPage]) -> str:
    """Return a line of text for each line that holds any, and a form feed between pages."""
    return "\f".join("".join(f"{clean(line.text)}\n" for line, _ in written(page)) for page in pages)


def to_tsv(pages: Iterable[TextPage]) -> str:
    r"""Return Tesseract's table: a header, then one row an element, tabs between columns, each row ended by ``\n``.

    Boxes are in pixels; ``conf`` is 0 to 100 for words and -1 for what holds them. A page with text is one block of
    one paragraph, since nobody asked for its layout. Readers must not give quotes a meaning, as with Tesseract's own.
    """
    rows = ["\t".join(_COLUMNS)]
    for number, page in enumerate(pages, 1):
        rows.extend(_rows(page, number))
    return "".join(f"{row}\n" for row in rows)


def _rows(page: TextPage, number: int) -> Iterator[str]:
    """The rows of one page."""
    width, height = places.size(page)
    yield _row((1, number, 0, 0, 0, 0), Box(0, 0, width, height))
    lines = [(places.box(places.points(line.polygon, page)), found) for line, found in written(page)]
    if lines:
        block = places.around(box for box, _ in lines)
        yield _row((2, number, 1, 0, 0, 0), block)
        yield _row((3, number, 1, 1, 0, 0), block)
    for line_number, (box, found) in enumerate(lines, 1):
        yield _row((4, number, 1, 1, line_number, 0), box)
        for word_number, piece in enumerate(found, 1):
            word = piece.word
            place = places.box(places.points(word.polygon, page))
            yield _row((5, number, 1, 1, line_number, word_number), place, f"{100 * share(word.score):.2f}", word.text)


def _row(counts: tuple[int, ...], box: Box, confidence: str = "-1", text: str = "") -> str:
    """One row."""
    return "\t".join([*map(str, counts), *map(str, (box.left, box.top, box.width, box.height)), confidence, text])
