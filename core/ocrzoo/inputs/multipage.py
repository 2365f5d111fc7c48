"""Files of several pages: open during iteration, and reopened for pages read later."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Self

from ocrzoo.inputs.faults import as_input_error
from ocrzoo.inputs.limits import check_pages
from ocrzoo.inputs.options import DEFAULTS, InputOptions
from ocrzoo.inputs.page import Origin, Page, failing
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError


class Document(ABC):
    """One file of several pages; thread-safe, reads are serialized.

    As a context manager it stays open between reads.
    """

    def __init__(self, source: Path | bytes, name: str, options: InputOptions = DEFAULTS) -> None:
        """``source`` is the file or its content, ``name`` is for messages."""
        self._source = source
        self._name = name
        self._options = options
        self._reading = Lock()
        self._keep_open = False

    def __enter__(self) -> Self:
        """Open it.

        Raises:
            InputError: It cannot be opened.
        """
        with as_input_error(self._name), self._reading:
            self._open()
            self._keep_open = True
        return self

    def __exit__(self, *_: object) -> None:
        """Close it, or let a reading thread do so: a dropped iterator may call this during a read."""
        self._keep_open = False
        self._close_if_done()

    def origin(self, index: int) -> Origin:
        """Return the file of a page, with what opens it; ``index`` counts from 0."""
        return Origin(self._source, (), self._number(index))

    def count(self) -> int:
        """Count the pages; none is decoded.

        Raises:
            InputError: They cannot be counted, or there are too many.
        """
        with as_input_error(self._name), self._reading:
            count = self._count()
        check_pages(count, self._name)
        return count

    def read(self, index: int) -> Image:
        """Decode one page: H x W x 3, uint8, BGR. ``index`` counts from 0.

        Raises:
            InputError: It cannot be read.
        """
        try:
            with as_input_error(f"{self._name}: page {index + 1}"), self._reading:
                self._open()
                return self._read(index)
        finally:
            self._close_if_done()

    def _close_if_done(self) -> None:
        if not self._keep_open and self._reading.acquire(blocking=False):  # a reading thread calls this afterwards
            try:
                self._close()
            finally:
                self._reading.release()

    @abstractmethod
    def _open(self) -> None:
        """Open it unless it is open."""

    @abstractmethod
    def _close(self) -> None:
        """Close it if it is open."""

    def _number(self, index: int) -> int | None:
        """The number of a page in the file, where that may be another one."""
        return index

    @abstractmethod
    def _count(self) -> int: ...

    @abstractmethod
    def _read(self, index: int) -> Image: ...


def document_pages(document: Document, input_path: str | None) -> Iterator[Page]:
    """Yield the pages of a document; it is closed at the end or when the iterator is dropped."""
    try:
        with document:
            for index in range(document.count()):
                yield Page(input_path, partial(document.read, index), index, document.origin(index))
    except InputError as error:
        yield failing(input_path, error)
