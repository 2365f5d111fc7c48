"""The content of items with its digest; from an object store, that of a few items is fetched ahead."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

from ocrzoo.batch.items import Item, content_of, local_document
from ocrzoo.batch.places import Place
from ocrzoo.batch.tables import Tables
from ocrzoo.inputs.faults import as_input_error
from ocrzoo_registry.errors import InputError
from ocrzoo_registry.files import reason, sha256_of

AHEAD = 4
"""Items that are fetched ahead of the one that is decoded: an object store answers after some 50 ms."""


@dataclass(frozen=True)
class Content:
    """What an item holds."""

    source: bytes | Path
    """The path of a document on this machine, the bytes of all else."""
    sha256: str


Fetch = Callable[[], Content]
"""Fetches the content of an item, or waits until it is there.

Raises :class:`InputError`: It cannot be read. Raises :class:`SourceError`: The object store does not answer.
"""


class Contents:
    """Fetches the content of items from one place."""

    def __init__(self, source: Place, column: str | None) -> None:
        """``column`` has the images of tables; ``None``: found by its name."""
        self._source = source
        self._tables = Tables(source, column)
        self._document = lru_cache(maxsize=2)(self._fetched_document)

    def of(self, items: Sequence[Item], pool: ThreadPoolExecutor) -> Iterator[tuple[Item, Fetch]]:
        """Yield each item, and what fetches it; ``pool`` fetches ahead from an object store."""
        if self._source.local_path("") is not None:
            return ((item, partial(self._fetch, item)) for item in items)
        return ((item, future.result) for item, future in _ahead(pool, self._fetch, items))

    def _fetch(self, item: Item) -> Content:
        if item.problem is not None:
            raise InputError(item.problem)
        if item.last is not None:
            return self._document(item.input, item.stamp)
        with as_input_error(item.name):
            is_row = item.is_row
            content = self._tables.read(item.input, int(item.member or 0)) if is_row else content_of(item, self._source)
            return Content(content, hashlib.sha256(content).hexdigest())

    def _fetched_document(self, path: str, _stamp: str) -> Content:
        """A file of several pages; those of a long one are in several parts."""
        if (local := local_document(path, self._source)) is not None:
            return Content(local, _sha256_of(local))
        content = self._source.read(path)
        return Content(content, hashlib.sha256(content).hexdigest())


def _ahead(
    pool: ThreadPoolExecutor, fetch: Callable[[Item], Content], items: Sequence[Item]
) -> Iterator[tuple[Item, Future[Content]]]:
    """Each item with what is fetched of it; a few are fetched ahead."""
    started: deque[tuple[Item, Future[Content]]] = deque()
    left = iter(items)
    try:
        while True:
            for item in islice(left, AHEAD - len(started)):
                started.append((item, pool.submit(fetch, item)))
            if not started:
                return
            yield started.popleft()
    finally:
        for _, future in started:
            future.cancel()


def _sha256_of(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error
