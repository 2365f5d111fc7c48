"""Plain text."""

from __future__ import annotations

from collections.abc import Iterable

from ocrzoo.results.exports.content import lines_with_text, sanitize
from ocrzoo.results.exports.paragraphs import flowing_texts
from ocrzoo.results.page_text import TextPage


def to_txt(pages: Iterable[TextPage]) -> str:
    """Return one line per text line, and a form feed between pages.

    Where a page has paragraphs, each is one line, with an empty line between them; the cells of a row are separated by
    tabs.
    """
    return "\f".join(map(_page, pages))


def _page(page: TextPage) -> str:
    if page.paragraphs:
        return "\n\n".join(text for _, text in flowing_texts(page)) + "\n"
    return "".join(f"{sanitize(line.text)}\n" for line, _ in lines_with_text(page))
