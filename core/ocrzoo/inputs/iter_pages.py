"""From what a user points at to pages: names are looked up, addresses fetched and folders walked, one by one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ocrzoo.inputs import limits
from ocrzoo.inputs.arrays import from_array
from ocrzoo.inputs.file_types import HEAD_BYTES, kind_of
from ocrzoo.inputs.images import decode, read_image
from ocrzoo.inputs.multipage import Document, document_pages
from ocrzoo.inputs.page import Page, failing, is_url
from ocrzoo.inputs.pdfs import PdfFile
from ocrzoo.inputs.tiffs import TiffFile
from ocrzoo_registry.errors import InputError, SourceError, UsageError
from ocrzoo_registry.files import open_regular
from ocrzoo_registry.network.deadline import Deadline
from ocrzoo_registry.network.http import Web
from ocrzoo_registry.settings import Settings

Input: TypeAlias = "str | os.PathLike[str] | bytes | NDArray[Any] | Iterable[Input]"
"""A path, URL, folder, ``-`` for standard input, a file's content, an array (gray, BGR or BGRA), or several of them."""

_RASTER = (
    ".bmp",
    ".dib",
    ".jpeg",
    ".jpg",
    ".png",
    ".webp",
    ".pbm",
    ".pgm",
    ".ppm",
    ".pnm",
    ".sr",
    ".ras",
    ".tiff",
    ".tif",
)
SUFFIXES = frozenset([*_RASTER, ".pdf"])
"""Files of a folder that are read (PaddleX's list). Anything else is read by its content, whatever its name."""

_DOCUMENTS: dict[str, type[Document]] = {"pdf": PdfFile, "tiff": TiffFile}


def pages(source: Input) -> Iterator[Page]:
    """Yield the pages of an input, folders in the order of their file names; none is decoded before it is read.

    Each input is looked at when its turn comes: an address, or standard input, is fetched when its first page is asked
    for, and kept until its last one is gone. Close the iterator, or let go of it, to be done early.

    Raises:
        UsageError: The input is nothing of the kind, or a variable of the environment (see
            :class:`~ocrzoo.inputs.pdfs.PdfFile`) makes no sense. Within a list, what is no input is one failing page.
    """
    if problem := _problem(source):
        raise UsageError(problem)
    if isinstance(source, np.ndarray):
        yield Page(None, partial(from_array, source))
    elif isinstance(source, bytes):
        yield from _pages_of_content(source, "the bytes given", None)
    elif isinstance(source, str | os.PathLike):
        yield from _pages_of(os.fsdecode(source))
    else:
        for item in source:
            if problem := _problem(item):
                yield failing(None, problem)
            else:
                yield from pages(item)


def count_pages(source: Input) -> int | None:
    """Count the pages of an input; ``None`` where only fetching could tell, as with addresses and standard input.

    Nothing is fetched, decoded or used up; PDF and TIFF files are opened. What cannot be read counts as a page.
    """
    return sum(1 for _ in pages(source)) if _can_be_looked_at_twice(source) else None


def _problem(source: object) -> str | None:
    """Say why something is no input."""
    if hasattr(source, "read") and not isinstance(source, np.ndarray):
        return f"{type(source).__name__} is no input: give the content of the file, file.read(), or its path"
    if isinstance(source, Iterable | os.PathLike) and not isinstance(source, Mapping | bytearray | memoryview):
        return None
    return f"{type(source).__name__} is no input: give a path, a URL, a uint8 array (H x W x 3, BGR) or a list of them"


def _can_be_looked_at_twice(source: object) -> bool:
    if isinstance(source, str | os.PathLike):
        name = os.fsdecode(source)
        return name != "-" and not is_url(name)
    if isinstance(source, np.ndarray | bytes):
        return True
    return isinstance(source, Collection) and all(map(_can_be_looked_at_twice, source))


def _pages_of(name: str) -> Iterator[Page]:
    scheme, separator, _ = name.partition("://")
    if name == "-":
        yield from _pages_once_fetched(name, "standard input", _read_standard_input)
    elif is_url(name):
        yield from _pages_once_fetched(name, name, partial(_download, name))
    elif separator and scheme.isalnum():
        yield failing(name, f"{name}: only http and https addresses are fetched")
    elif not name:
        yield failing(name, "an empty name is no input")
    elif os.path.isdir(name):  # noqa: PTH112  # unlike Path.is_dir, it raises for no name
        yield from _pages_below(name)
    else:
        yield from _pages_of_file(name)


def _pages_below(folder: str) -> Iterator[Page]:
    """Yield the pages of a folder and its sub-folders, sorted by path; what may not be looked into is left out."""
    found = (Path(root) / name for root, _folders, names in os.walk(folder) for name in names)
    paths = sorted(path for path in found if path.suffix.lower() in SUFFIXES and os.path.isfile(path))  # noqa: PTH113
    if not paths:
        yield failing(folder, f"{folder}: no images in this folder, or none that may be read")
    for path in paths:
        yield from _pages_of_file(str(path))


def _pages_of_file(name: str) -> Iterator[Page]:
    path = Path(name)
    document = _DOCUMENTS.get(kind_of(_head(path)))
    if document is None:
        yield Page(name, partial(read_image, path))
    else:
        yield from document_pages(document(path, name), name)


def _head(path: Path) -> bytes:
    """The first bytes of a file, none where it cannot be read: its page will say why."""
    try:
        with open_regular(path) as file:
            return file.read(HEAD_BYTES)
    except (OSError, ValueError):
        return b""


def _pages_once_fetched(input_path: str, name: str, fetch: Callable[[], bytes]) -> Iterator[Page]:
    try:
        content = fetch()
    except InputError as error:
        yield failing(input_path, error)
    else:
        yield from _pages_of_content(content, name, input_path)


def _pages_of_content(content: bytes, name: str, input_path: str | None) -> Iterator[Page]:
    document = _DOCUMENTS.get(kind_of(content[:HEAD_BYTES]))
    if document is None:
        yield Page(input_path, partial(decode, content, name))
    else:
        yield from document_pages(document(content, name), input_path)


def _read_standard_input() -> bytes:
    if sys.stdin is None:
        raise InputError("standard input: closed")
    content = sys.stdin.buffer.read(limits.MAX_BYTES + 1)
    if len(content) > limits.MAX_BYTES:
        raise InputError(f"standard input: larger than {limits.MAX_BYTES >> 20} MiB")
    return content


def _download(url: str) -> bytes:

    return fetch(url)


TOTAL_S = 60.0
"""Seconds for everything together."""
MAX_BYTES = 100 << 20


def fetch(url: str) -> bytes:
    """Download an image.

    Raises:
        InputError: Nothing answers in time, the answer is an error or too large, or the network is off limits.
    """
    if Settings.from_environment().offline:
        raise InputError(f"{url}: not fetched, the network is off limits (OCRZOO_OFFLINE)")
    try:
        return Deadline(TOTAL_S).run(lambda: _fetch(url))
    except TimeoutError as error:
        raise InputError(f"{url}: not all there after {TOTAL_S:.0f} s") from error
    except SourceError as error:
        raise InputError(f"{url}: {error}") from error


def _fetch(url: str) -> bytes:
    web = Web()
    with web.get(url) as answer:
        return web.body(answer, max_bytes=MAX_BYTES, total_s=TOTAL_S)
