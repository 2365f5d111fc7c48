"""What the processes of a benchmark use: processor and memory, and the same of a graphics card."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ocrzoo_registry.errors import UsageError

CPU_WINDOW_S = 0.2
"""The processor's use is that of at least this time."""
MB = 1 << 20

ReadGpu = Callable[[], tuple[float, float]]
"""Returns the use of a graphics card in percent, and of its memory in MB."""


@dataclass
class Samples:
    """Samples of a process and those that it has started."""

    process: Any
    """A ``psutil.Process``."""
    read_gpu: ReadGpu | None = None
    memory_mb: list[float] = field(default_factory=list)
    cpu_percent: list[float] = field(default_factory=list)
    """100 is one core."""
    gpu_percent: list[float] = field(default_factory=list)
    gpu_memory_mb: list[float] = field(default_factory=list)
    _first: tuple[float, float] | None = None
    _last: tuple[float, float] = (0.0, 0.0)

    def take(self) -> None:
        """Take a sample."""
        import psutil

        memory = cpu = 0.0
        with suppress(psutil.Error):  # it has ended
            for one in (self.process, *self.process.children(recursive=True)):
                with suppress(psutil.Error), one.oneshot():
                    times = one.cpu_times()
                    cpu += times.user + times.system
                    memory += one.memory_info().rss / MB
        if not memory:
            return
        self.memory_mb.append(memory)
        self._add_cpu(time.perf_counter(), cpu)
        if self.read_gpu is not None:
            percent, used = self.read_gpu()
            self.gpu_percent.append(percent)
            self.gpu_memory_mb.append(used)

    def _add_cpu(self, now: float, used: float) -> None:
        if self._first is None:
            self._first = self._last = (now, used)
        elif now - self._last[0] >= CPU_WINDOW_S:
            self.cpu_percent.append(_percent(self._last, (now, used)))
            self._last = (now, used)

    @property
    def mean_cpu_percent(self) -> float | None:
        """The processor's use from the first sample to the last window's end."""
        return None if self._first is None or not self.cpu_percent else _percent(self._first, self._last)


def _percent(before: tuple[float, float], after: tuple[float, float]) -> float:
    """Processor time over time; a process of a pool that has ended takes its time with it."""
    return max(0.0, 100 * (after[1] - before[1]) / (after[0] - before[0]))


def mean(figures: Sequence[float]) -> float | None:
    """Return the mean, if there is a figure."""
    return sum(figures) / len(figures) if figures else None


def require_psutil() -> Any:
    """Return the module that reads the figures of processes.

    Raises:
        UsageError: It is not installed.
    """
    try:
        import psutil
    except ImportError as error:
        raise UsageError("bench needs psutil: run pip install 'ocrzoo[bench]'") from error
    return psutil


def open_gpu(device: str) -> tuple[str, ReadGpu] | None:
    """Return the name of the NVIDIA card of a device such as ``gpu:0``, and what reads it; ``None`` for other devices.

    Raises:
        UsageError: Its library is not installed, or finds no such card.
    """
    kind, _, cards = device.partition(":")
    if kind != "gpu":
        return None
    try:
        import pynvml
    except ImportError as error:
        raise UsageError("bench --device gpu needs nvidia-ml-py: run pip install 'ocrzoo[bench]'") from error
    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByIndex(int(cards.split(",")[0] or 0))
        name = pynvml.nvmlDeviceGetName(handle)
    except pynvml.NVMLError as error:
        raise UsageError(f"--device {device}: NVIDIA's library finds no such card: {error}") from error

    def read() -> tuple[float, float]:
        used = int(pynvml.nvmlDeviceGetMemoryInfo(handle).used)
        return float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu), used / MB

    return str(name), read
