"""Order and paragraphs of whole pages: ``python -m bench.structure [DIR] [--pages 4] [--split_columns]``.

Pages of the layouts that are read in an order of their own (:data:`KINDS`) are set in English prose and shown on a
screen, scanned or photographed, as those of ``bench.labelled_pages``. They are read by ocrzoo, whose lines are taken in
its own order and in PaddleX's; by docTR's builder of documents, which gets the words that ocrzoo read, since docTR's
weights are not available; and by Debian's Tesseract with its own segmentation. Words read belong to the line written
that their middle is in.

Columns of the table: pages on which all lines found are in order; Kendall's tau; pairs of lines, one after the other,
of which the second does not follow the first; and of the joins within paragraphs those found, and those wrong. PYTHON
is that of an environment with ``python-doctr``. With ``--split_columns``, ocrzoo also reads them with this option.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from bench.labelled_pages import LabelledPage, page, picture, write
from bench.reading_order import tau

from ocrzoo import create_pipeline
from ocrzoo.results.ocr import OCRResult

KINDS = (
    *("one_column", "two_columns", "two_columns_offset", "three_columns", "heading_over_columns"),
    *("columns_with_subheads", "figure_in_column", "sidebar", "running_heads", "sections", "newspaper", "magazine"),
)
SEED = 100
DOCTR = """
import json, sys
import numpy as np
from doctr.models.builder import DocumentBuilder
builder = DocumentBuilder(resolve_lines=True, resolve_blocks=True, export_as_straight_boxes=True)
for row in sys.stdin:
    asked = json.loads(row)
    width, height = asked["size"]
    boxes = np.array([word[:4] for word in asked["words"]], float) / [width, height, width, height]
    texts = [(str(number), 1.0) for number in range(len(boxes))]
    crops = [{"value": 0, "confidence": None}] * len(boxes)
    image = np.zeros((height, width, 3), np.uint8)
    scores, shapes = [np.ones(len(boxes))], [(height, width)]
    page = builder([image], [boxes.clip(0, 1)], scores, [texts], shapes, [crops]).pages[0]
    blocks = [[[int(word.value) for word in line.words] for line in block.lines] for block in page.blocks]
    print(json.dumps(blocks), flush=True)
