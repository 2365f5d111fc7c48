"""Exports: the text of pages in the formats that other programs read, by a table of formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from ocrzoo.results.page_text import TextPage
from ocrzoo_registry.errors import UsageError


def _txt(pages: Iterable[TextPage]) -> bytes:
    from ocrzoo.results.exports.plain import to_txt

    return to_txt(pages).encode("utf-8")


def _tsv(pages: Iterable[TextPage]) -> bytes:
    from ocrzoo.results.exports.plain import to_tsv

    return to_tsv(pages).encode("utf-8")


def _hocr(pages: Iterable[TextPage]) -> bytes:
    from ocrzoo.results.exports.hocr import to_hocr

    return to_hocr(pages)


def _alto(pages: Iterable[TextPage]) -> bytes:
    from ocrzoo.results.exports.alto import to_alto

    return to_alto(pages)


def _pdf(pages: Iterable[TextPage]) -> bytes:
    from ocrzoo.results.exports.pdf import to_pdf

    return to_pdf(pages)


RENDERERS: Mapping[str, Callable[[Iterable[TextPage]], bytes]] = MappingProxyType(
    {"txt": _txt, "tsv": _tsv, "hocr": _hocr, "alto": _alto, "pdf": _pdf}
)
"""What turns pages, taken one at a time, into a file's content, by format."""


def document(pages: Iterable[TextPage], fmt: str) -> bytes:
    """Return the content of a file of that format with all pages; the same pages give the same bytes.

    Pages are taken one at a time, so an iterator that reads them as it goes needs room for one.

    Raises:
        UsageError: There is no such format, or there are no pages.
    """
    if fmt not in RENDERERS:
        raise UsageError(f"format {fmt!r}: not one of {', '.join(RENDERERS)}")
    return RENDERERS[fmt](_some(pages, fmt))


def _some(pages: Iterable[TextPage], fmt: str) -> Iterator[TextPage]:
    """The pages, and an error after them where there were none."""
    seen = False
    for page in pages:
        seen = True
        yield page
    if not seen:
        raise UsageError(f"no pages to write as {fmt}")
