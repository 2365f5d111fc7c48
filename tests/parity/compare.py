"""Compare ocrzoo's answers with a recording of PaddleX's: ``compare.py ANSWERS.json PAGES_DIR...``.

For every model and engine one row of counts, then every difference; the exit status is 1 if there is any.
Without ``--engine`` each recording is compared with ocrzoo on the recording's own engine; with it, ocrzoo
runs on the engine named (it may be one that PaddleX does not have) and is held against the recording of that
engine, or else the first one of the model. ``boxes =`` counts boxes equal to the pixel, ``boxes ~`` those
within ``--pixels``; the score gap is over lines of equal text.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agreement import Agreement, Tolerance, compare_pages
from answers import Line, Pages, Recording, read_recordings

HEADINGS = (
    "model",
    "engine",
    "pages",
    "theirs",
    "ours",
    "boxes =",
    "boxes ~",
    "texts =",
    "score gap",
    "differences",
)


@dataclass(frozen=True)
class Comparison:
    """One row of the table: a model of a recording, and the engine that ocrzoo runs it on."""

    recording: Recording
    model: str
    engine: str


def plan(recordings: Sequence[Recording], model: str | None, engine: str | None) -> list[Comparison]:
    """Return what to compare."""
    rows = [
        Comparison(recording, name, engine or recording.engine)
        for recording in recordings
        for name in recording.models
        if model in (None, name)
    ]
    if engine is None:
        return rows
    rows.sort(key=lambda row: row.recording.engine != engine)  # stable: the same engine first, then as recorded
    first: dict[str, Comparison] = {}
    for row in rows:
        first.setdefault(row.model, row)
    return list(first.values())


def find_pages(names: Iterable[str], folders: Sequence[Path]) -> dict[str, Path]:
    """Return where the recording's pages lie.

    Raises:
        FileNotFoundError: A page is in none of the folders.
    """
    found: dict[str, Path] = {}
    for name in names:
        places = [folder / name for folder in folders if (folder / name).is_file()]
        if not places:
            raise FileNotFoundError(f"{name} is in none of {', '.join(map(str, folders))}")
        found[name] = places[0]
    return found


def result_lines(result: Any) -> tuple[Line, ...]:
    """Return the lines of one of ocrzoo's results (a mapping with PaddleX's keys)."""
    return tuple(
        Line(tuple((int(x), int(y)) for x, y in polygon), str(text), float(score))
        for polygon, text, score in zip(result["dt_polys"], result["rec_texts"], result["rec_scores"], strict=True)
    )


def read_with_ocrzoo(model: str, engine: str, paths: dict[str, Path]) -> Pages:
    """Return what ocrzoo reads on the pages with a detection and a recognition model of one name."""
    from ocrzoo import create_pipeline

    pipeline = create_pipeline(
        text_detection_model_name=f"{model}_det",
        text_recognition_model_name=f"{model}_rec",
        engine=engine,
        precision="float32",
        batching="exact",
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
    )
    results = pipeline.predict([str(path) for path in paths.values()])
    return {name: result_lines(result) for name, result in zip(paths, results, strict=True)}


def table(rows: Sequence[tuple[Comparison, Agreement]]) -> Iterator[str]:
    """Lay the counts out, a row a comparison."""
    cells = [HEADINGS, *(_cells(row, agreement) for row, agreement in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        left = [cell.ljust(width) for cell, width in zip(line[:2], widths[:2], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(line[2:], widths[2:], strict=True)]
        yield "  ".join([*left, *right])


def _cells(row: Comparison, agreement: Agreement) -> tuple[str, ...]:
    counts = (
        agreement.pages,
        agreement.theirs,
        agreement.ours,
        agreement.exact_boxes,
        agreement.boxes,
        agreement.texts,
    )
    return (
        row.model,
        row.engine,
        *map(str, counts),
        f"{agreement.score_gap:.6f}",
        str(len(agreement.differences)),
    )


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description="Compare ocrzoo's answers with a recording of PaddleX's.")
    parser.add_argument("answers", type=Path, metavar="ANSWERS.json")
    parser.add_argument("pages", type=Path, nargs="+", metavar="PAGES_DIR", help="where the recorded pages lie")
    parser.add_argument("--model", help="only this one, e.g. PP-OCRv5_mobile")
    parser.add_argument("--engine", help="run ocrzoo on this engine instead of the recording's")
    parser.add_argument("--pixels", type=int, default=Tolerance.pixels, help="box tolerance (%(default)s)")
    parser.add_argument("--score", type=float, default=Tolerance.score, help="score tolerance (%(default)s)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the comparison and return the exit status: 0 all equal, 1 differences, 2 nothing compared."""
    options = arguments(argv)
    rows = plan(read_recordings(options.answers), options.model, options.engine)
    if not rows:
        print(f"{options.answers} has no recording of {options.model or 'any model'}", file=sys.stderr)
        return 2
    done: list[tuple[Comparison, Agreement]] = []
    for row in rows:
        theirs = row.recording.models[row.model]
        ours = read_with_ocrzoo(row.model, row.engine, find_pages(theirs, options.pages))
        done.append((row, compare_pages(ours, theirs, Tolerance(options.pixels, options.score))))
    print("\n".join(table(done)))
    for row, agreement in done:
        for difference in agreement.differences:
            print(f"{row.model} on {row.engine} against {row.recording.peer}: {difference}")
    return int(any(agreement.differences for _, agreement in done))


if __name__ == "__main__":
    sys.exit(main())
