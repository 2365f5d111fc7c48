"""``ocrzoo dataset``: training sets in PaddleOCR's formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ocrzoo.cli.options import password_options
from ocrzoo.cli.output import counted, debug_option, one_line, print_json, print_message, print_note, print_table
from ocrzoo.cli.progress import page_progress
from ocrzoo.cli.values import MODEL_OR_FILE
from ocrzoo_registry.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocrzoo.datasets.check import Report
    from ocrzoo.datasets.faults import Limits


@click.group()
def dataset() -> None:
    """Build training sets from corrections, and check them before training."""


@dataset.command("build")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--out",
    metavar="DATASET",
    required=True,
    type=click.Path(path_type=Path),
    help="The new folder to write.",
)
@click.option(
    "--split",
    "train_share",
    metavar="SHARE",
    type=click.FloatRange(0, 1),
    default=0.9,
    help="The share of pictures that are trained on; the others are for validation.  [0.9]",
)
@click.option(
    "--images",
    metavar="FOLDER",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Look for the pages here, by their names.  [where they were read]",
)
@click.option(
    "--logical_order",
    is_flag=True,
    help="Write text from right to left as it is stored.  [as it is seen, from left to right, which networks write]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@password_options
@debug_option
def build_dataset(
    folder: Path,
    out: Path,
    train_share: float,
    images: Path | None,
    *,
    logical_order: bool,
    as_json: bool,
    password: list[str] | None = None,
) -> int:
    """Write a training set from the corrections that 'ocrzoo review' wrote to FOLDER, in PaddleOCR's formats.

    Recognition: rec_gt_train.txt, rec_gt_val.txt and images/. Detection: det_gt_train.txt, det_gt_val.txt and pages/,
    of pages all of whose lines are decided. A page that cannot be read costs only itself (exit code 6).
    """
    from dataclasses import asdict

    from ocrzoo.datasets.build import build

    built = build(folder, out, train_share=train_share, images=images, logical_order=logical_order, password=password)
    if as_json:
        print_json({"folder": str(out), **asdict(built)})
    else:
        _print_built(out, built.lines, built.pages, built.unfinished)
    for fault in built.faults:
        print_message("error", fault)
    return ExitCode.INPUTS if built.faults else ExitCode.DONE


def _print_built(out: Path, lines: Mapping[str, int], pages: Mapping[str, int], unfinished: int) -> None:
    rows = [("recognition", "lines", str(lines["train"]), str(lines["val"]))]
    rows.append(("detection", "pages", str(pages["train"]), str(pages["val"])))
    print_table(("For", "Of", "Train", "Val"), rows)
    if unfinished:
        print_note(f"pages with lines that are not decided, left out for detection: {unfinished}")
    print_note(f"check it: ocrzoo dataset check {one_line(str(out))} --model NAME")


@dataset.command("check")
@click.argument("path", metavar="PATH", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--model",
    metavar="NAME",
    type=MODEL_OR_FILE,
    help="Compare labels with the charset of this model, or of custom weights in a folder.",
)
@click.option(
    "--charset",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Compare labels with this charset, one character a line: PaddleOCR's character_dict_path.",
)
@click.option(
    "--data_dir",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Where paths start.  [the label file's folder, or one above it]",
)
@click.option(
    "--max_text_length",
    metavar="N",
    type=click.IntRange(1),
    default=25,
    help="Characters that the recipe takes: its Global.max_text_length.  [25]",
)
@click.option("--strict", is_flag=True, help="Exit code 2 for warnings too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def check_dataset(
    path: Path,
    model: str | None,
    charset: Path | None,
    data_dir: Path | None,
    max_text_length: int,
    *,
    strict: bool,
    as_json: bool,
) -> int:
    """Check a data set for recognition or detection in PaddleOCR's label format, before training on it.

    PATH is a label file, or a folder with some. Training leaves out most lines with faults without a word, or draws
    others in their place. Exit code 2 if there is an error.
    """
    from ocrzoo.datasets.check import check, read

    limits = _limits(model, charset, max_text_length)
    files = read(path, data_dir)
    pictures = sum(len({label.path for label in file.labels}) for file in files)
    with page_progress(pictures, "pictures", printed=False) as advance:
        report = check(files, limits, advance)
    if as_json:
        print_json(report.to_dict())
    else:
        _print_report(report)
    return ExitCode.USAGE if not report.ok or (strict and report.faults) else ExitCode.DONE


def _limits(model: str | None, charset: Path | None, max_text_length: int) -> Limits:
    from ocrzoo.datasets.check import characters, charset_of
    from ocrzoo.datasets.faults import Limits
    from ocrzoo_registry.cards.charsets import read_charset
    from ocrzoo_registry.zoo import Zoo

    if model is not None and charset is not None:
        raise UsageError("--model and --charset are two charsets: give one of them")
    if model is not None:
        return Limits(charset_of(Zoo(), model), model, max_text_length)
    if charset is not None:
        return Limits(characters(read_charset(charset)), str(charset), max_text_length)
    return Limits(max_text_length=max_text_length)


def _print_report(report: Report) -> None:
    if report.faults:
        rows = [
            (fault.check.severity, str(fault.count), fault.check.what, fault.example, fault.check.next_step)
            for fault in report.faults
        ]
        print_table(("Severity", "Count", "Fault", "Example", "Next step"), rows)
    for file in report.files:
        lines = counted(file["lines"], "line")
        longest = "" if file["longest"] is None else f", the longest of {file['longest']} characters"
        start = f"paths start in {file['data_dir']}"
        print_note(one_line(f"{file['file']}: {file['kind']}, {lines}{longest}; {start}"))
    errors, warnings = report.count("error"), report.count("warning")
    print_note(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}")
