"""Tesseract's TSV: a table of words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ocrzoo.results.exports import geometry
from ocrzoo.results.exports.content import clamp_score
from ocrzoo.results.exports.geometry import Box
from ocrzoo.results.exports.paragraphs import blocks_of
from ocrzoo.results.page_text import Polygon, TextPage
from ocrzoo.text.words import Word

_COLUMNS = (
    *("level", "page_num", "block_num", "par_num", "line_num", "word_num"),
    *("left", "top", "width", "height", "conf", "text"),
)
"""Tesseract's (``tessbaseapi``, ``GetTSVText``); levels: 1 page, 2 block, 3 paragraph, 4 line, 5 word."""
_DETAILS = {"char_confs": len(_COLUMNS), "alternatives": len(_COLUMNS) + 1}
"""Columns of ours, and their places in a row."""
_Row = tuple[str, ...]


def to_tsv(pages: Iterable[TextPage]) -> str:
    r"""Return Tesseract's table: a header, then one row per element, columns separated by tabs, rows ended by ``\n``.

    Boxes are in pixels; ``conf`` is 0 to 100 for words and -1 for their containers. A page with text is one block of
    one paragraph, or else each of its paragraphs is. As with Tesseract's own files, quotes have no special meaning. If
    results have them, the columns ``char_confs`` (0 to 100, separated by spaces) and ``alternatives`` (JSON) follow.
    """
    rows = [row for number, page in enumerate(pages, 1) for row in _rows(page, number)]
    details = [name for name, place in _DETAILS.items() if any(row[place] for row in rows)]
    header = [*_COLUMNS, *details]
    places = [*range(len(_COLUMNS)), *(_DETAILS[name] for name in details)]
    return "".join("\t".join(row) + "\n" for row in [header, *([row[place] for place in places] for row in rows)])


def _rows(page: TextPage, number: int) -> Iterator[_Row]:
    """The rows of one page."""
    width, height = geometry.page_size(page)
    yield _row((1, number, 0, 0, 0, 0), Box(0, 0, width, height))
    for block, (_, found) in enumerate(blocks_of(page), 1):
        lines = [(_box(line.polygon, page), words) for line, words in found]
        around = geometry.union(box for box, _ in lines)
        yield _row((2, number, block, 0, 0, 0), around)
        yield _row((3, number, block, 1, 0, 0), around)
        for line_number, (box, words) in enumerate(lines, 1):
            yield _row((4, number, block, 1, line_number, 0), box)
            for word_number, one in enumerate(words, 1):
                confidence = f"{100 * clamp_score(one.word.score):.2f}"
                word_box = _box(one.word.polygon, page)
                details = (_confidences(one.word), _alternatives(one.word))
                place = (5, number, block, 1, line_number, word_number)
                yield _row(place, word_box, confidence, one.word.text, *details)


def _box(polygon: Polygon, page: TextPage) -> Box:
    return geometry.bounding_box(geometry.clipped_points(polygon, page))


def _confidences(word: Word) -> str:
    return " ".join(f"{100 * clamp_score(score):.2f}" for score in word.scores)


def _alternatives(word: Word) -> str:
    found = [[text, round(clamp_score(probability), 4)] for text, probability in word.alternatives]
    return json.dumps(found, ensure_ascii=False) if found else ""


def _row(counts: tuple[int, ...], box: Box, confidence: str = "-1", *texts: str) -> _Row:
    cells = [*map(str, counts), *map(str, (box.left, box.top, box.width, box.height)), confidence, *texts]
    return (*cells, *[""] * (len(_COLUMNS) + len(_DETAILS) - len(cells)))
