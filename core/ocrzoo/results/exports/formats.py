"""One document of pages in any export format; the module of a format is imported when it is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module

from ocrzoo.results.exports import SUFFIXES
from ocrzoo.results.page_text import TextPage
from ocrzoo_registry.errors import UsageError


def document(pages: Iterable[TextPage], fmt: str) -> bytes:
    """Return the content of a file with all pages; the output is deterministic.

    Pages are consumed one at a time, so a lazy iterator keeps only one in memory.

    Raises:
        UsageError: There is no such format, or there are no pages.
    """
    if fmt not in SUFFIXES:
        raise UsageError(f"format {fmt!r} is not one of {', '.join(SUFFIXES)}")
    render = getattr(import_module(f"ocrzoo.results.exports.{fmt}"), f"to_{fmt}")
    content: str | bytes = render(_not_empty(pages, fmt))
    return content.encode("utf-8") if isinstance(content, str) else content


def _not_empty(pages: Iterable[TextPage], fmt: str) -> Iterator[TextPage]:
    """Yield the pages; raise an error if there are none."""
    seen = False
    for page in pages:
        seen = True
        yield page
    if not seen:
        raise UsageError(f"no pages to write as {fmt}")
