"""What helps to read pages that are hard to read: ``upscale`` and ``enhance``, before and after.

    python -m bench.hard_pages [DIR] [--model NAME]... [--fault FAULT]... [--count N] [--json FILE]

DIR is what ``bench.labelled_pages`` wrote; by default its fixed set is made anew, of ``--count`` pages. Each FAULT of
``hard_faults.py`` is done to all of them: ``small`` (letters of 4 to 10 pixels an em), ``contrast`` (gray on gray,
faded, dark, lit from a side), ``photo`` (little light, out of focus, noise), and ``clean`` (none). Each model reads
those in languages that it claims, each page with every way in turn. Printed are the lines found and read too much, the
error rate of characters, the 95 % interval of its difference from the first way (in percent points, paired by page),
and the time of the processor as a multiple of the first way's; then the error rate by kind of page.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from bench.hard_faults import FAULTS, Hard
from bench.scoring import Read, Score, interval, score

from bench import labelled_pages, page_accuracy
from ocrzoo import create_pipeline
from ocrzoo.pipelines.ocr import OCRPipeline

Way = dict[str, Any]
"""Options of ``predict``."""
WAYS: dict[str, tuple[Way, ...]] = {
    "small": ({}, {"upscale": 1.5}, {"upscale": 2}, {"upscale": 3}, {"upscale": "auto"}, {"enhance": True}),
    "contrast": ({}, {"enhance": True}, {"upscale": 2, "enhance": True}),
    "photo": ({}, {"enhance": True}, {"upscale": 2, "enhance": True}),
    "clean": ({}, {"enhance": True}, {"upscale": 2}, {"upscale": "auto"}),
}
"""What is tried on the pages of each fault; the first is what the others are compared with."""


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR")
    parser.add_argument("--model", action="append", metavar="NAME", help="detection and recognition of this name")
    parser.add_argument("--fault", action="append", choices=FAULTS)
    parser.add_argument("--count", type=int, default=labelled_pages.COUNT)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    options = parser.parse_args(argv)
    rows = []
    with ExitStack() as stack:
        folder = options.folder
        if folder is None:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            labelled_pages.write(folder, labelled_pages.pages(options.count))
        for fault in options.fault or FAULTS:
            for model in options.model or page_accuracy.MODELS:
                found = list(measured(model, fault, folder))
                rows += found
                print("\n".join(table(found)), flush=True)
    if options.json:
        page_accuracy.write(options.json, rows)


def hard(fault: str, folder: Path, model: str) -> Iterator[Hard]:
    """Yield the pages of a folder that a model claims to read, after a fault."""
    described = labelled_pages.load(folder)
    claimed = {page.name for page in page_accuracy.claimed(described, model)}
    for number, page in enumerate(described):
        pixels = cv2.imread(str(labelled_pages.picture(folder, page))) if page.name in claimed else None
        if pixels is not None:
            yield FAULTS[fault](page, np.asarray(pixels, np.uint8), number, random.Random(f"{fault} {page.name}"))


def measured(model: str, fault: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Read the pages of a fault in every way, and yield the figures of each."""
    pipeline = pipeline_of(model)
    ways = WAYS[fault]
    scores: list[list[Score]] = [[] for _ in ways]
    seconds, kinds = [0.0] * len(ways), []
    for page, pixels in hard(fault, folder, model):
        kinds.append(str(page.faults.get("hard") or page.faults.get("em") or "all"))
        next(pipeline.predict(pixels))  # whichever way is first would pay for what engines prepare for a new size
        for place, way in enumerate(ways):
            start = time.process_time()
            (result,) = pipeline.predict(pixels, **way)
            seconds[place] += time.process_time() - start
            lines = [
                Read(*line) for line in zip(result["rec_texts"], np.array(result["rec_polys"]).tolist(), strict=True)
            ]
            scores[place].append(score([(line.text, line.quad) for line in page.lines], lines))
    first = [(one.errors, one.characters) for one in scores[0]]
    for way, found, taken in zip(ways, scores, seconds, strict=True):
        total, by_kind = Score(), defaultdict[str, Score](Score)
        for kind, one in zip(kinds, found, strict=True):
            total.add(one)
            by_kind[kind].add(one)
        low, high = interval([(one.errors, one.characters) for one in found], first)
        yield {
            "model": model,
            "fault": fault,
            "way": json.dumps(way) if way else "as is",
            "pages": len(found),
            **page_accuracy.figures(total),
            "interval": [round(low, 2), round(high, 2)],
            "time": round(taken / seconds[0], 2),
            "kinds": {kind: [round(one.recall, 1), round(one.cer, 2)] for kind, one in by_kind.items()},
        }


def pipeline_of(model: str) -> OCRPipeline:
    """Load a model's pipeline; its precision is the default."""
    return create_pipeline(
        "OCR",
        text_detection_model_name=f"{model}_det",
        text_recognition_model_name=f"{model}_rec",
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
    )


def table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Lay the figures of a model and a fault out, a row a way."""
    first = rows[0]
    yield f"\n{first['model']}, {first['fault']}: {first['pages']} pages, {first['lines']} lines"
    yield f"{'':44}{'found':>7}{'extra':>7}{'CER':>8}{'interval':>20}{'time':>7}"
    for one in rows:
        low, high = one["interval"]
        kinds = ", ".join(f"{kind} {cer}" for kind, (_, cer) in sorted(one["kinds"].items()))
        yield (
            f"{one['way']:44}{one['recall']:7.1f}{one['extra']:7}{one['cer']:8.2f}{f'{low:+.2f} to {high:+.2f}':>20}"
            f"{one['time']:7.2f}   {kinds}"
        )


if __name__ == "__main__":
    main()
