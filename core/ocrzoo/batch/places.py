"""Where inputs and results lie: folders of this machine, and buckets of S3, GCS and Azure."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from ocrzoo.inputs import limits
from ocrzoo.inputs.folders import is_hidden
from ocrzoo_registry.errors import InputError, SourceError, UsageError
from ocrzoo_registry.files import open_regular, read_bounded, reason, write_atomically
from ocrzoo_registry.network.urls import without_credentials

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SCHEMES = ("s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss")
"""URLs of object stores."""
REQUEST_S, RETRY_S = 60, 120
"""Seconds that a request to an object store may take, and that it is tried again for."""
_READ_AHEAD = 1 << 20


@dataclass(frozen=True)
class File:
    """A file of a place."""

    path: str
    """Below the place, with ``/``."""
    size: int
    stamp: str
    """Changes when the file does: its time of modification, or what the object store calls its version."""


class Place(ABC):
    """A folder or the like. Paths are below it, with ``/``."""

    def __init__(self, name: str) -> None:
        """``name`` is for messages."""
        self.name = name

    @abstractmethod
    def files(self, below: str = "") -> Iterator[File]:
        """Yield all files below a folder, but hidden ones; none if there is no such folder.

        Raises:
            SourceError: They cannot be listed.
        """

    @abstractmethod
    def find(self, path: str) -> File | None:
        """Return a file, if it is there.

        Raises:
            SourceError: It cannot be told.
        """

    @abstractmethod
    def read(self, path: str, offset: int = 0, size: int | None = None) -> bytes:
        """Return the content of a file, or ``size`` bytes from an offset.

        Raises:
            InputError: It cannot be read, or is too large.
        """

    @abstractmethod
    def open(self, path: str) -> IO[bytes]:
        """Open a file for reading at any position.

        Raises:
            InputError: It cannot be opened.
        """

    @abstractmethod
    def write(self, path: str, content: bytes) -> None:
        """Write a file atomically, in place of one with this name.

        Raises:
            UsageError: It cannot be written.
        """

    @abstractmethod
    def delete(self, path: str) -> None:
        """Delete a file, if it is there.

        Raises:
            UsageError: It cannot be deleted.
        """

    def local_path(self, path: str) -> Path | None:  # noqa: ARG002  # of folders
        """Return the file's path on this machine, if it has one."""
        return None