"""
"""Reads pages of words from its standard input, and writes the words of each line of each block."""


@dataclass(frozen=True)
class Word:
    """A word that was read."""

    box: tuple[float, float, float, float]
    """Left, top, right and bottom, in pixels."""
    paragraph: Any = None
    """Which paragraph it is in; ``None``: none is known."""


@dataclass
class Counts:
    """What came of pages."""

    taus: list[float] = field(default_factory=list)
    right: int = 0
    pairs: int = 0
    broken: int = 0
    joins: int = 0
    found: int = 0
    wrong: int = 0
    lines: int = 0
    missing: int = 0

    def row(self, name: str) -> str:
        """Return the row of a table."""
        joins = f"{self.found} of {self.joins} | {self.wrong}" if self.found + self.wrong else "- | -"
        order = f"{self.right} of {len(self.taus)} | {statistics.mean(self.taus):.3f} | {self.broken} of {self.pairs}"
        return f"| {name} | {order} | {joins} | {self.missing} of {self.lines} |"


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="where to keep the pictures")
    parser.add_argument("--pages", type=int, default=4, help="of each layout")
    parser.add_argument("--model", default="PP-OCRv6_small")
    parser.add_argument("--doctr", metavar="PYTHON")
    parser.add_argument("--split_columns", action="store_true")
    options = parser.parse_args(argv)
    counts: dict[str, dict[str, Counts]] = defaultdict(lambda: defaultdict(Counts))
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(TemporaryDirectory()))
        pages = write(folder, (made(kind, number) for kind in KINDS for number in range(options.pages)))
        ways = readers(stack, options)
        for one in pages:
            for name, words in (found for way in ways for found in way(picture(folder, one))):
                for group in (one.layout, "all"):
                    score(counts[name][group], one, words)
    for group in (*KINDS, "all"):
        print(f"\n{group}\n| | right | tau | broken | joins found | wrong joins | lines not found |")
        print("|---|---|---|---|---|---|---|")
        for name, of in counts.items():
            print(of[group].row(name))


def made(kind: str, number: int) -> tuple[LabelledPage, Any]:
    """Return a page of a layout, and its picture."""
    return page(f"{kind}-{number}", "en", random.Random(f"{kind} {SEED + number}"), kind)


Way = Callable[[Path], Sequence[tuple[str, list[Word]]]]


def readers(stack: ExitStack, options: argparse.Namespace) -> list[Way]:
    """Return the ways to read pages that can be had."""
    size = options.model
    pipeline = create_pipeline(
        "OCR",
        text_detection_model_name=f"{size}_det",
        text_recognition_model_name=f"{size}_rec",
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
    )
    doctr = stack.enter_context(_doctr(options.doctr)) if options.doctr else None

    def ours(path: Path) -> list[tuple[str, list[Word]]]:
        (found,) = pipeline.predict(str(path), return_paragraphs=True)
        ways = [("ocrzoo", words_of(found, found.order)), ("PaddleX's order", words_of(found, range(len(found.order))))]
        if doctr is not None:
            ways.append(("docTR's builder", _blocks(doctr, path, ways[0][1])))
        if options.split_columns:
            (found,) = pipeline.predict(str(path), return_paragraphs=True, split_columns=True)
            ways.append(("ocrzoo, split_columns", words_of(found, found.order)))
        return ways

    if shutil.which("tesseract") is None:
        print("tesseract is not installed", file=sys.stderr)
        return [ours]
    return [ours, lambda path: [("Tesseract", tesseract(path))]]


def words_of(found: OCRResult, order: Sequence[int]) -> list[Word]:
    """Return the words of a result with paragraphs, in an order of its lines."""
    paragraphs = {
        line: number
        for number, part in enumerate(found["paragraphs"])
        for line in part["lines"]
        if part["kind"] != "rows"
    }
    goes_on = {number for number, part in enumerate(found["paragraphs"]) if part.get("goes_on")}
    whole: dict[int, int] = {}
    for number in range(len(found["paragraphs"])):
        whole[number] = whole[number - 1] if number - 1 in goes_on else number
    lines = dict(zip(found.order, found.text_page().lines, strict=True))
    words = []
    for line in order:
        own = lines[line]
        number = paragraphs.get(line)
        for quad in [word.polygon for word in own.words] or [own.polygon]:
            box = (*quad.min(axis=0).tolist(), *quad.max(axis=0).tolist())
            words.append(Word(box, f"row {line}" if number is None else whole[number]))
    return words


Blocks = Callable[[tuple[int, int], Sequence[Word]], list[list[list[int]]]]
"""Width and height of a page in pixels, and its words -> the words of each line of each block."""


@contextmanager
def _doctr(python: str) -> Iterator[Blocks]:
    pipe = subprocess.PIPE
    with subprocess.Popen([python, "-c", DOCTR], stdin=pipe, stdout=pipe, text=True) as process:

        def blocks(size: tuple[int, int], words: Sequence[Word]) -> list[list[list[int]]]:
            assert process.stdin is not None
            assert process.stdout is not None
            print(json.dumps({"size": size, "words": [one.box for one in words]}), file=process.stdin, flush=True)
            found: list[list[list[int]]] = json.loads(process.stdout.readline())
            return found

        yield blocks


def _blocks(doctr: Blocks, path: Path, words: Sequence[Word]) -> list[Word]:
    height, width = cv2.imread(str(path)).shape[:2]  # type: ignore[union-attr]
    blocks = doctr((width, height), words)
    return [Word(words[place].box, number) for number, block in enumerate(blocks) for line in block for place in line]


def tesseract(path: Path) -> list[Word]:
    """Return the words that Tesseract reads, in its order."""
    command = ["tesseract", str(path), "-", "-l", "eng", "tsv"]
    table = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    words = []
    for row in table.splitlines()[1:]:
        level, _, block, paragraph, _, _, *box, _, text = row.split("\t", 11)
        if level == "5" and text.strip():
            left, top, width, height = map(float, box)
            words.append(Word((left, top, left + width, top + height), (block, paragraph)))
    return words


def score(counts: Counts, one: LabelledPage, words: Sequence[Word]) -> None:
    """Count a page."""
    places: dict[int, list[int]] = defaultdict(list)
    quads = [np.array(line.quad, np.float32) for line in one.lines]
    for place, word in enumerate(words):
        middle = ((word.box[0] + word.box[2]) / 2, (word.box[1] + word.box[3]) / 2)
        depths = [cv2.pointPolygonTest(quad, middle, True) for quad in quads]
        best = int(np.argmax(depths))
        if depths[best] > -3:
            places[best].append(place)
    found = sorted(places)
    at = {line: statistics.median_low(places[line]) for line in found}
    order = sorted(found, key=at.__getitem__)
    counts.lines += len(quads)
    counts.missing += len(quads) - len(found)
    counts.taus.append(tau(order))
    counts.right += order == found
    follows = dict(pairwise(order))
    counts.pairs += max(len(found) - 1, 0)
    counts.broken += sum(follows.get(first) != second for first, second in pairwise(found))
    for first, second in pairwise(found):
        known = [statistics.mode(words[place].paragraph for place in places[line]) for line in (first, second)]
        joined = known[0] is not None and known[0] == known[1]
        right = one.lines[first].paragraph == one.lines[second].paragraph
        counts.joins += right
        counts.found += joined and right
        counts.wrong += joined and not right


if __name__ == "__main__":
    main()
