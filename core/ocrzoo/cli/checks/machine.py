"""The processor's instructions and cores, and memory, with the limits that a container sets."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ocrzoo.cli.checks import Finding
from ocrzoo.engines.limits import cpu_limit, memory_limit, usable_cores
from ocrzoo_registry.zoo import Zoo

NEEDED = {"sse4_2": "OpenVINO and ONNX Runtime", "avx2": "OpenVINO's and ONNX Runtime's fast code"}
"""Instructions without which engines crash or are slow, on x86-64; with who uses them."""
GOOD = ("avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "avx_vnni")
"""Instructions that make engines faster."""
MIN_MEMORY = 1 << 30
"""Bytes: a page of ordinary size needs about 0.6 GB with OpenVINO (``docs/engines.md``)."""


def cpu(_zoo: Zoo) -> Iterator[Finding]:
    """Instructions, and the cores that may be used."""
    flags = _flags()
    has = [name for name in (*NEEDED, *GOOD) if name in flags]
    cores, usable, quota = os.cpu_count() or 1, usable_cores(), cpu_limit()
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


def _total_memory() -> int | None:
    with suppress(ValueError, OSError):
        if sys.platform != "win32":
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
