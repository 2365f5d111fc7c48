"""The processor's instructions and cores, and memory, with the limits that a container sets."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ocrzoo.cli.checks import Finding
from ocrzoo_registry.zoo import Zoo

NEEDED = {"sse4_2": "OpenVINO and ONNX Runtime", "avx2": "OpenVINO's and ONNX Runtime's fast code"}
"""Instructions without which engines crash or are slow, on x86-64; with who uses them."""
GOOD = ("avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "avx_vnni")
"""Instructions that make engines faster."""
MIN_MEMORY = 1 << 30
"""Bytes: a page of ordinary size needs about 0.6 GB with OpenVINO (``docs/engines.md``)."""

_CGROUPS = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60
"""Version 1 of cgroups writes a number above this where there is no limit."""


def cpu(_zoo: Zoo) -> Iterator[Finding]:
    """Instructions, and the cores that may be used."""
    flags = _flags()
    has = [name for name in (*NEEDED, *GOOD) if name in flags]
    cores, usable, quota = os.cpu_count() or 1, _usable_cores(), cpu_limit()
    share = "" if quota is None else f", limited to {quota:g} by the container"
    data = {"cores": cores, "usable": usable, "limit": quota, "instructions": has, "machine": platform.machine()}
    listed = f"; {', '.join(has)}" if has else ""
    yield Finding("ok", f"{platform.machine()}, {usable} of {cores} cores{share}{listed}", data=data)
    for name, who in NEEDED.items() if flags and platform.machine() in {"x86_64", "AMD64"} else ():
        if name not in flags:
            yield Finding(
                "warning",
                f"the CPU has no {name}: {who} may crash or be slow",
                "use another machine or virtual CPU type",
            )
    if quota is not None and math.ceil(quota) < usable:
        yield Finding(
            "warning",
            f"{usable} threads are started, and the container may use {quota:g} cores: they wait for each other",
            f"pin as many cores as you may use (docker run --cpuset-cpus 0-{math.ceil(quota) - 1}, or taskset)",
        )


def memory(_zoo: Zoo) -> Iterator[Finding]:
    """Memory, and the limit of the container."""
    total, limit = _total_memory(), memory_limit()
    known = [size for size in (total, limit) if size is not None]
    if not known:
        yield Finding("ok", "memory is not known on this system")
        return
    usable = min(known)
    share = f", limited by the container, of {_gib(total)}" if total and limit and limit < total else ""
    message = f"{_gib(usable)}{share}"
    data = {"total": total, "limit": limit}
    if usable < MIN_MEMORY:
        yield Finding("warning", f"{message}: reading may run out of memory", "allow at least 1 GiB", data)
    else:
        yield Finding("ok", message, data=data)


def cpu_limit(root: Path = _CGROUPS, own: str | None = None) -> float | None:
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


def memory_limit(root: Path = _CGROUPS, own: str | None = None) -> int | None:
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


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _total_memory() -> int | None:
    with suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def _flags() -> frozenset[str]:
    """The instruction sets of the first core; empty where the system does not list them."""
    with suppress(OSError), Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith(("flags", "Features")):
                return frozenset(line.partition(":")[2].split())
    return frozenset()


def _gib(size: int | None) -> str:
    return "" if size is None else f"{size / (1 << 30):.1f} GiB"
