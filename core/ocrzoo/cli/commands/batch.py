"""``ocrzoo batch``: read many inputs into tables, on this machine or on a Ray cluster."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.model_options import language_terms, languages_option
from ocrzoo.cli.options import (
    decoding_options,
    engine_options,
    hard_page_options,
    model_options,
    note_details,
    paragraph_options,
    password_options,
    prediction_options,
    word_options,
)
from ocrzoo.cli.output import counted, debug_option, print_json, print_note
from ocrzoo.cli.progress import batch_progress, download_events
from ocrzoo.cli.termination import Terminated, ends_until_begun
from ocrzoo.cli.values import CommaSeparated
from ocrzoo.results.exports import SUFFIXES
from ocrzoo_registry.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from ocrzoo.batch import BatchJob, Outcome
    from ocrzoo.batch.job import Progress

_STOPPED = "stopped: run the same command again, and it goes on"
_OF_PIPELINE = ("engine", "device", "use_hpip", "hpi_config", "precision", "batching", "paddlex_quirks", "frames")


@click.command()
@click.argument("source", metavar="SOURCE", type=click.Path())
@click.option(
    "--out",
    "dest",
    metavar="DEST",
    type=click.Path(),
    required=True,
    help="Folder or URL of an object store (s3://, gs://, az://) for the results; name it again to go on.",
)
@languages_option("Language to read, such as ru, zh-Hant or Korean; several: ru,ko,en.")
@language_terms
@click.option("--address", metavar="ADDRESS", help="Use a Ray cluster: its address, or auto; local starts one here.")
@click.option(
    "--workers", type=click.IntRange(min=1), help="With --address: most processes that read.  [as many as fit]"
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="CPU cores to use; with --address, of each process.  [all; with --address 1, beside a GPU 4]",
)
@click.option("--gpus", type=click.FloatRange(min=0), default=0, help="With --address: GPUs of each process.  [0]")
@click.option(
    "--save_as",
    metavar="KIND,...",
    type=CommaSeparated(click.Choice(["json", *SUFFIXES])),
    help=f"Also write a file for each page, below files/ in DEST: json, {', '.join(SUFFIXES)}.",
)
@click.option("--column", metavar="NAME", help="Column of images in Parquet files.  [found by its usual names]")
@click.option(
    "--rows",
    type=click.IntRange(1, 100_000),
    help="Pages in a file of results; after a crash, as many are read again.  [64, of small images up to 256]",
)
@click.option("--retry_failed", is_flag=True, help="Read again what failed in earlier runs.")
@click.option("--moved", is_flag=True, help="SOURCE has the files of earlier runs at another place.")
@click.option("--overwrite", is_flag=True, help="Delete the results of earlier runs first.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@model_options
@engine_options
@prediction_options
@hard_page_options
@word_options
@decoding_options
@paragraph_options
@password_options
@debug_option
def batch(
    source: str,
    dest: str,
    lang: str | None,
    prefer: str,
    accept_missing: bool,
    save_as: tuple[str, ...] | None,
    as_json: bool,
    password: list[str] | None = None,
    **options: Any,
) -> int:
    """Read all pages of SOURCE into Parquet files in DEST: one row a page; what was read before is not read again.

    SOURCE is a folder, a glob ('scans/**/*.png'), a file, or a URL of an object store; images, PDFs, and images in
    Parquet files and WebDataset archives (.tar). Pages that cannot be read go to DEST/errors, the others to
    DEST/results. Exit code 6: something could not be read, now or in an earlier run.
    """
    for name, given in (("SOURCE", source), ("--out", dest)):
        if not given.strip():
            raise click.UsageError(f"{name} is empty: name a folder or a URL")
    if options["address"] is None and (options["workers"] is not None or options["gpus"]):
        raise click.UsageError("--workers and --gpus are those of a Ray cluster: give its --address")
    if "json" not in (save_as or ()):
        note_details(options, "the files of --save_as json")
    chosen = {"lang": lang, "prefer": prefer, "accept_missing": accept_missing}
    try:
        with ends_until_begun(_STOPPED) as begun:
            job = _job(source, dest, chosen, save_as or (), tuple(password or ()), options)
            outcome = _run(job, begun)
    except Terminated as stop:
        print_note(_STOPPED)
        return stop.code
    if as_json:
        print_json(asdict(outcome))
    else:
        _print(outcome, dest.rstrip("/"))
    return ExitCode.INPUTS if outcome.failed or outcome.failed_before else ExitCode.DONE


def _job(
    source: str,
    dest: str,
    chosen: dict[str, Any],
    save_as: tuple[str, ...],
    password: tuple[str, ...],
    options: dict[str, Any],
) -> BatchJob:
    """What is to be done, by the command's options."""
    from ocrzoo.batch import BatchJob
    from ocrzoo.pipelines.factory import OPTIONAL_STAGES

    stages = {switch: bool(options.pop(switch)) for switch in OPTIONAL_STAGES}
    own = {name: options.pop(name) for name in ("address", "workers", "threads", "gpus", "column", "rows")}
    own |= {name: options.pop(name) for name in ("retry_failed", "moved", "overwrite")}
    of_pipeline = {key: value for key, value in options.items() if key in _OF_PIPELINE or "_model_" in key}
    of_pages = {key: value for key, value in options.items() if key not in of_pipeline and value is not None}
    of_pipeline = {key: value for key, value in of_pipeline.items() if value is not None}
    arguments = {**stages, **chosen, **of_pipeline}
    return BatchJob(source, dest, arguments, of_pages, save_as=save_as, password=password, **own)


def _run(job: BatchJob, begun: Callable[[], None]) -> Outcome:
    """Read; ``begun`` is called once models are loaded."""
    from ocrzoo.batch import run_batch
    from ocrzoo.inputs import decoder_messages

    decoder_messages.separate()
    with batch_progress() as show, redirect_stdout(sys.stderr):  # Ray prints what it notices of nodes

        def advance(now: Progress) -> None:
            begun()
            show(now)

        return run_batch(job, advance, download_events())


def _print(outcome: Outcome, dest: str) -> None:
    rate = f" ({outcome.read / outcome.seconds:.1f} a second)" if outcome.read and outcome.seconds else ""
    click.echo(f"{counted(outcome.read, 'page')} read in {outcome.seconds:.1f} s{rate}: {dest}/results")
    if outcome.failed:
        click.echo(f"{counted(outcome.failed, 'page')} could not be read: {dest}/errors")
    for count, what in (
        (outcome.skipped, "read in earlier runs"),
        (outcome.failed_before, "could not be read in earlier runs (--retry_failed reads them again)"),
        (outcome.unchanged, "with another date and the same content"),
    ):
        if count:
            print_note(f"{counted(count, 'file')} {what}")
