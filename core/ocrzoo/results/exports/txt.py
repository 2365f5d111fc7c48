"""Plain text."""

from __future__ import annotations

from collections.abc import Iterable

from ocrzoo.results.exports.content import lines_with_text, sanitize
from ocrzoo.results.page_text import TextPage


def to_txt(pages: Iterable[TextPage]) -> str:
    """Return one line per text line, and a form feed between pages."""
    return "\f".join("".join(f"{sanitize(line.text)}\n" for line, _ in lines_with_text(page)) for page in pages)
