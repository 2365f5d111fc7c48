"""Figures of servers under load: requests a second, percentiles, errors by status, memory, ratios round by round."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.peer_figures import Spread

MB = 1 << 20
Request = tuple[float, float, int]
"""When it ended, the seconds that it took, and its status."""


@dataclass(frozen=True)
class Figures:
    """One server under one load, in one round."""

    per_second: float
    """Requests that were answered with 200."""
    p50: float
    """Seconds, as all others."""
    p99: float
    statuses: Mapping[int, int]
    """How many requests had which status; 0: no answer."""
    peak: int
    """Bytes of all its processes."""
    cpu_s: float
    voluntary: float
    """Switches of threads that waited, a request."""
    involuntary: float
    """Switches of threads whose time was over, a request."""

    @property
    def errors(self) -> dict[int, int]:
        """The requests that were not answered with 200."""
        return {status: count for status, count in self.statuses.items() if status != 200}


def summarize(
    done: Sequence[Request], peak: int, *, cpu_s: float = 0, voluntary: int = 0, involuntary: int = 0
) -> Figures:
    """Summarize at least one request; the time is that from the first one's beginning to the last one's end."""
    answered = sorted(seconds for _, seconds, status in done if status == 200)
    taken = max(ended for ended, _, _ in done) - min(ended - seconds for ended, seconds, _ in done)
    return Figures(
        len(answered) / taken,
        percentile(answered, 50),
        percentile(answered, 99),
        dict(Counter(status for _, _, status in done)),
        peak,
        cpu_s / len(done),
        voluntary / len(done),
        involuntary / len(done),
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest value that so many percent do not exceed; nan of none."""
    if not ordered:
        return float("nan")
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


def ratios(one: Sequence[Figures], reference: Sequence[Figures]) -> Spread:
    """How many times as many requests a second a server answers as a reference, round by round."""
    return Spread.of([a.per_second / b.per_second for a, b in zip(one, reference, strict=True)])


def rows(measured: Mapping[str, Mapping[str, Sequence[Figures]]], reference: str | None) -> Iterator[str]:
    """Lay out the rounds of load -> server -> rounds, a row for each server under each load."""
    headings = ("req/s", "least", "most", "p50 s", "p99 s", "CPU ms", "peak MB", "vol.", "invol.", "times as many")
    widths = (8, 8, 8, 8, 8, 8, 9, 7, 7, 20)
    yield f"{'':45}" + "".join(f"{name:>{width}}" for name, width in zip(headings, widths, strict=True)) + "  errors"
    for load, servers in measured.items():
        for server, rounds in servers.items():
            speed = Spread.of([one.per_second for one in rounds])
            base = None if reference is None else servers.get(reference)
            cells = (
                *(f"{speed.median:.2f}", f"{speed.least:.2f}", f"{speed.most:.2f}"),
                *(f"{statistics.median(getattr(one, name) for one in rounds):.3f}" for name in ("p50", "p99")),
                f"{1000 * statistics.median(one.cpu_s for one in rounds):.1f}",
                f"{max(one.peak for one in rounds) / MB:.0f}",
                *(
                    f"{statistics.median(getattr(one, name) for one in rounds):.0f}"
                    for name in ("voluntary", "involuntary")
                ),
                "" if base is None else ratios(rounds, base).format(2),
            )
            errors = sum((Counter(one.errors) for one in rounds), Counter[int]())
            told = ", ".join(f"{count} x {status}" for status, count in sorted(errors.items()))
            line = f"{load:35}{server:10}" + "".join(
                f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)
            )
            yield f"{line}  {told}".rstrip()


def as_json(measured: Mapping[str, Mapping[str, Sequence[Figures]]]) -> dict[str, Any]:
    """Return all rounds as JSON has them."""
    return {
        load: {name: [vars(one) for one in rounds] for name, rounds in servers.items()}
        for load, servers in measured.items()
    }


@dataclass(frozen=True)
class Growth:
    """How the memory of a server went, over many requests."""

    first: int
    """Bytes after a tenth of the requests: models, buffers and threads are there."""
    last: int
    peak: int
    per_thousand: float
    """Bytes that a thousand requests add, by a straight line through the second half."""


def growth(seen: Sequence[tuple[int, int]]) -> Growth:
    """Summarize the bytes seen after so many requests; at least four."""
    half = seen[len(seen) // 2 :]
    slope, _ = statistics.linear_regression([count for count, _ in half], [memory for _, memory in half])
    memory = [memory for _, memory in seen]
    return Growth(memory[max(1, len(memory) // 10)], memory[-1], max(memory), 1000 * slope)
