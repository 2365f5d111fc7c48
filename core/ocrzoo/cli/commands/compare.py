"""``ocrzoo compare``: several models on a user's own pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ocrzoo.cli.options import password_options
from ocrzoo.cli.output import debug_option, print_json, print_message, print_note, print_table
from ocrzoo.cli.progress import page_progress
from ocrzoo.cli.values import ENGINE, Registered, models_like
from ocrzoo_registry.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from ocrzoo.comparison.comparison import Comparison, PageReadings
    from ocrzoo_registry.zoo import Zoo

_MOST_LINES = 40
"""Lines that differ which are printed; all are in the HTML and JSON."""


def _comparable(zoo: Zoo) -> list[str]:
    from ocrzoo.comparison.readers import RECOGNITION, pairs

    return [*(card.name for card in zoo.models if card.task == RECOGNITION), *pairs(zoo)]


@click.command()
@click.argument("pages", nargs=-1, required=True, metavar="PAGE...", type=click.Path())
@click.option(
    "--models",
    metavar="NAME,...",
    required=True,
    type=Registered("model", _comparable, several=True),
    help="Recognition models, folders with custom weights, or pairs such as PP-OCRv5_mobile, which also detect.",
)
@click.option(
    "--detection",
    metavar="NAME",
    type=models_like("PP-OCRv5_mobile_det"),
    help="The model that finds the lines which recognition models are given.  [that of the pipeline OCR]",
)
@click.option(
    "--truth",
    metavar="FILE|DIR",
    type=click.Path(path_type=Path),
    help="The text of the page, or a folder with <page>.txt for each: counts errors.",
)
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a report with a picture of each line.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--engine", metavar="NAME", type=ENGINE, help="openvino, onnxruntime or paddle.  [the fastest installed]")
@click.option("--device", metavar="DEVICE", help="cpu, or a kind and card number: gpu:0.  [cpu]")
@password_options
@debug_option
def compare(
    pages: tuple[str, ...],
    models: str,
    detection: str | None,
    truth: Path | None,
    html: Path | None,
    as_json: bool,
    engine: str | None,
    device: str | None,
    password: Sequence[str] = (),
) -> int:
    """Compare models on your own pages: texts side by side, differences, times and errors.

    \b
        ocrzoo compare scans/ --models PP-OCRv5_mobile_rec,PP-OCRv6_small_rec
        ocrzoo compare page.png --models PP-OCRv5_mobile,PP-OCRv6_tiny --truth page.txt --html report.html

    Recognition models are all given the same lines. A page that cannot be read costs only itself (exit code 6).
    --truth and --html need the extra ocrzoo[compare].
    """  # noqa: D301  # \b is click's mark for text that is not rewrapped
    from ocrzoo.comparison import html_report
    from ocrzoo.comparison.comparison import compare as compare_all
    from ocrzoo.comparison.readers import detector, readers
    from ocrzoo.comparison.truth import Truth
    from ocrzoo.inputs import count_pages
    from ocrzoo.inputs import pages as pages_of
    from ocrzoo.results.output_files import write
    from ocrzoo_registry.zoo import Zoo

    if html is not None:
        html_report.check(html)
    written = None if truth is None else Truth(truth)
    wanted = [name.strip() for name in models.split(",") if name.strip()]
    count = count_pages(pages, password=password)
    if written is not None and not written.is_folder and (count or len(pages)) > 1:
        raise UsageError(f"--truth {truth} is one file, and there are several pages: name a folder with <page>.txt")
    given = {"engine": engine, "device": device}
    zoo = Zoo()
    chosen = readers(zoo, wanted, given)
    finder = detector(zoo, detection, given)
    with page_progress(count, "comparing", printed=False) as advance:
        found = compare_all(
            pages_of(list(pages), password=password),
            chosen,
            finder,
            written,
            advance,
            to_picture=None if html is None else html_report.to_jpeg,
        )
    if as_json:
        print_json(found.as_dict())
    else:
        _print(found)
    for fault in found.faults:
        print_message("error", fault)
    if html is not None:  # last: what was read is printed even if it cannot be written now
        write(html, html_report.to_html(found).encode())
    return ExitCode.INPUTS if found.faults else ExitCode.DONE


def _print(found: Comparison) -> None:
    headings = ["Model", "Lines", "Differing", "Seconds/page", "Time of", "Character errors", "Word errors"]
    rows = [
        (
            one.model,
            str(one.lines),
            str(one.differing),
            "-" if one.seconds_per_page is None else f"{one.seconds_per_page:.3f}",
            one.what,
            "-" if one.errors is None else f"{100 * one.errors.cer:.2f} %",
            "-" if one.errors is None else f"{100 * one.errors.wer:.2f} %",
        )
        for one in found.summaries
    ]
    shown = 7 if any(one.errors for one in found.summaries) else 5
    print_table(headings[:shown], [row[:shown] for row in rows])
    lines = [row for page in found.pages for row in _lines(page)]
    if lines:
        print_table(("Page", "Line"), lines[:_MOST_LINES], found.models)
    if len(lines) > _MOST_LINES:
        print_note(f"{len(lines) - _MOST_LINES} more lines differ: --html or --json has all")


def _lines(page: PageReadings) -> list[tuple[str, ...]]:
    """The lines of a page that were read differently."""
    return [
        (Path(page.name).name, str(number), *("-" if cell is None else cell.text for cell in row.cells))
        for number, row in enumerate(page.rows, 1)
        if row.differs
    ]
