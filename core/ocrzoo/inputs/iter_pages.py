"""Iteration over the pages of inputs: paths, folders, URLs, standard input, bytes and arrays."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ocrzoo.inputs import decoder_messages, limits
from ocrzoo.inputs.arrays import from_array
from ocrzoo.inputs.download import download
from ocrzoo.inputs.faults import as_input_error
from ocrzoo.inputs.file_types import HEAD_BYTES, SUFFIXES, file_type
from ocrzoo.inputs.folders import describe_left_out, folder_files
from ocrzoo.inputs.frames import FrameFile, has_frames
from ocrzoo.inputs.images import decode, read_image
from ocrzoo.inputs.multipage import Document, document_pages
from ocrzoo.inputs.options import DEFAULTS, InputOptions
from ocrzoo.inputs.page import Origin, Page, failing, is_url
from ocrzoo.inputs.pdfs import PdfFile
from ocrzoo.inputs.tiffs import TiffFile
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError, UsageError
from ocrzoo_registry.files import open_regular, read_stream, reason
from ocrzoo_registry.network.urls import looks_like_url, without_credentials

Input: TypeAlias = "str | os.PathLike[str] | bytes | NDArray[Any] | Page | Iterable[Input]"
"""A path, URL, folder, ``-`` for standard input, a file's content, an array (gray, BGR or BGRA), a page, or several."""

MAX_NESTING = 20
"""Lists within lists."""

Password: TypeAlias = "str | Sequence[str] | None"  # noqa: S105  # a type
"""The password of encrypted PDF files, or several, each of which is tried."""

_DOCUMENTS: dict[str, type[Document]] = {"pdf": PdfFile, "tiff": TiffFile}
"""By file type, what opens a file of several pages; the other types have one page, or frames."""

log = logging.getLogger("ocrzoo")


def pages(
    source: Input, options: InputOptions = DEFAULTS, *, password: Password = None, name: str | None = None
) -> Iterator[Page]:
    """Yield the pages of an input, folders sorted by file name; a page is decoded when it is read.

    Inputs are opened one at a time: a URL or standard input is read before its first page, and kept until its last page
    is dropped. Close or drop the iterator to stop early. Whatever a decoder raises is an :class:`InputError` of its
    page. ``password`` opens encrypted PDFs; ``name`` is what messages call bytes.

    Raises:
        UsageError: The input has an unsupported type, a password is not text, or an environment variable (see
            :class:`~ocrzoo.inputs.pdfs.PdfFile`) is invalid. In a list, an unsupported item is one failing page.
    """
    if problem := _problem(source):
        raise UsageError(problem)
    options = replace(options, passwords=_passwords(password))
    if isinstance(source, bytes) and name is not None:
        found = _pages_of_content(source, name, name, options)
    else:
        found = _pages_of(source, options, ())
    for page in found:
        yield replace(page, read=partial(_read, page, options.most_pixels))


def _read(page: Page, most_pixels: int | None) -> Image:
    name = page.input_path or "the input"
    if page.page_index is not None:
        name = f"{name}: page {page.page_index + 1}"
    with as_input_error(name), decoder_messages.kept(name), limits.at_most(most_pixels):
        image = page.read()
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise InputError(f"{name}: decoded to pixels of {image.dtype}, {image.shape}, which cannot be read")
    return image


def _passwords(given: object) -> Sequence[str]:
    several = (given,) if isinstance(given, str) else given
    if several is None:
        return ()
    if not isinstance(several, Sequence) or not all(isinstance(one, str) and _is_utf8(one) for one in several):
        raise UsageError("password: text is needed, or a list of texts")
    return several


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _pages_of(source: Input, options: InputOptions, within: Sequence[object]) -> Iterator[Page]:
    """Yield the pages of a supported input; ``within`` are the lists that it is in."""
    if isinstance(source, Page):
        yield source
    elif isinstance(source, np.ndarray):
        yield Page(None, partial(from_array, source, options))
    elif isinstance(source, bytes):
        yield from _pages_of_content(source, "the bytes given", None, options)
    elif isinstance(source, str | os.PathLike):
        yield from _pages_of_name(os.fsdecode(source), options)
    elif len(within) == MAX_NESTING or any(source is outer for outer in within):
        yield failing(None, f"lists that contain themselves, or are nested more than {MAX_NESTING} deep, are not read")
    else:
        for item in source:
            if problem := _problem(item):
                yield failing(None, problem)
            else:
                yield from _pages_of(item, options, (*within, source))


