"""Exports: the text of pages in the formats that other programs read, by a table of formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ocrzoo.results.page_text import TextPage
from ocrzoo_registry.errors import UsageError


@dataclass(frozen=True)
class Format:
    """A format that pages can be written in."""

    suffix: str
    """Of its files, with the dot."""
    render: Callable[[Iterable[TextPage]], bytes]
    """Turns pages into a file's content; takes one page at a time."""


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


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "txt": Format(".txt", _txt),
        "tsv": Format(".tsv", _tsv),
        "hocr": Format(".hocr", _hocr),
        "alto": Format(".xml", _alto),
        "pdf": Format(".pdf", _pdf),
    }
)
"""By the names that users write."""


def document(pages: Iterable[TextPage], fmt: str) -> bytes:
    """Return the content of a file of that format with all pages; the same pages give the same bytes.

    Pages are taken one at a time, so an iterator that reads them as it goes needs room for one.

    Raises:
        UsageError: There is no such format, or there are no pages.
    """
    if fmt not in FORMATS:
        raise UsageError(f"format {fmt!r}: not one of {', '.join(FORMATS)}")
    return FORMATS[fmt].render(_some(pages, fmt))


def _some(pages: Iterable[TextPage], fmt: str) -> Iterator[TextPage]:
    """The pages, and an error after them where there were none."""
    seen = False
    for page in pages:
        seen = True
        yield page
    if not seen:
        raise UsageError(f"no pages to write as {fmt}")
