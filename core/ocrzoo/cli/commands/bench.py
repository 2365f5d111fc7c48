"""``ocrzoo bench``: how fast a pipeline reads pages on this machine, and what it uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.options import engine_options, model_options, stage_options
from ocrzoo.cli.output import debug_option, print_json, print_message, print_table
from ocrzoo.cli.progress import page_progress
from ocrzoo.cli.values import PIPELINE, Registered
from ocrzoo_registry.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from ocrzoo_registry.zoo import Zoo


def _configurations(_zoo: Zoo) -> Sequence[str]:
    from ocrzoo.benchmark.configurations import CONFIGURATIONS

    return ("all", *CONFIGURATIONS)


@click.command()
@click.argument("pages", nargs=-1, metavar="[PAGE]...", type=click.Path())
@click.option("--pipeline", metavar="NAME", type=PIPELINE, help="A pipeline, or a YAML file.  [OCR]")
@click.option("--config", metavar="FILE", type=click.Path(), help="The configuration of the pipeline, as YAML.")
@click.option(
    "--configurations",
    metavar="all|NAME,...",
    type=Registered("configuration", _configurations, several=True),
    help="Those of PaddleX's tutorial, such as OCR-nopp-mobile, instead of one pipeline.",
)
@click.option("--warmup", type=click.IntRange(1), default=5, show_default=True, help="Pages that are read first.")
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True, help="How often all pages are read.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--plot", metavar="FILE", type=click.Path(path_type=Path), help="Draw time and memory: a .svg or .png file."
)
@model_options
@stage_options
@engine_options
@debug_option
def bench(
    pages: tuple[str, ...],
    pipeline: str | None,
    config: str | None,
    configurations: str | None,
    warmup: int,
    repeats: int,
    as_json: bool,
    plot: Path | None,
    **options: Any,
) -> int:
    """Measure a pipeline on pages (images, PDFs, folders): time, processor and memory, on average and at their peak.

    \b
        ocrzoo bench page.png --repeats 10
        ocrzoo bench --configurations all --plot bench.svg scans/
        ocrzoo bench --pipeline OCR --config OCR.yaml --engine onnxruntime --json

    Without pages, three that come with ocrzoo are read. Optional stages are off, as in 'ocrzoo ocr', unless a
    configuration turns them on. Each configuration runs in a process of its own; one whose models cannot be had is
    skipped. 100 % of a processor is one core. Needs the extra ocrzoo[bench].
    """  # noqa: D301  # \b is click's mark for text that is not rewrapped
    from ocrzoo import sample_pages
    from ocrzoo.benchmark.figures import row, table
    from ocrzoo.benchmark.measuring import UNAVAILABLE, Failed, Job, measure
    from ocrzoo.benchmark.plot import check_plot, draw
    from ocrzoo.benchmark.samples import require_psutil

    require_psutil()
    if plot is not None:
        check_plot(plot)
    if "-" in pages:
        raise UsageError("standard input can be read once only: name a file")
    given = {name: value for name, value in options.items() if value is not None}
    read = pages or (str(sample_pages.FOLDER),)
    jobs = [
        Job(name, {**chosen, **given}, read, warmup, repeats)
        for name, chosen in _choices(pipeline, config, configurations)
    ]
    total = _count(read, given.get("frames"))
    rows: list[dict[str, Any]] = []
    codes: list[ExitCode] = []
    skipped: list[ExitCode] = []
    for job in jobs:
        try:
            with page_progress(total and total * repeats, job.configuration, printed=False) as advance:
                measured = measure(job, advance)
        except Failed as failure:
            skip = configurations is not None and failure.code in UNAVAILABLE
            (skipped if skip else codes).append(failure.code)
            print_message("warning" if skip else "error", f"{job.configuration}{' is skipped' * skip}: {failure}")
            continue
        rows.append(row(measured))
    for message in dict.fromkeys(message for one in rows for message in one["unread"]):
        codes.append(ExitCode.INPUTS)
        print_message("error", message)
    if rows and as_json:
        print_json(rows)
    elif rows:
        print_table(*table(rows))
    if rows and plot is not None:
        from ocrzoo.results.output_files import write

        write(plot, draw(rows, plot))
    return next(iter(codes if rows or codes else skipped), ExitCode.DONE)


def _choices(
    pipeline: str | None, config: str | None, configurations: str | None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the name of each configuration and the arguments of ``create_pipeline``."""
    from ocrzoo.benchmark.configurations import named
    from ocrzoo.pipelines.config import read_config
    from ocrzoo.pipelines.factory import OPTIONAL_STAGES

    if configurations is not None:
        if config is not None or pipeline not in (None, "OCR"):
            raise UsageError("--configurations are those of the pipeline OCR: leave out --pipeline and --config")
        for name, chosen in named(configurations).items():
            yield name, {"config": chosen.config()}
    elif config is not None:
        yield Path(config).stem, {"pipeline": pipeline, "config": read_config(Path(config))}
    else:
        name = pipeline or "OCR"
        yield name, {"pipeline": name, **(dict.fromkeys(OPTIONAL_STAGES, False) if name == "OCR" else {})}


def _count(pages: Sequence[str], frames: Any) -> int | None:
    from ocrzoo.inputs import InputOptions, count_pages

    return count_pages(pages, InputOptions(frames=frames or "first"))