def count_pages(source: Input, options: InputOptions = DEFAULTS, *, password: Password = None) -> int | None:
    """Count the pages of an input; ``None`` for URLs, standard input and iterators, which can be read only once.

    Nothing is downloaded, decoded or consumed; PDF and TIFF files are opened, with ``frames="all"`` all files. An
    unreadable input counts as a page.
    """
    if not _is_repeatable(source, set()):
        return None
    return sum(1 for _ in pages(source, replace(options, report=False), password=password))


def _problem(source: object) -> str | None:
    """Why an object is not an input; ``None`` if it is one."""
    if hasattr(source, "read") and not isinstance(source, np.ndarray | Page):
        return f"{type(source).__name__} is not an input: use the content of the file, file.read(), or its path"
    if isinstance(source, Iterable | os.PathLike | Page) and not isinstance(source, Mapping | bytearray | memoryview):
        return None
    return f"{type(source).__name__} is not an input: use a path, URL, uint8 array (H x W x 3, BGR) or a list of them"


def _is_repeatable(source: object, seen: set[int]) -> bool:
    if isinstance(source, str | os.PathLike):
        name = os.fsdecode(source)
        return name != "-" and not is_url(name)
    if isinstance(source, np.ndarray | bytes) or id(source) in seen:
        return True
    seen.add(id(source))
    return isinstance(source, Collection) and all(_is_repeatable(item, seen) for item in source)


def _pages_of_name(name: str, options: InputOptions) -> Iterator[Page]:
    scheme, separator, _ = name.partition("://")
    shown = without_credentials(name)
    if name == "-":
        yield from _pages_of_download(name, "standard input", _read_standard_input, options)
    elif is_url(name):
        yield from _pages_of_download(shown, shown, partial(download, name), options)
    elif separator and scheme.replace("+", "").isalnum():
        yield failing(shown, f"{shown}: only http and https URLs are supported")
    elif not name:
        yield failing(name, "an input has an empty name")
    elif looks_like_url(name) and not os.path.lexists(name):
        yield failing(shown, f"{shown}: no file, and not a URL, which begins with http:// or https://")
    elif os.path.isdir(name):  # noqa: PTH112  # unlike Path.is_dir, it never raises
        yield from _pages_of_folder(name, options)
    else:
        yield from _pages_of_file(name, options)


def _pages_of_folder(folder: str, options: InputOptions) -> Iterator[Page]:
    """Yield the pages of a folder and its subfolders, sorted by path; files that are left out are logged."""
    files = folder_files(folder)
    if files.left_out and options.report:
        log.warning("%s", describe_left_out(folder, files.left_out))
    for error in files.unreadable:
        yield failing(str(error.filename), f"{error.filename}: {reason(error)}")
    if not files.read and not files.unreadable:
        yield failing(folder, f"{folder}: no file in this folder ends in {', '.join(sorted(SUFFIXES))}")
    for path in files.read:
        yield from _pages_of_file(str(path), options)


def _pages_of_file(name: str, options: InputOptions) -> Iterator[Page]:
    yield from _pages_of_source(Path(name), _head(Path(name)), name, name, options)


def _head(path: Path) -> bytes:
    """The first bytes of a file; empty if it cannot be read, which its page reports."""
    try:
        with open_regular(path) as file:
            return file.read(HEAD_BYTES)
    except (OSError, ValueError):
        return b""


def _pages_of_download(input_path: str, name: str, load: Callable[[], bytes], options: InputOptions) -> Iterator[Page]:
    try:
        with as_input_error(name):
            content = load()
    except InputError as error:
        yield failing(input_path, error)
    else:
        yield from _pages_of_content(content, name, input_path, options)


def _pages_of_content(content: bytes, name: str, input_path: str | None, options: InputOptions) -> Iterator[Page]:
    yield from _pages_of_source(content, content[:HEAD_BYTES], name, input_path, options)


def _pages_of_source(
    source: Path | bytes, head: bytes, name: str, input_path: str | None, options: InputOptions
) -> Iterator[Page]:
    """Yield the pages of a file or its content; an image is one page, or a page for each of its frames."""
    document = _DOCUMENTS.get(file_type(head))
    if document is not None:
        yield from document_pages(document(source, name, options), input_path)
    elif options.frames == "all" and has_frames(source, name):
        yield from document_pages(FrameFile(source, name, options), input_path)
    elif isinstance(source, bytes):
        yield Page(input_path, partial(decode, source, name, options), origin=Origin(source))
    else:
        yield Page(input_path, partial(read_image, source, options), origin=Origin(source))


def _read_standard_input() -> bytes:
    if sys.stdin is None:
        raise InputError("standard input: closed")
    # Unbuffered: Python cannot end while a thread waits in a buffered file of its own.
    file = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    try:
        return read_stream(file, limits.MAX_BYTES, "standard input")
    except OSError as error:
        raise InputError(f"standard input: {reason(error)}") from error
