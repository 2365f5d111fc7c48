"""The memory of this process."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path

LARGE_BYTES = 1 << 20
"""Memory of this size is taken from the system and given back by itself, not kept among smaller pieces."""
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
"""Of malloc.h."""
_SETTINGS = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES")
"""Variables of the environment by which users set the same."""

_STATM = Path("/proc/self/statm")


def resident() -> int | None:
    """Return the bytes of this process that are in memory; ``None`` where neither Linux nor psutil tells them."""
    if sys.platform == "linux":
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


@cache
def limit_kept_memory(cores: int) -> None:
    """Let glibc keep little of what was freed: it keeps pieces of up to 32 MB, in up to eight pools a core.

    With pages of many sizes, a process would grow for hundreds of pages. What the environment sets is left as it is;
    other C libraries keep less.
    """
    if sys.platform == "linux" and not any(name in os.environ for name in _SETTINGS):
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
            library.mallopt(_M_ARENA_MAX, max(cores, 2))
