"""One document of pages in any export format; the module of a format is imported when it is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

from ocrzoo.results.exports import SUFFIXES
from ocrzoo.results.output_files import write
from ocrzoo.results.page_text import TextPage, UnreadPage
from ocrzoo_registry.errors import UsageError


def document(pages: Iterable[TextPage], fmt: str, **options: bool) -> bytes:
    """Return the content of a file with all pages; the output is deterministic.

    Pages are consumed one at a time, so a lazy iterator keeps only one in memory. ``options`` are those of the format:
    ``replace_text`` of PDF (see :func:`~ocrzoo.results.exports.pdf.save_pdf`).

    Raises:
        UsageError: There is no such format, or there are no pages.
    """
    if fmt not in SUFFIXES:
        raise UsageError(f"format {fmt!r} is not one of {', '.join(SUFFIXES)}")
    render = getattr(import_module(f"ocrzoo.results.exports.{fmt}"), f"to_{fmt}")
    content: str | bytes = render(_not_empty(pages, fmt), **options)
    return content.encode("utf-8") if isinstance(content, str) else content


def save_document(pages: Iterable[TextPage | UnreadPage], fmt: str, path: Path, **options: bool) -> None:
    """Write a file with all pages; a PDF is put aside on disk page by page, and has unread pages as they are.

    Raises:
        UsageError: There is no such format, there are no pages, or the file cannot be written.
    """
    if fmt == "pdf":
        from ocrzoo.results.exports.pdf import save_pdf

        save_pdf(pages, path, **options)
    else:
        write(path, document((page for page in pages if isinstance(page, TextPage)), fmt, **options))


def _not_empty(pages: Iterable[TextPage], fmt: str) -> Iterator[TextPage]:
    """Yield the pages; raise an error if there are none."""
    seen = False
    for page in pages:
        seen = True
        yield page
    if not seen:
        raise UsageError(f"no pages to write as {fmt}")
