"""Untrusted tar archives: only requested regular files below one folder are read.

Nothing is extracted by tarfile: members are read as streams and written under names of ours. An archive with
anything else in it (a link, a device, a path that leads out) or a truncated one is refused completely.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.files import CHUNK_BYTES, receive
from ocrzoo_registry.store.manifest import StoredFile

MAX_MEMBERS = 1000
MAX_BYTES = 4 << 30
"""Of all members together."""
MAX_HEADER_BYTES = 4096
"""Of an extended header; those of models have names of 100 letters and a time."""
_EXTENSIONS = (b"x", b"g", b"X", b"L", b"K", b"S")
_BLOCK = tarfile.BLOCKSIZE


def unpack(archive: Path, folder: Path, wanted: Collection[str], digest_origin: str) -> list[StoredFile]:
    """Read the wanted files of a model out of its archive into a folder; returns what was written.

    ``digest_origin`` is that of the archive.

    Raises:
        IntegrityError: It is no tar, holds what it must not, or is cut short.
        OSError: The folder cannot be written.
    """
    members = _checked_members(archive)
    stored = []
    with tarfile.open(archive, mode="r:") as tar:
        for path, member in members.items():
            if path not in wanted:
                continue
            content = tar.extractfile(member)
            if content is None:
                raise IntegrityError(f"{archive.name}: {path} cannot be read")
            with content:
                size, sha256 = receive(_chunks(content, path), folder / path, member.size)
            if size != member.size:
                raise IntegrityError(f"{archive.name}: {path} is cut short")
            stored.append(StoredFile(path=path, size=size, sha256=sha256, digest_origin=digest_origin))
    return stored


def sizes(archive: Path) -> dict[str, int]:
    """Return the paths inside the one folder of an archive, and the size of each file in bytes.

    Raises:
        IntegrityError: As :func:`unpack`.
        OSError: It cannot be read.
    """
    return {path: member.size for path, member in _checked_members(archive).items()}


def _checked_members(archive: Path) -> dict[str, tarfile.TarInfo]:
    """Path inside the one folder to member, for the regular files."""
    found: dict[str, tarfile.TarInfo] = {}
    tops: set[str] = set()
    for member in read_members(archive):
        if _is_noise(member):
            continue
        top, path = _place(member)
        tops.add(top)
        if len(tops) > 1:
            raise IntegrityError("archive refused: it holds more than one folder")
        if member.isreg():
            if path in found:
                raise IntegrityError(f"archive refused: it holds {path} twice")
            found[path] = member
    return found


def read_members(archive: Path, max_members: int = MAX_MEMBERS, max_bytes: int = MAX_BYTES) -> list[tarfile.TarInfo]:
    """Return the members of an archive; their bytes are skipped, and their names are not checked.

    Raises:
        IntegrityError: It is no tar, holds more than allowed or a member whose size leads astray, or is cut short.
        OSError: It cannot be read.
    """
    found: list[tarfile.TarInfo] = []
    total, end = 0, 0
    try:
        _check_headers(archive, max_members)
        with tarfile.open(archive, mode="r:") as tar:
            for member in tar:
                total += member.size
                if len(found) == max_members or total > max_bytes or member.size < 0:  # that leads tarfile back
                    raise IntegrityError(f"archive refused: more than {max_members} members or {max_bytes >> 30} GiB")
                end = max(end, member.offset_data + -(-member.size // _BLOCK) * _BLOCK)
                if member.size and not member.isreg():  # tarfile would read on inside of it, where nothing was checked
                    raise IntegrityError(f"archive refused: it holds {member.name[:200]!r}, no file but with a size")
                found.append(member)
        with archive.open("rb") as file:
            file.seek(end)
            if file.read(2 * _BLOCK) != bytes(2 * _BLOCK):
                raise IntegrityError("archive refused: it is cut short")
    except (tarfile.TarError, EOFError, ValueError, OverflowError, MemoryError, RecursionError) as error:
        if "unexpected end of data" in str(error):
            raise IntegrityError("archive refused: it is cut short") from error
        raise IntegrityError("archive refused: not a tar file") from error
    return found


def _is_noise(member: tarfile.TarInfo) -> bool:
    """The folder that was packed itself, and what a Mac adds beside each file."""
    return (member.isdir() and member.name in {".", ""}) or (
        member.isreg() and member.name.rpartition("/")[2].startswith("._")
    )


def _check_headers(archive: Path, max_members: int) -> None:
    """Check the headers before tarfile reads them, which reads extended headers completely, whatever their size."""
    with archive.open("rb") as file:
        for _ in range(3 * max_members):
            header = file.read(_BLOCK)
            if len(header) < _BLOCK or not header.strip(b"\0"):
                return
            size = _size_in(header)
            if size < 0:
                raise IntegrityError("archive refused: it holds a member of negative size")
            if header[156:157] in _EXTENSIONS:
                content = file.read(size) if size <= MAX_HEADER_BYTES else b" size="
                if b" size=" in content or b"GNU.sparse" in content or header[156:157] == b"S":
                    raise IntegrityError("archive refused: it holds an extended header that changes sizes, or is large")
                file.seek(-size % _BLOCK, os.SEEK_CUR)
            else:
                file.seek(size + -size % _BLOCK, os.SEEK_CUR)
    raise IntegrityError(f"archive refused: more than {max_members} members")


def _size_in(header: bytes) -> int:
    """The size that a member's block states, in octal or, by GNU's extension, in base 256."""
    field = header[124:136]
    if field[0] in {0o200, 0o377}:
        return int.from_bytes(field[1:], "big") - (256 ** (len(field) - 1) if field[0] == 0o377 else 0)
    return int(field.split(b"\0")[0].strip() or b"0", 8)


def _place(member: tarfile.TarInfo) -> tuple[str, str]:
    """The top folder of a member, and its path inside."""
    name = member.name.removeprefix("./")
    kind_is_fine = (member.isreg() and not member.issparse()) or member.isdir()
    parts = name.split("/")
    if not kind_is_fine or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
        raise IntegrityError(f"archive refused: it holds {member.name[:200]!r}, a {_kind(member)}")
    top, _, path = name.partition("/")
    if member.isreg() and not path:
        raise IntegrityError(f"archive refused: {name[:200]!r} is in no folder")
    return top, path


def _kind(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return "link"
    return "path that leads out" if member.isreg() or member.isdir() else "device or other special file"


def _chunks(content: IO[bytes], path: str) -> Iterator[bytes]:
    try:
        while chunk := content.read(CHUNK_BYTES):
            yield chunk
    except (tarfile.TarError, EOFError) as error:
        raise IntegrityError(f"archive refused: {path} is cut short: {error}") from error
