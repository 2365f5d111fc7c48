"""``ocrzoo export``: lay out verified model files for programs on phones and in browsers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ocrzoo.cli.output import debug_option, one_line, print_error, print_json, print_message, print_note, print_table
from ocrzoo.cli.progress import download_events, format_size, page_progress
from ocrzoo.cli.termination import Terminated, raises_terminated
from ocrzoo.cli.values import MODEL, SOURCES
from ocrzoo.model_export.targets import TARGETS, Options
from ocrzoo_registry.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from ocrzoo.model_export.export import Report
    from ocrzoo.model_export.parity import Parity

_PROGRAMS = "\n".join(f"    {name:<13} {target.help}" for name, target in TARGETS.items())


class _Program(click.Choice[str]):
    """A target by its name; as with options, underscores may be written for hyphens."""

    def normalize_choice(self, choice: object, ctx: click.Context | None) -> str:  # noqa: ARG002  # click's signature
        """Return the name with hyphens."""
        return str(choice).replace("_", "-")


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
    "--for", "target", metavar="PROGRAM", type=_Program(list(TARGETS)), required=True, help="One of those above."
)
@click.argument("names", metavar="NAME...", nargs=-1, required=True, type=MODEL)
@click.argument("folder", metavar="DIR", type=click.Path())
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
    folder: str,
    source: str | None,
    mirror: str | None,
    opt: Path | None,
    as_json: bool,
) -> int:
    """Lay out models; the text of the help is above."""
    from ocrzoo.model_export.export import Refused
    from ocrzoo.model_export.export import export as lay_out
    from ocrzoo_registry.cards.address import is_address
    from ocrzoo_registry.zoo import zoo_with_sources

    zoo = zoo_with_sources(source, download_events())
    if not is_address(folder) and folder in zoo.models and not Path(folder).exists():
        raise UsageError(
            f"DIR is missing, as {folder} is a model: name a folder last (./{folder}, if that is its name)"
        )
    try:
        with raises_terminated(), page_progress(None, "export", printed=False) as advance:
            report = lay_out(zoo, target, names, Path(folder), Options(mirror=mirror, opt=opt), advance)
    except Refused as refused:
        for fault in refused.faults:
            print_error(fault)
        return max(fault.exit_code for fault in refused.faults)
    except Terminated as stop:
        return stop.code
    if as_json:
        print_json(asdict(report))
    else:
        _print(report, folder, mirror)
    for note in report.notes:
        print_message("warning", note)
    return ExitCode.INTEGRITY if report.parity.equal is False else ExitCode.DONE


def _print(report: Report, folder: str, mirror: str | None) -> None:
    files = [(path, format_size(file.size), file.sha256) for path, file in report.files.items()]
    print_table(("File", "Size", "SHA-256"), files)
    parity = report.parity
    for one in parity.compared:
        for difference in one.differences:
            print_note(one_line(f"differs on {one.picture}: {difference.ocrzoo} is read as {difference.exported}"))
    lines = sum(one.lines for one in parity.compared)
    unlike = sum(len(one.differences) for one in parity.compared)
    said = f"{lines} lines are read as ocrzoo reads them" if not unlike else f"{lines} lines, {unlike} differences"
    if parity.equal is None:
        said = f"not compared with ocrzoo, as {_why_not_compared(parity, mirror)}"
    print_note(one_line(f"{folder}: {said}"))


def _why_not_compared(parity: Parity, mirror: str | None) -> str:
    if parity.compared:
        return "there is no line in the pictures that were tried"
    return "no engine here reads these files" if mirror is None else "the weights are left to the mirror"
