"""The memory of this process."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

_STATM = Path("/proc/self/statm")


def resident() -> int | None:
    """Return the bytes of this process that are in memory; ``None`` where neither Linux nor psutil tells them."""
    with suppress(OSError, ValueError, IndexError):
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    with suppress(ImportError):
        size: int = import_module("psutil").Process().memory_info().rss
        return size
    return None


def trim() -> None:
    """Give memory that was freed back to the system, where the C library keeps it (glibc)."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
