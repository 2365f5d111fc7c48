"""Errors of whole pages, spaces included, by model, program, engine, precision and batching.

    python -m bench.page_accuracy [DIR] [--model NAME]... [--reader READER]... [--json FILE] [--write]

DIR is what ``bench.labelled_pages`` wrote; by default its fixed set is made anew. Each model reads the pages in
languages that it claims. A READER is one of ``bench.peers``, such as ``"paddlex onnxruntime"`` or ``"rapidocr
openvino"``, or an engine, a precision and a batching of ocrzoo, such as ``"ocrzoo openvino:bfloat16:width"``, and the
precision of detection, if it is another: ``"ocrzoo openvino:bfloat16:width:float32"``. The first one is what the others
are compared with, line by line on the same pages. Other programs run in environments of their own, made by uv for the
occasion, or named by ``--environment``. ``--write`` keeps the figures of these models in ``docs/page_accuracy.json``,
from which ``docs/generate.py`` makes ``docs/page-accuracy.md``.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.labelled_pages import LabelledPage
from bench.peer_programs import PROGRAMS, Program, job, pythons
from bench.peers import start
from bench.scoring import Read, Score, interval, score

from bench import labelled_pages
from ocrzoo_registry.languages.tags import claims, parse_language
from ocrzoo_registry.zoo import Zoo

MODELS = ("PP-OCRv4_mobile", "PP-OCRv5_mobile", "PP-OCRv6_small", "PP-OCRv6_tiny")
READERS = ("ocrzoo onnxruntime", "ocrzoo openvino", "ocrzoo openvino::width")
WRITTEN = Path(__file__).parents[1] / "docs" / "page_accuracy.json"
Row = dict[str, Any]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR")
    parser.add_argument("--model", action="append", metavar="NAME", help="detection and recognition of this name")
    parser.add_argument("--reader", action="append", metavar="READER")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--environment", action="append", default=[], metavar="PROGRAM=DIR", help="may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures, those of each language too")
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {WRITTEN.name}")
    options = parser.parse_args()
    readers = [reader_of(name) for name in options.reader or READERS]
    rows: list[Row] = []
    with ExitStack() as stack:
        folder = options.folder or stack.enter_context(fixed_set())
        given = {program: Path(place) for program, _, place in (one.partition("=") for one in options.environment)}
        found_pythons = stack.enter_context(pythons(readers, given))
        for model in options.model or MODELS:
            pages = claimed(labelled_pages.load(folder), model)
            scores = []
            for reader in readers:
                python = found_pythons[reader.program]
                scores.append(list(scored(reader, python, model, folder, pages, options.threads)))
            found = [row(model, *one, pages, scores[0]) for one in zip(readers, scores, strict=True)]
            print("\n".join(table(found)), flush=True)
            rows += [{**one, "folder": str(options.folder) if options.folder else ""} for one in found]
    if options.json:
        write(options.json, rows)
    if options.write:
        kept = json.loads(WRITTEN.read_text(encoding="utf-8")) if WRITTEN.exists() else []
        measured = {one["model"] for one in rows}
        found = [*(one for one in kept if one["model"] not in measured), *rows]
        write(WRITTEN, sorted(found, key=lambda one: str(one["model"])))


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write figures, a row a line."""
    content = ",\n".join(json.dumps(one, ensure_ascii=False) for one in rows)
    path.write_text(f"[\n{content}\n]\n", encoding="utf-8")


@contextmanager
def fixed_set() -> Iterator[Path]:
    """Make the fixed set of pages, and remove it afterwards."""
    with TemporaryDirectory() as folder:
        labelled_pages.write(Path(folder), labelled_pages.pages())
        yield Path(folder)


def claimed(pages: Iterable[LabelledPage], model: str) -> list[LabelledPage]:
    """Return the pages in languages that a model claims to read."""
    languages = Zoo().models.get(f"{model}_rec").languages
    return [page for page in pages if claims(languages, parse_language(page.language))]


