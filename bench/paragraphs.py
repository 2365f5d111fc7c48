"""How often lines are joined to the right paragraphs, and headings found: ``python -m bench.paragraphs [--pages 20]``.

Pages of ``layouts.py`` are set in English prose, turned by -5 to 5 degrees, with the noise of a detector on every box.
A *join* is two lines, one after the other, of one paragraph. Columns of the table: joins that were found, joins that
were made where there is none, headings that were found, and lines that were taken for headings though they are none.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.labelled_pages import TextPage
from bench.layouts import KINDS, Placed, detected
from bench.reading_order import as_lines

from ocrzoo.processing.blocks import Paragraph
from ocrzoo.processing.paragraphs import paragraphs
from ocrzoo.processing.reading_order import reading_order, straightened

_FIRST_SEED = 100
"""The thresholds of ``ocrzoo.processing.paragraphs`` were set on pages of lower seeds."""
LEVEL = [kind for kind, (_, script) in KINDS.items() if script == "latin"]


@dataclass
class Counts:
    """Joins and headings: those there are, those that were found, and those that were found though they are none."""

    joins: int = 0
    found: int = 0
    wrong: int = 0
    headings: int = 0
    seen: int = 0
    taken: int = 0

    def add(
        self, joined: set[tuple[int, int]], right: set[tuple[int, int]], heads: set[int], written: set[int]
    ) -> None:
        """Count a page."""
        self.joins += len(right)
        self.found += len(joined & right)
        self.wrong += len(joined - right)
        self.headings += len(written)
        self.seen += len(heads & written)
        self.taken += len(heads - written)

    def row(self, name: str) -> str:
        """Return the row of a table."""
        found = f"{self.found} of {self.joins} | {self.wrong}"
        return f"| {name} | {found} | {self.seen} of {self.headings} | {self.taken} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--first", type=int, default=_FIRST_SEED, help="seed of the first page")
    parser.add_argument("--kind", choices=LEVEL)
    asked = parser.parse_args()
    print("| kind | joins found | wrong joins | headings found | wrong headings |\n|---|---|---|---|---|")
    every = Counts()
    for kind in [asked.kind] if asked.kind else LEVEL:
        counts = Counts()
        for number in range(asked.pages):
            seed = asked.first + number
            lines = laid_out(kind, seed)
            found = measured(lines, seed, -5 + 10 * number / max(asked.pages - 1, 1))
            for one in (counts, every):
                one.add(*found)
        print(counts.row(kind), flush=True)
    print(every.row("all"))


def laid_out(kind: str, seed: int) -> list[Placed]:
    """Return the lines of a page of English prose, in reading order."""
    page = TextPage(random.Random(f"{kind} {seed}"))
    KINDS[kind][0](page)
    return [line for line in page.lines if line.text.strip()]


def measured(
    lines: Sequence[Placed], seed: int, degrees: float
) -> tuple[set[tuple[int, int]], set[tuple[int, int]], set[int], set[int]]:
    """Return the joins that were found and those that there are, and the same of headings."""
    given = as_lines(lines, detected(lines, degrees, seed))
    order = reading_order(given)
    found = paragraphs(straightened(given)[order], [lines[line].text for line in order])
    joined = {(order[first], order[second]) for first, second in joins(found)}
    right = {(one, one + 1) for one in range(len(lines) - 1) if lines[one].paragraph == lines[one + 1].paragraph}
    heads = {order[line] for part in found if part.kind == "heading" for line in part.lines}
    return joined, right, heads, {number for number, line in enumerate(lines) if line.is_heading}


def joins(found: Sequence[Paragraph]) -> Iterable[tuple[int, int]]:
    """Yield the lines that follow each other in a paragraph."""
    for part in found:
        if part.kind != "rows":
            yield from pairwise(part.lines)
    for part, after in pairwise(found):
        if part.goes_on:
            yield part.lines[-1], after.lines[0]


if __name__ == "__main__":
    main()
