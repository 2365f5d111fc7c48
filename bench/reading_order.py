"""How often the reading order of synthetic pages is right: PaddleX's order, and ocrzoo's.

    python -m bench.reading_order [--pages 20] [--kind NAME]

Each kind of page of ``layouts.py`` is laid out with several seeds and turned by -5 to 5 degrees, with the noise of a
detector on every box. Columns of the table: pages whose order is entirely right, and Kendall's tau (1: all pairs of
lines in the right order, -1: reversed), each with PaddleX's order of boxes and with the reading order; and the median
of the processor time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence

import numpy as np
from bench.layouts import KINDS, Placed, detected, layout
from numpy.typing import NDArray

from ocrzoo.processing.geometry import paddlex_order
from ocrzoo.processing.reading_order import Lines, reading_order
from ocrzoo.text.bidi import letters_from_right

_FIRST_SEED = 100
"""The thresholds of ``ocrzoo.processing.columns`` were set on pages of lower seeds."""


def tau(order: Sequence[int]) -> float:
    """Return Kendall's tau of an order against 0, 1, 2, ..."""
    places = np.array(order)
    if len(places) < 2:
        return 1.0
    later = np.triu(np.sign(places[None, :] - places[:, None]), 1)
    return float(later.sum() / (len(places) * (len(places) - 1) / 2))


def as_lines(lines: Sequence[Placed], polygons: NDArray[np.float32]) -> Lines:
    """Return what the order depends on."""
    return Lines(
        polygons,
        np.array([line.down for line in lines], bool),
        np.array([len(line.text) for line in lines], int),
        np.array([letters_from_right(line.text) for line in lines], int),
    )


def orders(kind: str, seed: int, degrees: float) -> tuple[list[int], list[int], float]:
    """Return PaddleX's order of a page, the reading order, and the seconds that it took; right is 0, 1, 2, ..."""
    lines = layout(kind, seed)
    polygons = detected(lines, degrees, seed)
    before = paddlex_order([quad.astype(np.int16) for quad in polygons])
    shuffled = np.random.default_rng(seed).permutation(len(lines))
    given = as_lines([lines[index] for index in shuffled], polygons[shuffled])
    began = time.process_time()
    found = reading_order(given)
    took = time.process_time() - began
    return before, [int(shuffled[index]) for index in found], took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--kind", choices=KINDS)
    asked = parser.parse_args()
    print("| kind | right before | right | tau before | tau | ms |\n|---|---|---|---|---|---|")
    sums: list[tuple[float, ...]] = []
    for kind in [asked.kind] if asked.kind else KINDS:
        rows = []
        for seed in range(asked.pages):
            degrees = -5 + 10 * seed / max(asked.pages - 1, 1)
            before, after, took = orders(kind, _FIRST_SEED + seed, degrees)
            right = sorted(after)
            rows.append((before == right, after == right, tau(before), tau(after), 1000 * took))
        sums += rows
        _row(kind, rows)
    _row("all", sums)


def _row(kind: str, rows: Sequence[tuple[float, ...]]) -> None:
    old, new, tau_old, tau_new, took = (list(column) for column in zip(*rows, strict=True))
    print(
        f"| {kind} | {sum(old)} of {len(rows)} | {sum(new)} | {statistics.mean(tau_old):.3f} "
        f"| {statistics.mean(tau_new):.3f} | {statistics.median(took):.1f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
