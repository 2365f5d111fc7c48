"""Files of several pages: open while their pages are given, and again for a page that is read later."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Self

from ocrzoo.inputs.limits import check_pages
from ocrzoo.inputs.page import Page, failing
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError


class Document(ABC):
    """One file of several pages; several threads may read pages of it, which they do one after the other.

    Used as a context manager it stays open in between.
    """

    def __init__(self, source: Path | bytes, name: str) -> None:
        """``source`` is the file or its content, ``name`` what messages call it."""
        self._source = source
        self._name = name
        self._reading = Lock()
        self._kept = False

    def __enter__(self) -> Self:
        """Open it.

        Raises:
            InputError: It cannot be opened.
        """
        with self._reading:
            self._open()
            self._kept = True
        return self

    def __exit__(self, *_: object) -> None:
        """Close it, or leave that to the thread that reads: this may be called in the middle, by a dropped iterator."""
        self._kept = False
        self._close_if_done()

    def count(self) -> int:
        """Count the pages; none is decoded.

        Raises:
            InputError: They cannot be counted, or are too many.
        """
        with self._reading:
            count = self._count()
        check_pages(count, self._name)
        return count

    def read(self, index: int) -> Image:
        """Decode one page: H x W x 3, uint8, BGR. ``index`` counts from 0.

        Raises:
            InputError: It cannot be read.
        """
        try:
            with self._reading:
                self._open()
                return self._read(index)
        finally:
            self._close_if_done()

    def _close_if_done(self) -> None:
        if not self._kept and self._reading.acquire(blocking=False):  # who reads comes here afterwards
            try:
                self._close()
            finally:
                self._reading.release()

    @abstractmethod
    def _open(self) -> None:
        """Open it if it is not."""

    @abstractmethod
    def _close(self) -> None:
        """Close it if it is open."""

    @abstractmethod
    def _count(self) -> int: ...

    @abstractmethod
    def _read(self, index: int) -> Image: ...


def document_pages(document: Document, input_path: str | None) -> Iterator[Page]:
    """Yield the pages of a document, which is closed when they end or are no longer asked for."""
    try:
        with document:
            for index in range(document.count()):
                yield Page(input_path, partial(document.read, index), index)
    except InputError as error:
        yield failing(input_path, error)
