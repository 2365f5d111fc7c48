"""This machine, as far as it decides what a network computes and how fast: a key for what is kept about it."""

from __future__ import annotations

import hashlib
import platform
from contextlib import suppress
from functools import cache
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")
_INFO_BYTES = 1 << 14
"""The first core's part is about 2 kB; the file has one such part for each core."""

_CARDS = Path("/proc/driver/nvidia")
_CARD_BYTES = 1 << 12
"""The files about NVIDIA's driver and a card have less than 1 kB."""

_TELLING = ("vendor_id", "model name", "flags", "CPU implementer", "CPU part", "Features")
"""The lines of ``/proc/cpuinfo`` that tell CPUs apart, on x86 and on ARM: model and instruction sets, not the clock."""


@cache
def cpu_name() -> str:
    """Return the name of the CPU, as far as the system tells."""
    return _described().get("model name") or platform.processor() or platform.machine()


@cache
def cpu_key() -> str:
    """Return twelve hexadecimal digits for the model of the CPU and its instruction sets."""
    facts = [
        platform.system(),
        platform.machine(),
        cpu_name(),
        *(f"{key}={text}" for key, text in _described().items()),
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12]


@cache
def cards_key(folder: Path = _CARDS) -> str:
    """Return twelve hexadecimal digits for the models of NVIDIA's cards and their driver; empty without any."""
    facts = []
    with suppress(OSError):
        facts = [(folder / "version").read_text(encoding="utf-8", errors="replace")[:_CARD_BYTES]]
        for card in sorted(folder.glob("gpus/*/information")):
            lines = card.read_text(encoding="utf-8", errors="replace")[:_CARD_BYTES].splitlines()
            facts += [line for line in lines if line.startswith("Model:")]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:12] if facts else ""


@cache
def _described() -> dict[str, str]:
    with suppress(OSError), _CPU_INFO.open(encoding="utf-8", errors="replace") as file:
        first = file.read(_INFO_BYTES).partition("\n\n")[0]
        pairs = (line.partition(":") for line in first.splitlines())
        return {key.strip(): text.strip() for key, _, text in pairs if key.strip() in _TELLING}
    return {}
