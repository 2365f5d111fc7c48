"""Spaces that are read, and those that are restored: ``python -m bench.spaces [DIR] [--model NAME]... [--count N]``.

DIR is what ``bench.labelled_pages`` wrote; by default pages in languages with spaces are made anew. Lines are cut out
where they are written, so only recognition is measured, in float32. Between two characters that were read right, one
after the other, there is a space or none; printed are the spaces written, those read, and those read where none is
written, without and with ``restore_spaces``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from bench.characters import cut, recognizer
from rapidfuzz.distance import Levenshtein

from bench import labelled_pages, page_accuracy
from ocrzoo.decoding import decoding

LANGUAGES = ("en", "en", "de", "fr", "es", "it")
SEED = 11
"""The weights were fitted to pages of other seeds."""


@dataclass
class Counts:
    """Spaces between characters that were read right."""

    gaps: int = 0
    """Places without a space."""
    written: int = 0
    read: int = 0
    false: int = 0

    def add(self, found: Sequence[tuple[bool, bool]]) -> None:
        """Count a line: of each gap, whether a space is written there, and whether one was read."""
        self.gaps += sum(not written for written, _ in found)
        self.written += sum(written for written, _ in found)
        self.read += sum(written and read for written, read in found)
        self.false += sum(read and not written for written, read in found)

    def __str__(self) -> str:
        """Return the cells of a row."""
        share = 100 * self.read / max(self.written, 1)
        return f"{self.read:,} of {self.written:,} ({share:.1f} %) | {self.false} of {self.gaps:,}"


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR")
    parser.add_argument("--model", action="append", metavar="NAME")
    parser.add_argument("--count", type=int, default=60)
    options = parser.parse_args(argv)
    print("| model | lines | spaces read | false | with restore_spaces | false | lines better | worse |")
    print("|---|---|---|---|---|---|---|---|")
    with ExitStack() as stack:
        folder = options.folder
        if folder is None:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            labelled_pages.write(folder, labelled_pages.pages(options.count, SEED, LANGUAGES))
        for model in options.model or page_accuracy.MODELS:
            print(_row(model, folder), flush=True)


def _row(model: str, folder: Path) -> str:
    reader = recognizer(model)
    lines = _lines(model, folder)
    images = [image for _, image in lines]
    before, after = Counts(), Counts()
    better = worse = 0
    plain = reader.predict(images)
    restored = reader.predict(images, decoding=decoding(restore_spaces=True))
    for (written, _), one, other in zip(lines, plain, restored, strict=True):
        before.add(list(gaps(written, one.entries)))
        after.add(list(gaps(written, other.entries)))
        errors = [Levenshtein.distance(written, line.text) for line in (one, other)]
        better += errors[1] < errors[0]
        worse += errors[1] > errors[0]
    return f"| {model} | {len(lines):,} | {before} | {after} | {better} | {worse} |"


def _lines(model: str, folder: Path) -> list[tuple[str, Any]]:
    pages = page_accuracy.claimed(labelled_pages.load(folder), model)
    return [line for page in pages for line in cut(folder, page)]


def gaps(written: str, entries: Sequence[str]) -> Iterator[tuple[bool, bool]]:
    """Yield, for two characters read right one after the other, whether a space is written and read between them."""
    places = [place for place, entry in enumerate(entries) for _ in entry if entry != " "]
    read = "".join(entry for entry in entries if entry != " ")
    spaced = [len(part) for part in written.split(" ")]
    ends = set(np.cumsum(spaced).tolist())
    blocks = Levenshtein.opcodes(read, written.replace(" ", ""))
    for block in blocks:
        if block.tag == "equal":
            shift = block.dest_start - block.src_start
            for one in range(block.src_start, block.src_end - 1):
                has = " " in entries[places[one] : places[one + 1]]
                yield one + 1 + shift in ends, has


if __name__ == "__main__":
    main()
