"""The figures of a benchmark: the columns of the tutorial, and rows of them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ocrzoo.benchmark.samples import Samples, mean


@dataclass
class Measured:
    """What was measured of one configuration."""

    configuration: str
    hardware: str
    samples: Samples
    seconds: list[float] = field(default_factory=list)
    """Of all pages, each repeat."""
    pages: int = 0
    """Pages that were read, in all repeats."""
    lines: int = 0
    characters: int = 0
    unread: list[str] = field(default_factory=list)
    """The errors of the first repeat."""


class Column(NamedTuple):
    """A column: its key in JSON, its heading, and its decimals in the table."""

    key: str
    heading: str
    decimals: int | None = 2


COLUMNS = (
    Column("configuration", "Pipeline configuration", None),
    Column("hardware", "Hardware", None),
    Column("seconds_per_page", "Avg. inference time (s)", 3),
    Column("seconds_per_page_least", "Fastest repeat (s)", 3),
    Column("seconds_per_page_most", "Slowest repeat (s)", 3),
    Column("characters_per_second", "Characters per second", 0),
    Column("peak_cpu_percent", "Peak CPU utilization (%)", 1),
    Column("mean_cpu_percent", "Avg. CPU utilization (%)", 1),
    Column("peak_memory_mb", "Peak host memory (MB)", 1),
    Column("mean_memory_mb", "Avg. host memory (MB)", 1),
    Column("peak_gpu_percent", "Peak GPU utilization (%)", 1),
    Column("mean_gpu_percent", "Avg. GPU utilization (%)", 1),
    Column("peak_gpu_memory_mb", "Peak device memory (MB)", 1),
    Column("mean_gpu_memory_mb", "Avg. device memory (MB)", 1),
)
"""Those of the tutorial's table in its words, with the spread of the repeats and the characters read."""


def row(one: Measured) -> dict[str, Any]:
    """Return the figures by the keys of :data:`COLUMNS`; None is what was not measured, on a machine without a card.

    ``seconds_per_page`` is the median of the repeats; decoding of images is part of it. Further keys: ``pages`` read in
    each repeat, their ``lines``, ``repeats``, and ``unread`` (the errors of pages).
    """
    repeats = len(one.seconds)
    each = [seconds * repeats / one.pages for seconds in one.seconds]
    samples = one.samples
    return {
        "configuration": one.configuration,
        "hardware": one.hardware,
        "seconds_per_page": statistics.median(each),
        "seconds_per_page_least": min(each),
        "seconds_per_page_most": max(each),
        "characters_per_second": one.characters / sum(one.seconds),
        "peak_cpu_percent": max(samples.cpu_percent, default=None),
        "mean_cpu_percent": samples.mean_cpu_percent,
        "peak_memory_mb": max(samples.memory_mb, default=None),
        "mean_memory_mb": mean(samples.memory_mb),
        "peak_gpu_percent": max(samples.gpu_percent, default=None),
        "mean_gpu_percent": mean(samples.gpu_percent),
        "peak_gpu_memory_mb": max(samples.gpu_memory_mb, default=None),
        "mean_gpu_memory_mb": mean(samples.gpu_memory_mb),
        "pages": one.pages // repeats,
        "lines": one.lines // repeats,
        "repeats": repeats,
        "unread": one.unread,
    }


def table(rows: Sequence[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return headings and cells; columns that are empty in all rows are left out."""
    columns = [column for column in COLUMNS if any(one[column.key] is not None for one in rows)]
    return [column.heading for column in columns], [[_cell(one[c.key], c.decimals) for c in columns] for one in rows]


def _cell(value: Any, decimals: int | None) -> str:
    if value is None:
        return "N/A"
    return str(value) if decimals is None else f"{value:.{decimals}f}"
