"""Where inputs and results lie: folders of this machine, and object stores."""

from __future__ import annotations

import errno
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ocrzoo.inputs import limits
from ocrzoo.inputs.folders import is_hidden
from ocrzoo_registry.errors import InputError, SourceError, UsageError, causes
from ocrzoo_registry.files import open_regular, read_stream, reason, resolved, write_atomically
from ocrzoo_registry.network.urls import without_credentials

SCHEMES = ("s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss")
"""URLs of object stores."""
_GONE = {errno.ESTALE, errno.ENOTCONN, errno.ENODEV, errno.ENXIO, errno.ETIMEDOUT, errno.EHOSTDOWN}
"""What the system says of a file whose disk or file server is not there any more."""
_ESCAPE, _BYTE = re.compile(rb"\\(?=x[0-9a-f]{2})"), re.compile(rb"\\x([0-9a-f]{2})")


@dataclass(frozen=True)
class File:
    """A file of a place."""

    path: str
    """Below the place, with ``/``."""
    size: int
    stamp: str
    """Changes when the file does: its time of modification and size, or what the object store calls its version."""
    problem: str | None = None
    """Why it cannot be read: a folder that cannot be listed."""


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
            SourceError: The object store does not answer.
        """

    @abstractmethod
    def open(self, path: str) -> IO[bytes]:
        """Open a file for reading at any position.

        Raises:
            InputError: It cannot be opened. Reading may raise the same.
            SourceError: The object store does not answer.
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

    @property
    @abstractmethod
    def absolute(self) -> str:
        """Its name, wherever it is used."""

    @abstractmethod
    def below(self, other: Place) -> str | None:
        """Return this place's path below another; empty if they are the same, ``None`` if it is elsewhere."""

    def check_is_there(self, error: InputError) -> None:  # noqa: B027  # object stores tell apart themselves
        """Check that a file could not be read for what it is, and not because the place is gone.

        Raises:
            SourceError: It is gone.
        """

    def local_path(self, path: str) -> Path | None:  # noqa: ARG002  # of folders
        """Return the file's path on this machine, if it has one."""
        return None


class Folder(Place):
    r"""A folder of this machine. In paths, bytes that are no UTF-8 are written as ``\xe9``."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self._root = root
        self._device: int | None = None
        with suppress(OSError):
            self._device = root.stat().st_dev

    @property
    def absolute(self) -> str:
        """Its path, without links."""
        return escaped(str(resolved(self._root)))

    def files(self, below: str = "") -> Iterator[File]:
        """Yield the files, sorted within each folder; links are followed to files, not to folders."""
        left = [self.local_path(below)]
        while left:
            folders: list[Path] = []
            folder = left.pop()
            try:
                entries = self._entries(folder)
            except SourceError as error:
                if folder == self.local_path(below):
                    raise
                yield File(self._name_of(folder), 0, "", str(error))
                continue
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
                elif (file := self._file(Path(entry.path))) is not None:
                    yield file
            left += reversed(folders)

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as found:
                return sorted((entry for entry in found if not is_hidden(entry.name)), key=lambda entry: entry.name)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise SourceError(f"{folder} cannot be listed: {reason(error)}") from error

    def find(self, path: str) -> File | None:
        """Return a file, if it is there."""
        return self._file(self.local_path(path))

    def _file(self, path: Path) -> File | None:
        """A file; what is no regular file is one too, so that reading it tells what it is."""
        name = self._name_of(path)
        try:
            found = path.stat()
        except FileNotFoundError:
            return None if not path.is_symlink() else File(name, 0, "")
        except OSError:
            return File(name, 0, "")
        return File(name, found.st_size, f"{found.st_mtime_ns}-{found.st_size}")

    def _name_of(self, path: Path) -> str:
        return escaped(path.relative_to(self._root).as_posix())

    def read(self, path: str, offset: int = 0, size: int | None = None) -> bytes:
        """Return the content of a file, or a part."""
        with self._as_input_error(path), open_regular(self.local_path(path)) as file:
            file.seek(offset)
            if size is None:
                return read_stream(file, limits.MAX_BYTES, path, os.fstat(file.fileno()).st_size)
            return file.read(size)

    def open(self, path: str) -> IO[bytes]:
        """Open a file."""
        with self._as_input_error(path):
            return open_regular(self.local_path(path))

    @contextmanager
    def _as_input_error(self, path: str) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: {reason(error) if isinstance(error, OSError) else error}") from error

    def check_is_there(self, error: InputError) -> None:
        """Check that the folder is on the disk that it was on and not empty, and that no disk or server failed."""
        problem = next((one for one in causes(error) if isinstance(one, OSError) and one.errno in _GONE), None)
        try:
            is_same = self._root.stat().st_dev == self._device  # inodes are not stable on all file systems
            with os.scandir(self._root) as entries:
                is_same = is_same and next(entries, None) is not None
        except OSError as gone:
            is_same, problem = False, problem or gone
        if not is_same or problem is not None:
            text = "another disk is there, or nothing" if problem is None else reason(problem)
            raise SourceError(
                f"{self.name} is gone ({text}): bring it back, and run the same command again: it goes on"
            )

    def write(self, path: str, content: bytes) -> None:
        """Write a file to a temporary one, and rename it."""
        try:
            write_atomically(self.local_path(path), content)
        except (OSError, ValueError) as error:
            text = reason(error) if isinstance(error, OSError) else str(error)
            raise UsageError(
                f"{self.name}/{path} could not be written: {text}: make room or allow it, and run it again"
            ) from error

    def delete(self, path: str) -> None:
        """Delete a file, if it is there."""
        try:
            self.local_path(path).unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"{self.name}/{path} could not be deleted: {reason(error)}") from error

    def below(self, other: Place) -> str | None:
        """Return the path below another folder, links followed."""
        if not isinstance(other, Folder):
            return None
        inner, outer = resolved(self._root), resolved(other.local_path(""))
        return inner.relative_to(outer).as_posix().removeprefix(".") if inner.is_relative_to(outer) else None

    def local_path(self, path: str) -> Path:
        """Return the file's path."""
        return self._root / _unescaped(path)


def is_bucket(name: str) -> bool:
    """Whether a name is the URL of an object store."""
    return name.partition("://")[0].lower() in SCHEMES and "://" in name


def place_of(name: str) -> Place:
    """Return the place that a path or URL names; it need not exist.

    Raises:
        UsageError: The URL is of no object store, or obstore is not installed.
    """
    if is_bucket(name):
        from ocrzoo.batch.buckets import Bucket

        return Bucket(name)
    if "://" in name:
        raise UsageError(f"{without_credentials(name)}: name a folder, or a URL of {', '.join(SCHEMES)}")
    return Folder(Path(name))


def escaped(name: str) -> str:
    r"""Return a name without its bytes that are no UTF-8: they are written as ``\xe9``, which no other name becomes."""
    return _ESCAPE.sub(rb"\\x5c", os.fsencode(name)).decode(errors="backslashreplace")


def _unescaped(path: str) -> str:
    return os.fsdecode(_BYTE.sub(lambda found: bytes.fromhex(found[1].decode()), path.encode()))


def one_line(text: str) -> str:
    """Return a text without line breaks, and without what is no Unicode."""
    return " ".join(text.split()).encode(errors="backslashreplace").decode()
