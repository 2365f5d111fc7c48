"""Tesseract's TSV: a table of words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ocrzoo.results.exports import geometry
from ocrzoo.results.exports.content import clamp_score, lines_with_text
from ocrzoo.results.exports.geometry import Box
from ocrzoo.results.page_text import Polygon, TextPage

_COLUMNS = (
    *("level", "page_num", "block_num", "par_num", "line_num", "word_num"),
    *("left", "top", "width", "height", "conf", "text"),
)
"""Tesseract's (``tessbaseapi``, ``GetTSVText``); levels: 1 page, 2 block, 3 paragraph, 4 line, 5 word."""


def to_tsv(pages: Iterable[TextPage]) -> str:
    r"""Return Tesseract's table: a header, then one row per element, columns separated by tabs, rows ended by ``\n``.

    Boxes are in pixels; ``conf`` is 0 to 100 for words and -1 for their containers. A page with text is one block of
    one paragraph, since no layout analysis is done. As with Tesseract's own files, quotes have no special meaning.
    """
    rows = ["\t".join(_COLUMNS)]
    for number, page in enumerate(pages, 1):
        rows.extend(_rows(page, number))
    return "".join(f"{row}\n" for row in rows)


def _rows(page: TextPage, number: int) -> Iterator[str]:
    """The rows of one page."""
    width, height = geometry.page_size(page)
    yield _row((1, number, 0, 0, 0, 0), Box(0, 0, width, height))
    lines = [(_box(line.polygon, page), words) for line, words in lines_with_text(page)]
    if lines:
        block = geometry.union(box for box, _ in lines)
        yield _row((2, number, 1, 0, 0, 0), block)
        yield _row((3, number, 1, 1, 0, 0), block)
    for line_number, (box, words) in enumerate(lines, 1):
        yield _row((4, number, 1, 1, line_number, 0), box)
        for word_number, one in enumerate(words, 1):
            confidence = f"{100 * clamp_score(one.word.score):.2f}"
            word_box = _box(one.word.polygon, page)
            yield _row((5, number, 1, 1, line_number, word_number), word_box, confidence, one.word.text)


def _box(polygon: Polygon, page: TextPage) -> Box:
    return geometry.bounding_box(geometry.clipped_points(polygon, page))


def _row(counts: tuple[int, ...], box: Box, confidence: str = "-1", text: str = "") -> str:
    """One row."""
    return "\t".join([*map(str, counts), *map(str, (box.left, box.top, box.width, box.height)), confidence, text])
