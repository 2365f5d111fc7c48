"""Where a mirror may lie: behind a web server, or in a folder (:mod:`ocrzoo_registry.sources.bucket`: in a bucket)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ocrzoo_registry.bounded import within
from ocrzoo_registry.contracts import Opened
from ocrzoo_registry.errors import SourceError, Unreachable
from ocrzoo_registry.mirror.index import FILE_NAME
from ocrzoo_registry.patience import SILENCE_S
from ocrzoo_registry.plain_files import open_regular, reason
from ocrzoo_registry.settings import Mirror
from ocrzoo_registry.sources import read_chunks
from ocrzoo_registry.web import Gone

CURRENT = "current"
"""In a mirror's own folder: the release that is served."""


@dataclass(frozen=True)
class Document:
    """A small file as it was read."""

    content: bytes
    state: str | None
    """What tells this state of it from others; ``None`` where nothing does."""


class Place(Protocol):
    """Something that holds files under relative paths."""

    def read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        """Read a small file whole; ``None`` if it is still in the state ``known``.

        Raises:
            Gone: There is no such file.
            SourceError: It cannot be read, or is larger.
        """
        ...

    def open(self, path: str, offset: int, validator: str | None) -> AbstractContextManager[Opened]:
        """Open a file at an offset, or at its start.

        Raises:
            Gone: There is no such file.
            SourceError: It cannot be read.
        """
        ...


class WebPlace:
    """A folder of a web server; no more is asked of it than to send files."""

    def __init__(self, mirror: Mirror) -> None:
        from ocrzoo_registry.web import Web

        self._base = mirror.address
        self._web = Web(mirror.address, {"Authorization": f"Bearer {mirror.token}"} if mirror.token else {})

    def read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        """Read a small file; whether it changed is told by entity tags alone, since times are too coarse."""
        headers = {"If-None-Match": known} if known else {}
        with self._web.get(f"{self._base}/{path}", headers, accept={304}) as answer:
            if answer.status_code == 304:
                return None
            return Document(self._web.body(answer, max_bytes=max_bytes), answer.headers.get("ETag"))

    def open(self, path: str, offset: int, validator: str | None) -> AbstractContextManager[Opened]:
        """Open a file; a server without ranges sends it from the start."""
        from ocrzoo_registry.sources.hub import open_at

        return open_at(self._web, f"{self._base}/{path}", offset, validator)


class FolderPlace:
    """A folder: a mirror's own, or the tree that it serves, or a copy of that."""

    def __init__(self, mirror: Mirror) -> None:
        self._root = Path(mirror.address)

    def read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        """Read a small file; its size and time tell whether it changed. A disk of another machine may not answer."""
        try:
            return within(SILENCE_S, lambda: self._read(self._path(path), max_bytes, known))
        except TimeoutError as error:
            raise Unreachable(f"{self._root}: {error}") from error

    def _read(self, whole: Path, max_bytes: int, known: str | None) -> Document | None:
        try:
            with open_regular(whole) as file:
                status = whole.stat()
                state = f"{status.st_dev}-{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"
                if state == known:
                    return None
                content = file.read(max_bytes + 1)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Gone(f"there is no {whole}") from error
        except OSError as error:
            raise SourceError(f"{whole}: {reason(error)}") from error
        if len(content) > max_bytes:
            raise SourceError(f"{whole}: larger than {max_bytes >> 20} MiB")
        return Document(content, state)

    @contextmanager
    def open(self, path: str, offset: int, validator: str | None) -> Iterator[Opened]:
        """Open a file."""
        whole = self._path(path)
        try:
            size = whole.stat().st_size
        except OSError as error:
            raise Gone(f"{whole}: {reason(error)}") from error
        yield Opened(read_chunks(whole, offset), offset, size)

    def _path(self, path: str) -> Path:
        """Where a file lies now: another release may take the place of this one at any time."""
        current = self._root / CURRENT
        return (current if (current / FILE_NAME).exists() else self._root) / path


def place_of(mirror: Mirror) -> Place:
    """Return the place that a mirror lies at."""
    if mirror.scheme == "http":
        return WebPlace(mirror)
    if mirror.scheme == "s3":
        from ocrzoo_registry.sources.bucket import BucketPlace

        return BucketPlace(mirror)
    return FolderPlace(mirror)
