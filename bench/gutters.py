"""Lines that were detected across columns, and what ``split_columns`` makes of them.

    python -m bench.gutters [--model NAME]... [--set NAME]... [--pages 4] [--first 100]

Sets of pages, each shown on a screen, scanned or photographed: *layouts*, those of ``bench.structure``, whose gutters
are 1.2 to 3 ems wide; *narrow*, two and three columns with gutters of 0.7 to 1.3 ems; and *labelled*, as those of
``bench.labelled_pages``, in the languages that a model claims, half of them tables, forms, receipts and contents. The
thresholds were set on other pages. Each page is read without and with the option, in turn.

A detected line is *across* if it holds parts, each at least half as long as it is high, of two lines written beside
each other: in columns, or in cells of tables and forms. It is *split* if each of its parts is of one side, and *wrong*
if a line written is in two of them. The table that follows is that of ``bench.structure``, with the error rate of
characters (``scoring.py``) and the time of the processor, as a multiple of that without the option.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import Any

import cv2
import numpy as np
from bench.hard_pages import pipeline_of
from bench.labelled_pages import LabelledPage, page, pages
from bench.layouts import KINDS, WIDTH, Page
from bench.page_accuracy import MODELS, claimed
from bench.scoring import Read, Score, score
from bench.structure import KINDS as LAYOUTS
from bench.structure import Counts, words_of
from bench.structure import score as score_order
from numpy.typing import NDArray

from ocrzoo.pipelines.ocr import OCRPipeline

WAYS: tuple[dict[str, Any], ...] = ({}, {"split_columns": True})
IN_ROWS = ("table", "number_table", "described_table", "receipt", "form", "invoice", "contents", "mixed_sizes")
IN_ROWS += ("labeled_prose", "cells_of_lines", "text_beside_table")
"""Layouts whose lines beside each other are cells."""
Made = Iterator[tuple[LabelledPage, NDArray[np.uint8]]]


def narrow_columns(made: Page) -> None:
    """Two or three columns of prose with narrow gutters, under a headline or not."""
    rng = made.rng
    count = rng.choice((2, 2, 3))
    size = rng.uniform(15, 26 if count == 2 else 18)
    pitch, gutter = size * rng.uniform(1.25, 1.6), rng.uniform(0.7, 1.3) * size
    width = (WIDTH - 160 - gutter * (count - 1)) / count
    top = 100.0
    if rng.random() < 0.5:
        made.put(made.words(2, 4), 80, 60, 44, head=True)
        top = 160.0
    lines = rng.randint(8, 24)
    for number in range(count):
        made.prose(80 + number * (width + gutter), top, width, size, pitch, lines)


def layouts(first: int, count: int) -> Made:
    """Yield pages of the layouts that are read in an order of their own."""
    for kind in LAYOUTS:
        for number in range(first, first + count):
            yield page(f"{kind}-{number}", "en", random.Random(f"{kind} {number}"), kind)


def narrow(first: int, count: int) -> Made:
    """Yield pages with narrow gutters, twelve for each of another layout."""
    KINDS["narrow_columns"] = narrow_columns, "latin"
    for number in range(first, first + 12 * count):
        yield page(f"narrow-{number}", "en", random.Random(f"narrow {number}"), "narrow_columns")


def labelled(first: int, count: int) -> Made:
    """Yield labelled pages of a seed, fifteen for each of another layout."""
    yield from pages(15 * count, first)


SETS: dict[str, Callable[[int, int], Made]] = {"layouts": layouts, "narrow": narrow, "labelled": labelled}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", metavar="NAME", help="detection and recognition of this name")
    parser.add_argument("--set", action="append", choices=SETS)
    parser.add_argument("--pages", type=int, default=4, help="of each layout")
    parser.add_argument("--first", type=int, default=100, help="seed of the first page")
    options = parser.parse_args(argv)
    for name in options.set or SETS:
        made = list(SETS[name](options.first, options.pages))
        for model in options.model or MODELS:
            claim = {one.name for one in claimed([one for one, _ in made], model)}
            measure(f"{name}, {model}", [one for one in made if one[0].name in claim], pipeline_of(model))


def measure(title: str, made: Sequence[tuple[LabelledPage, NDArray[np.uint8]]], pipeline: OCRPipeline) -> None:
    """Read pages in both ways, and print what came of them."""
    lines = {"columns": Counter[str](), "cells": Counter[str]()}
    orders, texts, seconds = [Counts(), Counts()], [Score(), Score()], [0.0, 0.0]
    for one, pixels in made:
        next(pipeline.predict(pixels))  # whichever way is first would pay for what engines prepare for a new size
        quads = []
        for way, asked in enumerate(WAYS):
            start = time.process_time()
            (found,) = pipeline.predict(pixels, return_paragraphs=True, **asked)
            seconds[way] += time.process_time() - start
            polygons = [np.asarray(quad) for quad in found["rec_polys"]]
            score_order(orders[way], one, words_of(found, found.order))
            read = [Read(text, quad.tolist()) for text, quad in zip(found["rec_texts"], polygons, strict=True)]
            texts[way].add(score([(line.text, line.quad) for line in one.lines], read))
            quads.append(polygons)
        lines["cells" if one.layout in IN_ROWS else "columns"] += judged(one, *quads)
    print(f"\n{title}: {len(made)} pages\n| lines | detected | across | split | wrong |\n|---|---|---|---|---|")
    for kind, of in lines.items():
        print(f"| {kind} | {of['lines']} | {of['across']} | {of['split']} | {of['wrong']} |")
    print("\n| | right | tau | broken | joins found | wrong joins | lines not found | CER | time |")
    print("|---|---|---|---|---|---|---|---|---|")
    for way, asked in enumerate(WAYS):
        row = orders[way].row("split_columns" if asked else "without")
        print(f"{row} {texts[way].cer:.2f} % | {seconds[way] / seconds[0]:.3f} |", flush=True)


def judged(one: LabelledPage, before: Sequence[NDArray[np.int16]], after: Sequence[NDArray[np.int16]]) -> Counter[str]:
    """Count the lines of a page that are across, those that were split, and those that were split wrongly."""
    counts = Counter(lines=len(before))
    kept = {quad.tobytes() for quad in after}
    own = {quad.tobytes() for quad in before}
    parts = [quad for quad in after if quad.tobytes() not in own]
    for quad in before:
        across = is_across(one, held(one, quad))
        counts["across"] += across
        if quad.tobytes() in kept:
            continue
        holds = [held(one, part) for part in parts if _is_in(part.mean(axis=0), quad)]
        wrong = any(first & second for first, second in permutations(holds, 2))
        counts["wrong"] += wrong
        counts["split"] += across and not wrong and not any(is_across(one, part) for part in holds)
    return counts


def held(one: LabelledPage, quad: NDArray[np.int16]) -> set[int]:
    """Return the lines written of which a part at least half as long as the line is high is in a quad."""
    found = set()
    for number, line in enumerate(one.lines):
        corners = np.array(line.quad)
        if (corners.max(axis=0) < quad.min(axis=0)).any() or (corners.min(axis=0) > quad.max(axis=0)).any():
            continue
        start, end = corners[[0, 3]].mean(axis=0), corners[[1, 2]].mean(axis=0)
        height = float(np.linalg.norm(corners[3] - corners[0]))
        steps = np.arange(0.125, np.linalg.norm(end - start) / height, 0.25)[:, None]
        places = start + steps * height * (end - start) / np.linalg.norm(end - start)
        if sum(_is_in(place, quad) for place in places) >= 2:
            found.add(number)
    return found


def is_across(one: LabelledPage, lines: set[int]) -> bool:
    """Whether two of these lines are beside each other."""
    quads = [np.array(one.lines[line].quad) for line in lines]
    return any(first[1, 0] <= second[0, 0] + 3 for first, second in permutations(quads, 2))


def _is_in(place: NDArray[np.float64], quad: NDArray[np.int16]) -> bool:
    x, y = place.tolist()
    return cv2.pointPolygonTest(quad.astype(np.float32), (x, y), measureDist=False) >= 0


if __name__ == "__main__":
    main()
