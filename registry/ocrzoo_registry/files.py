"""Files: bounded reads of regular files only, atomic writes, and digests."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import IO

from ocrzoo_registry.errors import SourceError, UsageError

WINDOWS = os.name == "nt"
MOVE_PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between the attempts of :func:`move`."""


def expand_user(path: str) -> Path:
    """Return the path with ``~`` replaced; unchanged where the user has no home directory, as in some containers."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  # Path.expanduser raises


def open_regular(path: Path) -> BufferedReader:
    """Open a file for reading; a pipe or device is refused rather than waited for.

    Raises:
        OSError: The file cannot be read, or is no regular file.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(f"{path}: a folder, not a file")
    raise OSError(f"{path}: a pipe or device, not a file")


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """Return the content of a file.

    Raises:
        OSError: The file cannot be read, is no regular file, or is larger.
    """
    with open_regular(path) as file:
        return read_stream(file, max_bytes, str(path), os.fstat(file.fileno()).st_size)


def read_lines(path: Path, max_bytes: int) -> list[str]:
    """Return the lines of a text file, UTF-8, without their ends.

    Raises:
        UsageError: It cannot be read, is no regular file, is larger, or is no such text.
    """
    try:
        text = read_bounded(path, max_bytes).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not a UTF-8 text file") from error
    return [line.removesuffix("\r") for line in text.split("\n")]


def read_stream(file: IO[bytes], max_bytes: int, name: str, size: int = 0) -> bytes:
    """Return the rest of a stream of about ``size`` bytes; memory is taken for what is there, not for the most.

    Raises:
        OSError: It cannot be read, or is larger.
    """
    parts, left, wanted = list[bytes](), max_bytes + 1, max(size + 1, CHUNK_BYTES)
    while left > 0 and (part := file.read(min(wanted, left))):
        parts.append(part)
        left -= len(part)
        wanted = CHUNK_BYTES
    if left == 0:
        raise OSError(f"{name}: larger than {max_bytes} bytes")
    return b"".join(parts)


def reason(error: OSError) -> str:
    """Return why a file could not be read, without its name."""
    return error.strerror or str(error).partition(": ")[2] or str(error) or type(error).__name__


@contextmanager
def os_errors_as(kind: type[Exception], what: str, hint: str = "") -> Iterator[None]:
    """Turn an OSError into another error: what failed, the reason, and the next step; on a full disk, to make room."""
    try:
        yield
    except OSError as error:
        step = f"make room, or {hint}" if hint and error.errno in {errno.ENOSPC, errno.EDQUOT} else hint
        raise kind(f"{what}: {reason(error)}" + (f". {step[0].upper()}{step[1:]}." if step else "")) from error


def resolved(path: Path) -> Path:
    """Return an absolute path without links; links in a circle stay, where ``Path.resolve`` raises an error."""
    return Path(os.path.realpath(path))


def leads_outside(folder: Path, path: str) -> bool:
    """Whether a path in a folder is, or goes through, a link to something outside of it."""
    return not resolved(folder / path).is_relative_to(resolved(folder))


def has_size(path: Path, size: int) -> bool:
    """Whether a file is there and has this many bytes."""
    try:
        return path.stat().st_size == size
    except OSError:
        return False


LEFTOVER = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}")
"""Names of temporary files of :func:`write_atomically`, which stay where a process was killed."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file atomically: to a temporary file beside it, synced and renamed.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        move(beside, path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def move(path: Path, target: Path) -> None:
    """Rename a file or folder; a file that has the new name is replaced.

    Windows refuses it while anybody has the file, or one in the folder, open: a virus scanner may, or a reader. Such
    a moment is waited for.

    Raises:
        OSError: It cannot be renamed.
    """
    for pause in MOVE_PAUSES_S if WINDOWS else ():
        try:
            path.replace(target)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    path.replace(target)


def sync(path: Path) -> None:
    """Make a file or folder survive a power cut (folders cannot be synced on every system).

    Raises:
        OSError: It cannot be synced.
    """
    try:
        handle = os.open(path, os.O_RDWR if WINDOWS else os.O_RDONLY)  # Windows syncs only what may be written
    except PermissionError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


CHUNK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file.

    Raises:
        OSError: It cannot be read, or is a pipe or device.
    """
    import hashlib

    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def receive(chunks: Iterable[bytes], target: Path, limit: int | None = None) -> tuple[int, str]:
    """Write chunks to a new file and return its size and SHA-256; stops past ``limit`` bytes."""
    import hashlib

    digest, size = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        for chunk in chunks:
            size += len(chunk)
            digest.update(chunk)
            file.write(chunk)
            if limit is not None and size > limit:
                break
    return size, digest.hexdigest()


def read_chunks(path: Path, offset: int = 0) -> Iterator[bytes]:
    """Read a local file as chunks, from a byte offset.

    Raises:
        SourceError: The file cannot be read.
    """
    with os_errors_as(SourceError, str(path)), open_regular(path) as file:
        file.seek(offset)
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def missing_of(folder: Path, names: Iterable[str]) -> list[str]:
    """Return which of these files a folder lacks, sorted."""
    return sorted(name for name in names if not (folder / name).is_file())
