"""What a tar archive holds: its images, where each begins, and whether the archive is whole."""

from __future__ import annotations

import posixpath
import tarfile
from collections.abc import Iterator
from typing import IO, NamedTuple

from ocrzoo.batch.places import escaped
from ocrzoo.batch.sources import suffix_of
from ocrzoo.inputs.faults import as_input_error
from ocrzoo.inputs.file_types import SUFFIXES
from ocrzoo.inputs.folders import is_hidden
from ocrzoo_registry.errors import InputError

MAX_MEMBERS = 1_000_000
MAX_HEADER_BYTES = 1 << 20
"""Of an extended header, and of what follows the last member."""
_END = bytes(2 * tarfile.BLOCKSIZE)
"""By POSIX, an archive ends with two blocks of zeros, and may be padded with more."""


class Member(NamedTuple):
    """An image in an archive."""

    start: int = 0
    """Where its bytes begin in the archive, and how many there are."""
    length: int = 0
    problem: str | None = None
    """Why it cannot be read."""


class Damaged(InputError):
    """An archive whose members are not all there."""


def members_of(file: IO[bytes], size: int, name: str) -> tuple[dict[str, Member], str | None]:
    """Return an archive's images by their names, and what is wrong with the rest of it; of two with one name, the last.

    ``./a.png`` and ``/a.png`` are ``a.png``, as ``tar`` extracts them. A link is the member that it names; the file
    system is never looked at.

    Raises:
        InputError: It is no archive, has no images, or more than ``MAX_MEMBERS`` members.
    """
    found: dict[str, Member] = {}
    links: dict[str, str] = {}
    last: dict[str, str] = {}
    stored: dict[str, Member] = {}
    damage = None
    try:
        for number, member in enumerate(_whole_members(file, size, name)):
            if number >= MAX_MEMBERS:
                raise InputError(f"{name}: more than {MAX_MEMBERS} members: split it")
            plain = Member(member.offset_data, member.size) if member.isreg() and not member.issparse() else None
            if plain is not None:
                stored[posixpath.normpath(member.name)] = plain
            if member.isdir() or not _is_image(member.name):
                continue
            shown = escaped(member.name)
            if (before := last.get(same := _as_extracted(shown))) is not None:
                del found[before]
                links.pop(before, None)
            last[same] = shown
            if member.issym():  # may name a later member
                links[shown] = posixpath.normpath(posixpath.join(posixpath.dirname(member.name), member.linkname))
            elif member.islnk():  # names an earlier one
                plain = stored.get(posixpath.normpath(member.linkname))
            found[shown] = plain or Member(problem=f"{name}#{shown}: {_unreadable(member)}")
    except Damaged as error:
        if not found:
            raise
        damage = str(error)
    if not found:
        raise InputError(f"{name}: none of its members is of a type that is read")
    found.update({shown: stored[target] for shown, target in links.items() if target in stored})
    return found, damage


def _unreadable(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return f"a link to {escaped(member.linkname)}, which is no file of the archive"
    return (
        "stored with holes, which are not read: write the archive without --sparse" if member.issparse() else "no file"
    )


def _whole_members(file: IO[bytes], size: int, name: str) -> Iterator[tarfile.TarInfo]:
    """Members up to the archive's end.

    Raises:
        Damaged: There is no end: a header that cannot be read ends an archive for ``tarfile``, which says nothing.
    """
    try:
        with as_input_error(name), tarfile.open(fileobj=_Headers(file), mode="r:") as tar:  # type: ignore[call-overload]
            for member in tar:
                end = tar.offset if member.issparse() else member.offset_data + member.size
                if member.isreg() and not member.offset_data <= end <= size:
                    raise Damaged(f"{name}: the archive ends within {escaped(member.name)}")
                yield member
                tar.members = []  # it keeps them all
            file.seek(tar.offset)
            rest = file.read(MAX_HEADER_BYTES)
    except Damaged:
        raise
    except InputError as error:
        raise Damaged(str(error)) from error
    if not rest.startswith(_END) or rest.strip(b"\0"):
        raise Damaged(
            f"{name}: damaged or cut short: what follows the last member that was found, at byte {tar.offset}, is not "
            "the end of an archive"
        )


def _as_extracted(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in {"", "."})


def _is_image(member: str) -> bool:
    parts = [part for part in member.split("/") if part not in {"", ".", ".."}]
    return suffix_of(member) in SUFFIXES and not any(map(is_hidden, parts))


class _Headers:
    """An archive of which only headers are read, and none that would fill the memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self._file.read(size)
