"""Tar archives that stand in for those of the object store: made from the files, the same bytes for the same files."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from ocrzoo_registry.cards.schema import Record, RelativePath, Sha256, Size
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.files import CHUNK_BYTES, open_regular, receive, sync
from ocrzoo_registry.index.schema import BLOBS
from ocrzoo_registry.store.manifest import StoredFile

FILE_NAME = "archives.json"
"""Where a mirror says what its archives are: beside the index."""

MAX_BYTES = 16 << 20
"""Of that document: 10,000 archives have about 3 MB."""


@dataclass(frozen=True)
class Archive:
    """An archive that is to be made: one folder, with these files."""

    folder: str
    files: tuple[StoredFile, ...]

    @property
    def key(self) -> str:
        """64 hexadecimal digits that stand for its bytes, known before they are made."""
        told = "".join(f"{file.sha256} {file.size} {self.folder}/{file.path}\n" for file in self.files)
        return hashlib.sha256(f"ustar 1\n{told}".encode()).hexdigest()


class MadeArchive(Record):
    """An archive that was made."""

    key: Sha256
    """Of the :class:`Archive`: one with the same key need not be made again."""
    size: Size
    """Bytes."""
    sha256: Sha256


class MadeArchives(Record):
    """All archives of a mirror, by their paths."""

    schema_version: Literal[1]
    archives: dict[RelativePath, MadeArchive]

    def to_bytes(self) -> bytes:
        """Return the content of ``archives.json``."""
        return f"{self.model_dump_json(indent=1)}\n".encode()


def parse(content: bytes, *, origin: str) -> MadeArchives:
    """Read ``archives.json``; ``origin`` names it in errors.

    Raises:
        IntegrityError: It is none.
    """
    try:
        return MadeArchives.model_validate_json(content)
    except ValidationError as error:
        raise IntegrityError(f"{origin}: is no list of a mirror's archives; build the mirror again") from error


def write(path: Path, archive: Archive, blobs: Path) -> MadeArchive:
    """Make an archive from the files of the mirror (``blobs``: the folder that has them by their sha256), and sync it.

    Raises:
        IntegrityError: A file is missing there, or has another size.
        OSError: The archive cannot be written.
    """
    size, sha256 = receive(_pieces(archive, blobs), path)
    sync(path)
    return MadeArchive(key=archive.key, size=size, sha256=sha256)


def sha256_of_archive(archive: Archive, blobs: Path) -> str:
    """Return the digest that an archive has when it is made.

    Raises:
        IntegrityError: A file is missing among the blobs, or has another size.
        OSError: One cannot be read.
    """
    digest = hashlib.sha256()
    for piece in _pieces(archive, blobs):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(archive: Archive, blobs: Path) -> Iterator[bytes]:
    top = tarfile.TarInfo(archive.folder)
    top.type, top.mode = tarfile.DIRTYPE, 0o755
    yield _header(top)
    for file in archive.files:
        member = tarfile.TarInfo(f"{archive.folder}/{file.path}")
        member.size = file.size
        yield _header(member)
        yield from _content(file, blobs)
        yield bytes(-file.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _header(member: tarfile.TarInfo) -> bytes:
    """A member's block, without anything of the machine or the time it was made at."""
    try:
        return member.tobuf(tarfile.USTAR_FORMAT)
    except ValueError:  # a name or size beyond that format
        return member.tobuf(tarfile.GNU_FORMAT)


def _content(file: StoredFile, blobs: Path) -> Iterator[bytes]:
    left = file.size
    try:
        with open_regular(blobs / file.sha256) as content:
            while chunk := content.read(CHUNK_BYTES):
                left -= len(chunk)
                yield chunk
    except FileNotFoundError as error:
        raise IntegrityError(f"{BLOBS}/{file.sha256} ({file.path}) is missing: build the mirror again") from error
    if left:
        raise IntegrityError(
            f"{BLOBS}/{file.sha256} ({file.path}) has not its {file.size} bytes: build the mirror again"
        )
