"""Figures of a comparison: medians with their spread, ratios round by round, texts in common, character errors."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.labelled_pages import LABELS, LabelledPage, load, picture
from bench.scoring import Read, Score, score

Texts = Sequence[str]
"""The lines of a page."""


@dataclass
class Measured:
    """What was measured of a program, round by round."""

    name: str
    rounds: list[dict[str, float]] = field(default_factory=list)
    """The figures of ``peers_worker.measure``, and the number of ``pages``."""
    cold_s: list[float] = field(default_factory=list)
    lines: dict[str, list[Read]] = field(default_factory=dict)
    """Page -> its lines, as they were read the last time."""

    def add(self, pages: Sequence[str], answer: Mapping[str, Any]) -> None:
        """Take a worker's answer for some pages."""
        figures = {key: value for key, value in answer.items() if key not in {"texts", "quads"}}
        self.rounds.append({"pages": len(pages), **figures})
        for page, texts, quads in zip(pages, answer["texts"], answer["quads"], strict=True):
            self.lines[page] = [Read(text, quad) for text, quad in zip(texts, quads, strict=True)]

    @property
    def texts(self) -> dict[str, list[str]]:
        """Page -> the texts of its lines."""
        return {page: [line.text for line in lines] for page, lines in self.lines.items()}

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


def error_rate(read: Mapping[str, Sequence[Read]], truth: Mapping[str, LabelledPage]) -> float | None:
    """Return the character error rate of all pages whose truth is known, in percent, spaces counted."""
    total = Score()
    for page in read.keys() & truth.keys():
        total.add(score([(line.text, line.quad) for line in truth[page].lines], read[page]))
    return total.cer if total.characters else None


def read_truth(pages: Sequence[str]) -> dict[str, LabelledPage]:
    """Return page -> what is written on it, for the pages that ``labels.json`` in their folder describes."""
    folders = {Path(page).parent for page in pages}
    labelled = [(folder, one) for folder in folders if (folder / LABELS).is_file() for one in load(folder)]
    return {str(picture(folder, one)): one for folder, one in labelled}


def table(measured: Sequence[Measured], reference: str, truth: Mapping[str, LabelledPage]) -> Iterator[str]:
    """Lay the figures out, a row a program."""
    (base,) = (one for one in measured if one.name == reference)
    headings = ("ms/page", "least", "most", "CPU ms", "engine", "cold s", "peak MB", "times as fast", "same", "CER %")
    widths = (9, 7, 7, 8, 8, 8, 9, 19, 7, 7)
    yield f"{'':23}" + "".join(f"{heading:>{width}}" for heading, width in zip(headings, widths, strict=True))
    for one in measured:
        ms, cpu = Spread.of(one.per_page("ms")), statistics.median(one.per_page("cpu_ms"))
        share = statistics.median([a / b for a, b in zip(one.per_page("engine_ms"), one.per_page("ms"), strict=True)])
        rate = error_rate(one.lines, truth)
        cells = (
            *(f"{ms.median:.0f}", f"{ms.least:.0f}", f"{ms.most:.0f}", f"{cpu:.0f}"),
            f"{share:.0%}" if share else "",
            f"{statistics.median(one.cold_s):.2f}" if one.cold_s else "",
            f"{max(turn['peak_mb'] for turn in one.rounds):.0f}",
            times_as_fast(one, base).format(2),
            f"{same_texts(one.texts, base.texts):.1%}",
            "" if rate is None else f"{rate:.2f}",
        )
        yield f"{one.name:23}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
