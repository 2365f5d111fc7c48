"""Documents with all pages that a command reads, in several formats from one reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrzoo.cli.output import print_message
from ocrzoo.results.exports import SUFFIXES
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import resolved

if TYPE_CHECKING:
    from ocrzoo.results.page_text import TextPage, UnreadPage


def documents_of(outputs: Sequence[Path], inputs: Sequence[str]) -> dict[str, Path]:
    """Return the files to write by their formats.

    Raises:
        UsageError: One has an unknown suffix, is a folder or an input, or two have the same format.
    """
    documents: dict[str, Path] = {}
    for output in outputs:
        kind = _kind(output, inputs)
        if kind in documents:
            raise UsageError(f"--output {documents[kind]} and {output}: name one file of each format")
        documents[kind] = output
    return documents


def _kind(output: Path, inputs: Sequence[str]) -> str:
    """Return the format of an output file; refuse one that is a folder or an input."""
    kinds = {suffix: name for name, suffix in SUFFIXES.items()}
    if output.suffix.lower() not in kinds:
        raise UsageError(f"--output {output}: unknown suffix, use one of {', '.join(sorted(kinds))}")
    if output.is_dir():
        raise UsageError(f"--output {output} is a folder: name a file")
    if any(_is_read(output, Path(name)) for name in inputs):
        raise UsageError(f"--output {output} is one of the inputs: choose another name")
    return kinds[output.suffix.lower()]


def _is_read(output: Path, given: Path) -> bool:
    """Whether an existing file is an input, or in an input folder."""
    from ocrzoo.inputs.file_types import SUFFIXES

    try:
        if given.is_dir():
            below = resolved(given) in resolved(output).parents
            return below and output.suffix.lower() in SUFFIXES and output.exists()
        return output.samefile(given)
    except (OSError, ValueError):
        return False


def write_documents(
    documents: Mapping[str, Path], results: Iterator[Any], unread: list[UnreadPage], *, replace_text: bool
) -> None:
    """Write the documents, by their formats, with all pages of ``results``.

    One of them, the PDF if there is one, is written page by page; for the others, text is kept until the end.
    ``unread`` has the pages that failed since the last result, and is emptied.

    Raises:
        UsageError: One cannot be written.
    """
    from ocrzoo.results.exports.formats import save_document

    first = next(results, None)
    if first is None:
        for output in documents.values():
            print_message("error", f"{output} was not written: no page could be read")
        return
    streamed = "pdf" if "pdf" in documents else next(iter(documents))
    kept: dict[str, list[TextPage]] = {kind: [] for kind in documents if kind != streamed}

    def pages() -> Iterator[TextPage | UnreadPage]:
        for result in chain([first], results):
            yield from _taken(unread)
            for kind, texts in kept.items():
                texts.append(_without_pixels(result.page_for(kind)))
            yield result.page_for(streamed)
        yield from _taken(unread)

    options = {"replace_text": replace_text} if streamed == "pdf" else {}
    save_document(pages(), streamed, documents[streamed], **options)
    for kind, texts in kept.items():
        save_document(texts, kind, documents[kind])


def _without_pixels(page: TextPage) -> TextPage:
    """The page with a picture of its size that takes no memory."""
    import numpy as np

    return replace(page, image=np.broadcast_to(np.uint8(0), page.image.shape))


def _taken(unread: list[UnreadPage]) -> list[UnreadPage]:
    taken = unread[:]
    unread.clear()
    return taken
