"""Reading files that somebody else may have put there: regular ones only, and not more than a bound."""

from __future__ import annotations

import os
import stat
from io import BufferedReader
from pathlib import Path


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
    """Read a whole file.

    Raises:
        OSError: The file cannot be read, is no regular file, or is larger.
    """
    with open_regular(path) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise OSError(f"{path}: larger than {max_bytes} bytes")
    return content


def reason(error: OSError) -> str:
    """Say why a file could not be read, without its name where the system says it apart."""
    return error.strerror or str(error).partition(": ")[2] or str(error) or type(error).__name__
