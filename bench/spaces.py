"""Spaces that are read, and those that are restored: ``python -m bench.spaces [DIR] [--model NAME]... [--count N]``.

With ``--fit``, weights of ``restore_spaces`` are fitted first, by logistic regression on the gaps of English pages of
other seeds that PP-OCRv4_mobile reads; they are printed, and used for the figures instead of those in the code.

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
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from bench.characters import cut, recognizer
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from bench import labelled_pages, page_accuracy
from ocrzoo.decoding import decoder, decoding, spaces
from ocrzoo.processing.recognition import Line

LANGUAGES = ("en", "en", "de", "fr", "es", "it")
SEED = 11
"""The weights were fitted to pages of other seeds."""
FITTED_SEEDS, FITTED_MODEL = (1, 7), "PP-OCRv4_mobile"
"""Seeds of the labelled pages whose English ones weights are fitted to, and the model that reads them."""
CAUTION = 1.0
"""By how much the constant is less than what fits best: that halves the spaces that are wrong."""


class Gap(NamedTuple):
    """What is between two characters that were read right, one after the other."""

    place: int
    """The entry of the first of them."""
    written: bool
    """Whether a space is written there."""
    read: bool


@dataclass
class Counts:
    """Spaces between characters that were read right."""

    gaps: int = 0
    """Places without a space."""
    written: int = 0
    read: int = 0
    false: int = 0

    def add(self, found: Sequence[Gap]) -> None:
        """Count a line."""
        self.gaps += sum(not one.written for one in found)
        self.written += sum(one.written for one in found)
        self.read += sum(one.written and one.read for one in found)
        self.false += sum(one.read and not one.written for one in found)

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
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args(argv)
    if options.fit:
        spaces.WEIGHTS = _fitted_weights()
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


def _fitted_weights() -> spaces.Weights:
    """Fit weights, and print them."""
    features, written, count = [], [], 0
    with TemporaryDirectory() as folder:
        for seed in FITTED_SEEDS:
            english = (one for one in labelled_pages.pages(seed=seed) if one[0].language == "en")
            labelled_pages.write(Path(folder), english)
            lines = _lines(FITTED_MODEL, Path(folder))
            count += len(lines)
            for one, is_space in _examples(lines):
                features.append((one.probability, one.gap, one.widest, 1.0))
                written.append(is_space)
    best = logistic_regression(np.array(features), np.array(written, np.float64)) - [0, 0, 0, CAUTION]
    fitted = spaces.Weights._make(best.round(1).tolist())
    print(f"fitted to {len(written):,} gaps of {count:,} lines, {sum(written):,} of them spaces: {fitted}", flush=True)
    return fitted


def _examples(lines: Sequence[tuple[str, Any]]) -> Iterator[tuple[spaces.Candidate, bool]]:
    """Yield the gaps in which no space was read, between characters read right, and whether one is written there."""
    reader = recognizer(FITTED_MODEL)
    seen: list[list[spaces.Candidate]] = []

    def noted(line: Line, output: NDArray[np.float32], space: int) -> Line:
        seen.append(spaces.candidates(line.entries, line.columns, output[:, space]))
        return line

    with patch.object(decoder, "with_spaces", noted):
        for written, image in lines:
            seen.clear()
            (line,) = reader.predict([image], decoding=decoding(restore_spaces=True))
            if len(seen) != 1:  # read in pieces
                continue
            found = {one.place: one for one in seen[0]}
            yield from ((found[gap.place], gap.written) for gap in gaps(written, line.entries) if gap.place in found)


def logistic_regression(features: NDArray[np.float64], classes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of N x K features that make the N classes, 0 or 1, most likely, by Newton's method."""
    weights = np.zeros(features.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (classes - chances)
        curvature = (features.T * (chances * (1 - chances))) @ features
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(weights)), slope)
        weights += step
        if abs(step).max() < 1e-9:
            break
    return weights


def _lines(model: str, folder: Path) -> list[tuple[str, Any]]:
    pages = page_accuracy.claimed(labelled_pages.load(folder), model)
    return [line for page in pages for line in cut(folder, page)]


def gaps(written: str, entries: Sequence[str]) -> Iterator[Gap]:
    """Yield what is between each two characters that were read right, one after the other."""
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
                yield Gap(places[one], one + 1 + shift in ends, has)


if __name__ == "__main__":
    main()
