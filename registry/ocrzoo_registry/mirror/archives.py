"""Tar archives for clients of BOS, written from the files of a mirror: equal bytes for equal files."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from ocrzoo_registry.cards.fields import Record, RelativePath, Sha256, Size
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.files import CHUNK_BYTES, open_regular, receive, sync
from ocrzoo_registry.index.schema import blob_of
from ocrzoo_registry.store.manifest import StoredFile

FILE_NAME = "archives.json"
"""The list of a mirror's archives, beside the index."""

MAX_BYTES = 16 << 20
"""Of that list: 10,000 archives take about 3 MB."""


@dataclass(frozen=True)
class Archive:
    """An archive to write: one folder with these files."""

    folder: str
    files: tuple[StoredFile, ...]

    @property
    def key(self) -> str:
        """64 hexadecimal digits that identify its bytes before they are written."""
        lines = "".join(f"{file.sha256} {file.size} {self.folder}/{file.path}\n" for file in self.files)
        return hashlib.sha256(f"ustar 1\n{lines}".encode()).hexdigest()


class StoredArchive(Record):
    """An archive on disk."""

    key: Sha256
    """Of the :class:`Archive`; one with the same key is not written again."""
    size: Size
    """Bytes."""
    sha256: Sha256


class ArchiveList(Record):
    """All archives of a mirror, by path."""

    schema_version: Literal[1]
    archives: dict[RelativePath, StoredArchive]

    def to_bytes(self) -> bytes:
        """Return the content of ``archives.json``."""
        return f"{self.model_dump_json(indent=1)}\n".encode()


def parse(content: bytes, *, origin: str) -> ArchiveList:
    """Read ``archives.json``; ``origin`` names it in errors.

    Raises:
        IntegrityError: It is not a list of archives.
    """
    try:
        return ArchiveList.model_validate_json(content)
    except ValidationError as error:
        raise IntegrityError(f"{origin} is not a list of archives: run 'ocrzoo mirror build' again") from error


def write(path: Path, archive: Archive, blobs: Path) -> StoredArchive:
    """Write an archive of files in the folder ``blobs``, and sync it.

    Raises:
        IntegrityError: A file is missing there, or damaged.
        OSError: The archive cannot be written.
    """
    size, sha256 = receive(pieces(archive, partial(_content, blobs)), path)
    sync(path)
    return StoredArchive(key=archive.key, size=size, sha256=sha256)


def sha256_of_archive(archive: Archive, blobs: Path) -> str:
    """Return the digest that an archive has once it is written.

    Raises:
        IntegrityError: A file is missing among the blobs, or damaged.
        OSError: One cannot be read.
    """
    digest = hashlib.sha256()
    for piece in pieces(archive, partial(_content, blobs)):
        digest.update(piece)
    return digest.hexdigest()


def pieces(archive: Archive, content: Callable[[StoredFile], Iterator[bytes]]) -> Iterator[bytes]:
    """Yield the bytes of an archive, whose files have the ``content``: of the size that is recorded."""
    top = tarfile.TarInfo(archive.folder)
    top.type, top.mode = tarfile.DIRTYPE, 0o755
    yield _header(top)
    for file in archive.files:
        member = tarfile.TarInfo(f"{archive.folder}/{file.path}")
        member.size = file.size
        yield _header(member)
        yield from content(file)
        yield bytes(-file.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _header(member: tarfile.TarInfo) -> bytes:
    """A member's block, without user, machine or time."""
    try:
        return member.tobuf(tarfile.USTAR_FORMAT)
    except ValueError:  # a name or size beyond that format
        return member.tobuf(tarfile.GNU_FORMAT)


def _content(blobs: Path, file: StoredFile) -> Iterator[bytes]:
    left, digest = file.size, hashlib.sha256()
    try:
        with open_regular(blobs / file.sha256) as content:
            while chunk := content.read(CHUNK_BYTES):
                left -= len(chunk)
                digest.update(chunk)
                yield chunk
    except FileNotFoundError as error:
        raise IntegrityError(f"{_name(file)} is missing: run 'ocrzoo mirror build' again") from error
    if left:
        raise IntegrityError(f"{_name(file)} does not have {file.size} bytes: run 'ocrzoo mirror build' again")
    if digest.hexdigest() != file.sha256:
        raise IntegrityError(f"{_name(file)} has another digest than its name: run 'ocrzoo mirror build --deep'")


def _name(file: StoredFile) -> str:
    return f"{blob_of(file)} ({file.path})"
