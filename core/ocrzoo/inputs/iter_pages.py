"""Iteration over the pages of inputs: paths, folders, URLs, standard input, bytes and arrays."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ocrzoo.inputs import limits
from ocrzoo.inputs.arrays import from_array
from ocrzoo.inputs.file_types import HEAD_BYTES, file_type
from ocrzoo.inputs.images import decode, read_image
from ocrzoo.inputs.multipage import Document, document_pages
from ocrzoo.inputs.page import Page, failing, is_url
from ocrzoo.inputs.pdfs import PdfFile
from ocrzoo.inputs.tiffs import TiffFile
from ocrzoo_registry.errors import InputError, SourceError, Unreachable, UsageError
from ocrzoo_registry.files import open_regular
from ocrzoo_registry.network.deadline import Deadline
from ocrzoo_registry.network.http import Web
from ocrzoo_registry.settings import Settings

Input: TypeAlias = "str | os.PathLike[str] | bytes | NDArray[Any] | Iterable[Input]"
"""A path, URL, folder, ``-`` for standard input, a file's content, an array (gray, BGR or BGRA), or several of them."""

SUFFIXES = frozenset(
    [
        *(".bmp", ".dib", ".jpeg", ".jpg", ".png", ".webp", ".pbm", ".pgm", ".ppm", ".pnm"),
        *(".sr", ".ras", ".tiff", ".tif", ".pdf"),
    ]
)
"""Suffixes of the files of a folder that are read (PaddleX's list); a file given by name may have any."""

ANSWER_TIMEOUT_S = 10.0
"""Seconds until a server answers, the name server included."""
DOWNLOAD_TIMEOUT_S = 60.0
"""Seconds for a whole download."""
DOWNLOAD_MAX_BYTES = 100 << 20

_DOCUMENTS: dict[str, type[Document]] = {"pdf": PdfFile, "tiff": TiffFile}


def pages(source: Input) -> Iterator[Page]:
    """Yield the pages of an input, folders sorted by file name; a page is decoded when it is read.

    Inputs are opened one at a time: a URL or standard input is read before its first page, and kept until its last page
    is dropped. Close or drop the iterator to stop early.

    Raises:
        UsageError: The input has an unsupported type, or an environment variable (see
            :class:`~ocrzoo.inputs.pdfs.PdfFile`) is invalid. In a list, an unsupported item is one failing page.
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
    """Count the pages of an input; ``None`` for URLs, standard input and iterators, which can be read only once.

    Nothing is downloaded, decoded or consumed; PDF and TIFF files are opened. An unreadable input counts as a page.
    """
    return sum(1 for _ in pages(source)) if _is_repeatable(source) else None


def _problem(source: object) -> str | None:
    """Why an object is not an input; ``None`` if it is one."""
    if hasattr(source, "read") and not isinstance(source, np.ndarray):
        return f"{type(source).__name__} is not an input: use the content of the file, file.read(), or its path"
    if isinstance(source, Iterable | os.PathLike) and not isinstance(source, Mapping | bytearray | memoryview):
        return None
    return f"{type(source).__name__} is not an input: use a path, URL, uint8 array (H x W x 3, BGR) or a list of them"


def _is_repeatable(source: object) -> bool:
    if isinstance(source, str | os.PathLike):
        name = os.fsdecode(source)
        return name != "-" and not is_url(name)
    if isinstance(source, np.ndarray | bytes):
        return True
    return isinstance(source, Collection) and all(map(_is_repeatable, source))


def _pages_of(name: str) -> Iterator[Page]:
    scheme, separator, _ = name.partition("://")
    if name == "-":
        yield from _pages_of_download(name, "standard input", _read_standard_input)
    elif is_url(name):
        yield from _pages_of_download(name, name, partial(download, name))
    elif separator and scheme.isalnum():
        yield failing(name, f"{name}: only http and https URLs are supported")
    elif not name:
        yield failing(name, "an input has an empty name")
    elif os.path.isdir(name):  # noqa: PTH112  # unlike Path.is_dir, it never raises
        yield from _pages_of_folder(name)
    else:
        yield from _pages_of_file(name)


def _pages_of_folder(folder: str) -> Iterator[Page]:
    """Yield the pages of a folder and its subfolders, sorted by path; unreadable folders are skipped."""
    found = (Path(root) / name for root, _folders, names in os.walk(folder) for name in names)
    paths = sorted(path for path in found if path.suffix.lower() in SUFFIXES and os.path.isfile(path))  # noqa: PTH113
    if not paths:
        yield failing(folder, f"{folder}: no file in this folder ends in {', '.join(sorted(SUFFIXES))}")
    for path in paths:
        yield from _pages_of_file(str(path))


def _pages_of_file(name: str) -> Iterator[Page]:
    path = Path(name)
    document = _DOCUMENTS.get(file_type(_head(path)))
    if document is None:
        yield Page(name, partial(read_image, path))
    else:
        yield from document_pages(document(path, name), name)


def _head(path: Path) -> bytes:
    """The first bytes of a file; empty if it cannot be read, which its page reports."""
    try:
        with open_regular(path) as file:
            return file.read(HEAD_BYTES)
    except (OSError, ValueError):
        return b""


def _pages_of_download(input_path: str, name: str, load: Callable[[], bytes]) -> Iterator[Page]:
    try:
        content = load()
    except InputError as error:
        yield failing(input_path, error)
    else:
        yield from _pages_of_content(content, name, input_path)


def _pages_of_content(content: bytes, name: str, input_path: str | None) -> Iterator[Page]:
    document = _DOCUMENTS.get(file_type(content[:HEAD_BYTES]))
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


def download(url: str) -> bytes:
    """Download an image.

    Raises:
        InputError: The server is unreachable, too slow or returns an error; the file is too large; offline mode is on.
    """
    if Settings.from_environment().offline:
        raise InputError(f"{url}: not downloaded: offline mode is on (OCRZOO_OFFLINE)")
    web = Web()

    def body() -> bytes:
        with ExitStack() as stack:
            try:
                answer = Deadline(ANSWER_TIMEOUT_S).run(lambda: stack.enter_context(web.get(url)))
            except TimeoutError as error:
                raise Unreachable(str(error)) from error
            return web.body(answer, max_bytes=DOWNLOAD_MAX_BYTES, total_s=DOWNLOAD_TIMEOUT_S)

    try:
        return Deadline(DOWNLOAD_TIMEOUT_S).run(body)
    except TimeoutError as error:
        raise InputError(f"{url}: incomplete after {DOWNLOAD_TIMEOUT_S:.0f} s") from error
    except SourceError as error:
        raise InputError(f"{url}: {error}") from error
