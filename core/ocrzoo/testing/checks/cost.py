"""What a model costs on this machine: recorded in the report, and judged by nobody."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

from ocrzoo.memory.process import resident
from ocrzoo.testing.findings import Finding
from ocrzoo.testing.subjects import ModelSubject

ROUNDS = 5
"""Measurements; the median is reported."""


def cost(subject: ModelSubject) -> Iterator[Finding | dict[str, Any]]:
    """Yield the time of one picture by each engine, the memory of the process, and the size of the weights."""
    picture = subject.pictures[0]
    height, width = picture.shape[:2]
    times = {}
    for way in subject.loaded.ways:
        seconds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            way.predictor.predict([picture])
            seconds.append(time.perf_counter() - start)
        times[str(way)] = round(statistics.median(seconds) * 1000, 2)
    sizes = {
        file_format: sum(path.stat().st_size for path in files.folder.rglob("*") if path.is_file())
        for file_format, files in subject.weights.stored.items()
    }
    yield {
        "picture": f"{width} x {height}",
        "ms_a_picture": times,
        "process_memory_mb": None if (bytes_held := resident()) is None else round(bytes_held / (1 << 20), 1),
        "weights_mb": {file_format: round(size / 1e6, 2) for file_format, size in sizes.items()},
    }
