"""Resident memory over many pages of different sizes: ``python -m bench.memory [--pages N] [--large N] [FOLDER]``.

Every program reads the same pages in a process of its own, ten at a time. Printed are the resident memory after each
tenth of the pages, the peak of the process, and its ratio to that of PaddleX on ONNX Runtime. Pages are rendered
(``--seed``), each of another size, every ``--large``-th one an A4 page at 300 dpi; or they are those of a folder.

PaddleX runs in an environment of its own, made by uv for the occasion, or named by ``--paddlex``.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from bench.peer_programs import PROGRAMS, REFERENCE, job, pythons
from bench.peers import Worker, start

A4 = (3508, 2480)
"""Rows and columns at 300 dpi."""
CHUNK = 10
COLUMNS = 10
"""How often the memory is printed."""
WORDS = [
    "the",
    "page",
    "has",
    "words",
    "of",
    "many",
    "lengths",
    "and",
    "lines",
    "that",
    "end",
    "where",
    "they",
    "like",
    "0123456789",
]


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--large", type=int, default=0, metavar="N", help="every N-th page is a large one; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="PP-OCRv4_mobile")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--programs", default=f"{REFERENCE},ocrzoo exact,ocrzoo default")
    parser.add_argument("--memory", help="the ceiling of ocrzoo's programs")
    parser.add_argument("--paddlex", type=Path, metavar="DIR", help="a virtual environment with PaddleX in it")
    options = parser.parse_args(argv)
    with ExitStack() as stack:
        made = stack.enter_context(TemporaryDirectory())
        pages = rendered(Path(made), options) if options.folder is None else listed(options.folder)
        print(f"{options.model}, {len(pages)} pages, {options.threads} threads; MiB after each tenth, and the peak")
        programs = [one for one in PROGRAMS if one.name in options.programs.split(",")]
        python = stack.enter_context(pythons(programs, {"paddlex": options.paddlex} if options.paddlex else {}))
        reference = None
        for named in programs:
            limited = named.program == "ocrzoo" and options.memory
            program = replace(named, options={**named.options, "memory": options.memory}) if limited else named
            with start(program.name, python[program.program]) as worker:
                curve, peak = measured(worker, job(program, options.model, pages[:1], options.threads), pages)
            reference = peak if program.name == REFERENCE else reference
            ratio = "" if reference is None else f"{peak / reference:5.2f}"
            print(f"{program.name:24}", *(f"{one:5.0f}" for one in curve), f"  peak {peak:5.0f} {ratio}", flush=True)


def measured(worker: Worker, task: object, pages: Sequence[str]) -> tuple[list[float], float]:
    """Return the resident memory along the way, and the peak, in MiB."""
    answer = worker.ask(task)
    curve: list[float] = []
    for first in range(0, len(pages), CHUNK):
        answer = worker.ask(pages[first : first + CHUNK])
        curve.append(answer["rss_mb"])
    ends = [len(curve) * (number + 1) // COLUMNS - 1 for number in range(COLUMNS)]
    return [curve[max(end, 0)] for end in ends], answer["peak_mb"]


def listed(folder: Path) -> list[str]:
    """Return the pictures of a folder."""
    return sorted(str(path) for path in folder.iterdir() if path.suffix.lower() in {".png", ".jpg", ".jpeg"})


def rendered(folder: Path, options: argparse.Namespace) -> list[str]:
    """Render pages of words, each of another size."""
    chance = random.Random(options.seed)  # not for secrets
    paths = []
    for number in range(options.pages):
        large = options.large and number % options.large == options.large - 1
        rows, columns = A4 if large else (chance.randrange(200, 740), chance.randrange(300, 1240))
        page = np.full((rows, columns, 3), 255, np.uint8)
        for baseline in range(40, rows - 10, 120):
            text = " ".join(chance.choices(WORDS, k=chance.randrange(1, max(columns // 120, 2))))
            cv2.putText(page, text, (20, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2)
        path = folder / f"{number:05}.png"
        cv2.imwrite(str(path), page)
        paths.append(str(path))
    return paths


if __name__ == "__main__":
    main()
