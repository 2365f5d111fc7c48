"""The memory of this process."""

from __future__ import annotations

import ctypes
import math
import os
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Lock

GROWTH = 16 << 20
"""Bytes that a process may grow by before freed memory is given back."""
PAUSE_S = 1.0
"""Seconds in which that is done once: with what is then taken anew, it costs about ten milliseconds."""

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


class Trimmer:
    """Trims the process now and then: what glibc keeps for each thread grows with every page of another size."""

    def __init__(self, growth: int = GROWTH, pause_s: float = PAUSE_S) -> None:
        """``growth`` is in bytes."""
        self._growth = growth
        self._pause_s = pause_s
        self._last = -math.inf
        self._least = 0
        """Resident bytes after the last time, or less if it had less since."""
        self._lock = Lock()

    def look(self) -> None:
        """Trim if the process has grown since the last time."""
        now = resident()
        if now is None or not self._lock.acquire(blocking=False):
            return
        try:
            if now > self._least + self._growth and time.monotonic() >= self._last + self._pause_s:
                trim()
                self._last = time.monotonic()
                now = resident() or now
                self._least = now
            self._least = min(self._least, now)
        finally:
            self._lock.release()


PROCESS = Trimmer()
"""That of this process."""