class Folder(Place):
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self._root = root

    def files(self, below: str = "") -> Iterator[File]:
        """Yield the files in the order of their paths; links are followed to files, not to folders."""
        folder = self._root / below
        if folder.is_dir():
            yield from self._files(folder)

    def _files(self, folder: Path) -> Iterator[File]:
        try:
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            raise SourceError(f"{folder} cannot be listed: {reason(error)}") from error
        for entry in entries:
            if is_hidden(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._files(Path(entry.path))
            elif (file := self._file(Path(entry.path))) is not None:
                yield file

    def find(self, path: str) -> File | None:
        """Return a file, if it is there."""
        return self._file(self._root / path)

    def _file(self, path: Path) -> File | None:
        """A file; what is no regular file is one too, so that reading it tells what it is."""
        try:
            found = path.stat()
        except FileNotFoundError:
            return None if not path.is_symlink() else File(self._name_of(path), 0, "")
        except OSError:
            return File(self._name_of(path), 0, "")
        return File(self._name_of(path), found.st_size, str(found.st_mtime_ns))

    def _name_of(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    def read(self, path: str, offset: int = 0, size: int | None = None) -> bytes:
        """Return the content of a file, or a part."""
        place = self._root / path
        try:
            if size is None:
                return read_bounded(place, limits.MAX_BYTES)
            with open_regular(place) as file:
                file.seek(offset)
                return file.read(size)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: {reason(error) if isinstance(error, OSError) else error}") from error

    def open(self, path: str) -> IO[bytes]:
        """Open a file."""
        try:
            return open_regular(self._root / path)
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: {reason(error) if isinstance(error, OSError) else error}") from error

    def write(self, path: str, content: bytes) -> None:
        """Write a file to a temporary one, and rename it."""
        try:
            write_atomically(self._root / path, content)
        except (OSError, ValueError) as error:
            text = reason(error) if isinstance(error, OSError) else str(error)
            raise UsageError(f"{self._root / path} could not be written: {text}") from error

    def delete(self, path: str) -> None:
        """Delete a file, if it is there."""
        try:
            (self._root / path).unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"{self._root / path} could not be deleted: {reason(error)}") from error

    def local_path(self, path: str) -> Path:
        """Return the file's path."""
        return self._root / path


class Bucket(Place):
    """A prefix in an object store, by obstore; credentials come from the environment, as each cloud's tools have it."""

    def __init__(self, url: str) -> None:
        """Open it; no request is made.

        Raises:
            UsageError: obstore is not installed, or the URL or a variable is not valid.
        """
        super().__init__(without_credentials(url))
        try:
            from obstore.exceptions import BaseError
            from obstore.store import from_url
        except ImportError as error:
            raise UsageError(f"{self.name}: run pip install 'ocrzoo[batch]' ({error})") from error
        plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
        options: dict[str, Any] = {"timeout": timedelta(seconds=REQUEST_S), "allow_http": plain}
        retry: dict[str, Any] = {"retry_timeout": timedelta(seconds=RETRY_S)}
        try:
            self._store: ObjectStore = cast("Any", from_url)(url, client_options=options, retry_config=retry)
        except (BaseError, ValueError) as error:
            raise UsageError(f"{self.name} is not a place in an object store: {_line(error)}") from error

    @contextmanager
    def _as(self, kind: type[Exception], what: str) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            raise kind(f"{self.name.rstrip('/')}/{what}: {_line(error)}") from error

    def files(self, below: str = "") -> Iterator[File]:
        """Yield the files, page by page of the object store's list."""
        import obstore

        with self._as(SourceError, below):
            for found in obstore.list(self._store, prefix=f"{below}/" if below else None):
                for one in found:
                    if not any(is_hidden(name) for name in one["path"].split("/")):
                        yield _file_of(one)

    def find(self, path: str) -> File | None:
        """Return a file, if it is there."""
        import obstore
        from obstore.exceptions import NotFoundError

        with self._as(SourceError, path):
            try:
                return _file_of(obstore.head(self._store, path))
            except (NotFoundError, FileNotFoundError):
                return None

    def read(self, path: str, offset: int = 0, size: int | None = None) -> bytes:
        """Return the content of a file, or a part."""
        import obstore

        with self._as(InputError, path):
            if size is not None:
                return bytes(obstore.get_range(self._store, path, start=offset, length=size)) if size else b""
            answer = obstore.get(self._store, path)
            if answer.meta["size"] > limits.MAX_BYTES:
                raise InputError(f"{path}: larger than {limits.MAX_BYTES >> 20} MiB")
            return bytes(answer.bytes())

    def open(self, path: str) -> IO[bytes]:
        """Open a file; it is read by ranges."""
        import obstore

        with self._as(InputError, path):
            return cast("IO[bytes]", obstore.open_reader(self._store, path, buffer_size=_READ_AHEAD))

    def write(self, path: str, content: bytes) -> None:
        """Write a file; object stores show it only once it is whole."""
        import obstore

        with self._as(UsageError, path):
            obstore.put(self._store, path, content)

    def delete(self, path: str) -> None:
        """Delete a file, if it is there."""
        import obstore
        from obstore.exceptions import NotFoundError

        with self._as(UsageError, path):
            try:
                obstore.delete(self._store, path)
            except (NotFoundError, FileNotFoundError):
                return


def is_bucket(name: str) -> bool:
    """Whether a name is the URL of an object store."""
    return name.partition("://")[0].lower() in SCHEMES and "://" in name


def place_of(name: str) -> Place:
    """Return the place that a path or URL names; it need not exist.

    Raises:
        UsageError: The URL is of no object store, or obstore is not installed.
    """
    if is_bucket(name):
        return Bucket(name)
    if "://" in name:
        raise UsageError(f"{without_credentials(name)}: name a folder, or a URL of {', '.join(SCHEMES)}")
    return Folder(Path(name))


def _file_of(found: Any) -> File:
    stamp = found.get("e_tag") or found.get("version") or str(found["last_modified"])
    return File(found["path"], found["size"], stamp)


def _line(error: Exception) -> str:
    """The first sentence of an error; obstore's go on with the requests that it made."""
    text = " ".join(str(error).split())
    return text[:300]
