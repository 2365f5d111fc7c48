"""``ocrzoo export``: lay out verified model files for programs on phones and in browsers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ocrzoo.cli.output import debug_option, one_line, print_error, print_json, print_note, print_table
from ocrzoo.cli.progress import download_events, format_size, page_progress
from ocrzoo.cli.values import MODEL, SOURCES
from ocrzoo.model_export.targets import TARGETS, Options
from ocrzoo_registry.errors import ExitCode

if TYPE_CHECKING:
    from ocrzoo.model_export.export import Report

_PROGRAMS = "\n".join(f"    {name:<13} {target.help}" for name, target in TARGETS.items())


@click.command(
    help=f"""Lay out verified models in DIR for a program on a phone or in a browser.

    \b
{_PROGRAMS}

    DIR gets parity.json: the digest of every file, the source, revision and license of the weights, and what the files
    read on sample pages beside what ocrzoo reads. Where texts differ, they are printed, and the exit code is 5. An
    older export in DIR is replaced as a whole; another folder is refused. Needs ocrzoo[onnxruntime].
    """
)
@click.option(
    "--for", "target", metavar="PROGRAM", type=click.Choice(list(TARGETS)), required=True, help="One of those above."
)
@click.argument("names", metavar="NAME...", nargs=-1, required=True, type=MODEL)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--source", metavar="NAME[,NAME]", type=SOURCES, help="Use only these sources, in this order.")
@click.option("--mirror", metavar="URL", help="For web: a mirror that serves the weights.")
@click.option(
    "--opt", metavar="FILE", type=click.Path(path_type=Path), help="For paddle-lite: Paddle-Lite's program opt."
)
@click.option("--json", "as_json", is_flag=True, help="Print parity.json.")
@debug_option
def export(
    target: str,
    names: tuple[str, ...],
    folder: Path,
    source: str | None,
    mirror: str | None,
    opt: Path | None,
    as_json: bool,
) -> int:
    """Lay out models; the text of the help is above."""
    from ocrzoo.model_export.export import Refused
    from ocrzoo.model_export.export import export as lay_out
    from ocrzoo_registry.zoo import zoo_with_sources

    zoo = zoo_with_sources(source, download_events())
    with page_progress(None, "export") as advance:
        try:
            report = lay_out(zoo, target, names, folder, Options(mirror=mirror, opt=opt), advance)
        except Refused as refused:
            for fault in refused.faults:
                print_error(fault)
            return max(fault.exit_code for fault in refused.faults)
    if as_json:
        print_json(asdict(report))
    else:
        _print(report, folder)
    return ExitCode.DONE if report.parity.equal else ExitCode.INTEGRITY


def _print(report: Report, folder: Path) -> None:
    files = [(path, format_size(file.size), file.sha256) for path, file in report.files.items()]
    print_table(("File", "Size", "SHA-256"), files)
    parity = report.parity
    for one in parity.compared:
        for difference in one.differences:
            print_note(one_line(f"differs on {one.picture}: {difference.ocrzoo} is read as {difference.exported}"))
    lines = sum(one.lines for one in parity.compared)
    unlike = sum(len(one.differences) for one in parity.compared)
    said = f"{lines} lines read as by ocrzoo" if not unlike else f"{unlike} of {lines} lines are read differently"
    print_note(one_line(f"{folder}: {parity.note or said}"))
