"""Figures of a comparison: medians with their spread, ratios round by round, texts in common, character errors."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Texts = Sequence[str]
"""The lines of a page."""


@dataclass
class Measured:
    """What was measured of a program, round by round."""

    name: str
    rounds: list[dict[str, float]] = field(default_factory=list)
    """The figures of ``peers_worker.measure``, and the number of ``pages``."""
    cold_s: list[float] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    """Page -> its lines, as they were read the last time."""

    def add(self, pages: Sequence[str], answer: Mapping[str, Any]) -> None:
        """Take a worker's answer for some pages."""
        self.rounds.append({"pages": len(pages), **{key: value for key, value in answer.items() if key != "texts"}})
        self.texts.update(zip(pages, answer["texts"], strict=True))

    def per_page(self, key: str) -> list[float]:
        """Return a figure a page, of each round."""
        return [one[key] / one["pages"] for one in self.rounds]


@dataclass(frozen=True)
class Spread:
    """The median of some figures, the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        """Summarize at least one figure."""
        return cls(statistics.median(figures), min(figures), max(figures))

    def format(self, digits: int) -> str:
        """Write it as ``median (least-most)``."""
        return f"{self.median:.{digits}f} ({self.least:.{digits}f}-{self.most:.{digits}f})"


def times_as_fast(one: Measured, reference: Measured) -> Spread:
    """How many times as fast as a reference a program is, round by round."""
    return Spread.of([theirs / ours for theirs, ours in zip(reference.per_page("ms"), one.per_page("ms"), strict=True)])


def same_texts(one: Mapping[str, Texts], reference: Mapping[str, Texts]) -> float:
    """Return the share of a reference's lines that are on the same page here too, letter for letter."""
    common = sum((Counter(one.get(page, ())) & Counter(lines)).total() for page, lines in reference.items())
    return common / (sum(map(len, reference.values())) or 1)


def character_errors(read: Texts, truth: Texts) -> int:
    """Return the insertions, deletions and substitutions between the lines of a page and its truth, spaces counted.

    The order of lines does not count: each line of the truth takes the line nearest to it that is left, the nearest
    pair first; what remains was invented.
    """
    from rapidfuzz.distance import Levenshtein

    pairs = sorted(
        (Levenshtein.distance(line, written), row, column)
        for row, written in enumerate(truth)
        for column, line in enumerate(read)
    )
    rows, columns, errors = set(range(len(truth))), set(range(len(read))), 0
    for distance, row, column in pairs:
        if row in rows and column in columns:
            rows.remove(row)
            columns.remove(column)
            errors += distance
    return errors + sum(len(truth[row]) for row in rows) + sum(len(read[column]) for column in columns)


def error_rate(texts: Mapping[str, Texts], truth: Mapping[str, Texts]) -> float | None:
    """Return the character errors of all pages whose truth is known, as a share of their characters."""
    known = [page for page in texts if page in truth]
    characters = sum(len(line) for page in known for line in truth[page])
    if not characters:
        return None
    return sum(character_errors(texts[page], truth[page]) for page in known) / characters


def read_truth(pages: Sequence[str]) -> dict[str, list[str]]:
    """Return page -> its lines, for the pages that ``truth.json`` in their folder names."""
    truth: dict[str, list[str]] = {}
    for folder in {Path(page).parent for page in pages}:
        kept = folder / "truth.json"
        if kept.is_file():
            lines = json.loads(kept.read_text(encoding="utf-8"))
            truth.update({str(folder / name): found for name, found in lines.items()})
    return truth


def table(measured: Sequence[Measured], reference: str, truth: Mapping[str, Texts]) -> Iterator[str]:
    """Lay the figures out, a row a program."""
    (base,) = (one for one in measured if one.name == reference)
    headings = ("ms/page", "least", "most", "CPU ms", "engine", "cold s", "peak MB", "times as fast", "same", "CER %")
    widths = (9, 7, 7, 8, 8, 8, 9, 19, 7, 7)
    yield f"{'':23}" + "".join(f"{heading:>{width}}" for heading, width in zip(headings, widths, strict=True))
    for one in measured:
        ms, cpu = Spread.of(one.per_page("ms")), statistics.median(one.per_page("cpu_ms"))
        share = statistics.median([a / b for a, b in zip(one.per_page("engine_ms"), one.per_page("ms"), strict=True)])
        rate = error_rate(one.texts, truth)
        cells = (
            *(f"{ms.median:.0f}", f"{ms.least:.0f}", f"{ms.most:.0f}", f"{cpu:.0f}"),
            f"{share:.0%}" if share else "",
            f"{statistics.median(one.cold_s):.2f}" if one.cold_s else "",
            f"{max(turn['peak_mb'] for turn in one.rounds):.0f}",
            times_as_fast(one, base).format(2),
            f"{same_texts(one.texts, base.texts):.1%}",
            "" if rate is None else f"{100 * rate:.2f}",
        )
        yield f"{one.name:23}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