def reader_of(name: str) -> Program:
    """Return the program that a reader's name stands for."""
    known = [one for one in PROGRAMS if one.name == name]
    if known or not name.startswith("ocrzoo "):
        program, _, engine = name.partition(" ")
        return known[0] if known else Program(name, program, engine)
    engine, precision, batching, detection, *_ = f"{name.split()[1]}:::".split(":")
    chosen = {"engine": engine, "precision": precision, "batching": batching}
    options = {key: value for key, value in chosen.items() if value}
    return Program(name, "ocrzoo", options=options, detection={"precision": detection} if detection else {})


def scored(
    reader: Program, python: str, model: str, folder: Path, pages: Sequence[LabelledPage], threads: int
) -> Iterator[Score]:
    """Read pages with a program, and yield the score of each."""
    paths = [str(labelled_pages.picture(folder, page)) for page in pages]
    with start(reader.name, python) as worker:
        for number, page in enumerate(pages):
            path = paths[number : number + 1]
            found = worker.ask(path if number else job(reader, model, path, threads))
            lines = zip(found["texts"][0], found["quads"][0], strict=True)
            yield score([(line.text, line.quad) for line in page.lines], [Read(*line) for line in lines])


def row(
    model: str, reader: Program, ours: Sequence[Score], pages: Sequence[LabelledPage], theirs: Sequence[Score]
) -> Row:
    """Return the figures of a reader, and how it compares with the first one on the same pages."""
    total, languages = Score(), {page.language: Score() for page in pages}
    for page, one in zip(pages, ours, strict=True):
        total.add(one)
        languages[page.language].add(one)
    lines = ([errors for one in scores for errors in one.by_line] for scores in (ours, theirs))
    pairs = list(zip(*lines, strict=True))
    counts = [[(one.errors, one.characters) for one in scores] for scores in (ours, theirs)]
    low, high = interval(counts[0], counts[1])
    return {
        "model": model,
        "reader": reader.name,
        "program": reader.program,
        "engine": reader.options.get("engine") or reader.engine or "default",
        "precision": reader.options.get("precision") or ("default" if reader.program == "ocrzoo" else "float32"),
        "detection": reader.detection.get("precision", ""),
        "batching": reader.options.get("batching") or "exact",
        **figures(total),
        "pages": len(pages),
        "better": sum(mine < other for mine, other in pairs),
        "worse": sum(mine > other for mine, other in pairs),
        "interval": [round(low, 3), round(high, 3)],
        "languages": {tag: {"characters": one.characters, "cer": round(one.cer, 3)} for tag, one in languages.items()},
    }


def figures(total: Score) -> Row:
    """Return the counts of a score, and its rates in percent."""
    rates = {"recall": round(total.recall, 2), "cer": round(total.cer, 3), "wer": round(total.wer, 3)}
    counts = {name: value for name, value in vars(total).items() if name != "by_line"}
    return {**counts, **rates}


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Lay the figures of a model out, a row a reader."""
    first = rows[0]
    yield f"{first['model']}: {first['pages']} pages, {first['lines']} lines, {first['characters']} characters"
    yield (
        f"{'':36}{'recall':>8}{'extra':>7}{'CER':>8}{'WER':>8}{'spaces':>8}   lines better/worse, and the 95 % "
        "interval of the difference of CER"
    )
    for one in rows:
        name = f"{one['program']} {one['engine']} {one['precision']} {one['batching']} {one['detection']}"
        low, high = one["interval"]
        beside = f"{one['better']}/{one['worse']}  {low:+.3f} to {high:+.3f}" if one is not first else "reference"
        yield (
            f"{name:36}{one['recall']:8.2f}{one['extra']:7}{one['cer']:8.3f}{one['wer']:8.3f}"
            f"{100 * one['spaces_wrong'] / max(one['spaces'], 1):8.2f}   {beside}"
        )


if __name__ == "__main__":
    main()
