"""The table of renderers, by format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from ocrzoo.results.page_text import TextPage
from ocrzoo_registry.errors import UsageError


def _txt(pages: Iterable[TextPage]) -> bytes:
    from ocrzoo.results.exports.txt import to_txt

    return to_txt(pages).encode("utf-8")


def _tsv(pages: Iterable[TextPage]) -> bytes:
    from ocrzoo.results.exports.tsv import to_tsv

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
"""Functions that render pages, consumed one at a time, as a file's content, by format."""


def document(pages: Iterable[TextPage], fmt: str) -> bytes:
    """Return the content of a file with all pages; the output is deterministic.

    Pages are consumed one at a time, so a lazy iterator keeps only one in memory.

    Raises:
        UsageError: There is no such format, or there are no pages.
    """
    if fmt not in RENDERERS:
        raise UsageError(f"format {fmt!r} is not one of {', '.join(RENDERERS)}")
    return RENDERERS[fmt](_not_empty(pages, fmt))


def _not_empty(pages: Iterable[TextPage], fmt: str) -> Iterator[TextPage]:
    """Yield the pages; raise an error if there are none."""
    seen = False
    for page in pages:
        seen = True
        yield page
    if not seen:
        raise UsageError(f"no pages to write as {fmt}")
