"""What this process may use of the machine: cores and memory, with the limits that a container sets by cgroups."""

from __future__ import annotations

import math
import os
import sys
from contextlib import suppress
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60
"""Version 1 of cgroups writes a number of bytes above this where there is no limit."""


_most_threads: int | None = None


def use_at_most(threads: int) -> None:
    """Let this process use no more threads at once: others on this machine have the other cores."""
    global _most_threads  # noqa: PLW0603  # of this process
    _most_threads = threads


def usable_threads() -> int:
    """Return how many threads can run at once: on the cores of this process, and within its share of them."""
    shares = [math.ceil(limit) for limit in (cpu_limit(), _most_threads) if limit is not None]
    return min([usable_cores(), *shares])


def usable_cores() -> int:
    """Return the number of cores that this process may run on."""
    cores = os.cpu_count() or 1
    if sys.platform == "linux":
        cores = len(os.sched_getaffinity(0))
    return cores


def cpu_limit(root: Path = CGROUPS, own: str | None = None) -> float | None:
    """Return how many cores the cgroup of this process may use at once (version 2, else 1), ``None`` if unlimited.

    ``own`` is the path of the cgroup below ``root``, by default this process's.
    """
    limits = []
    for folder in _levels(root, own):
        with suppress(OSError, ValueError, ZeroDivisionError):
            quota, period = (folder / "cpu.max").read_text().split()
            limits.append(int(quota) / int(period))
    for folder in _levels(root / "cpu", own):
        with suppress(OSError, ValueError, ZeroDivisionError):
            quota_us = int((folder / "cpu.cfs_quota_us").read_text())  # -1: unlimited
            limits.append(quota_us / int((folder / "cpu.cfs_period_us").read_text()))
    return min((limit for limit in limits if limit > 0), default=None)


def memory_limit(root: Path = CGROUPS, own: str | None = None) -> int | None:
    """Return how many bytes the cgroup of this process may use, ``None`` if unlimited."""
    paths = [folder / "memory.max" for folder in _levels(root, own)]
    paths += [folder / "memory.limit_in_bytes" for folder in _levels(root / "memory", own)]
    limits = []
    for path in paths:
        with suppress(OSError, ValueError):
            limits.append(int(path.read_text()))
    return min((limit for limit in limits if limit < _UNLIMITED), default=None)


def _levels(root: Path, own: str | None) -> list[Path]:
    """The folder of this process's cgroup, and those above it: the strictest limit counts."""
    path = Path(_own_cgroup() if own is None else own)
    return [root / level for level in (path, *path.parents)]


def _own_cgroup() -> str:
    with suppress(OSError):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        return next((line.rpartition(":")[2] for line in lines), "").strip("/")
    return ""
