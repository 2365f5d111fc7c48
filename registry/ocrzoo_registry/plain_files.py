"""Reading files that somebody else may have put there: regular ones only, and not more than a bound."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """Read a whole file.

    A pipe or device is refused rather than waited for.

    Raises:
        OSError: The file cannot be read, is no regular file, or is larger.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(f"{path}: a folder, not a file")
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path}: a pipe or device, not a file")
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise OSError(f"{path}: larger than {max_bytes} bytes")
    return content


def reason(error: OSError) -> str:
    """Say why a file could not be read, without its name where the system says it apart."""
    return error.strerror or str(error).partition(": ")[2] or type(error).__name__
