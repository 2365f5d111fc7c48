"""``ocrzoo review``: correct what was read, on a local page."""

from __future__ import annotations

from pathlib import Path

import click

from ocrzoo.cli.options import password_options
from ocrzoo.cli.output import counted, debug_option, one_line, print_message, print_note
from ocrzoo.cli.progress import page_progress
from ocrzoo_registry.errors import ExitCode, InputError, UsageError

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@click.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULT...", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("review"),
    help="Where corrections.jsonl and the crops of lines are written; a review goes on there.  [review]",
)
@click.option(
    "--images",
    metavar="FOLDER",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Look for the pages here, by their names.  [where they were read]",
)
@click.option(
    "--below",
    metavar="SCORE",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    help="Only lines below this score: the lowest of a character, or else that of the line.  [1: all lines]",
)
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", help="Address to listen on.  [127.0.0.1]")
@click.option("--port", metavar="PORT", type=click.IntRange(0, 65535), default=0, help="Port.  [0: any free one]")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@password_options
@debug_option
def review(
    results: tuple[Path, ...],
    out: Path,
    images: Path | None,
    below: float,
    host: str,
    port: int,
    *,
    no_browser: bool,
    password: list[str] | None = None,
) -> int:
    """Correct what was read on a local page, the most doubtful lines first.

    \b
        ocrzoo ocr scans/ --return_chars True --alternatives 5 --save_path results
        ocrzoo review results --out corrections
        ocrzoo dataset build corrections --out dataset

    RESULT is the JSON of a page as --save_path writes it, or a folder of them. Each decision is written at once to
    FOLDER/corrections.jsonl; the next start goes on where this one ended. Results whose page cannot be found are named
    (exit code 6). Needs ocrzoo[serve].
    """  # noqa: D301  # \b is click's mark for text that is not rewrapped
    from ocrzoo.inputs import decoder_messages
    from ocrzoo.review import server
    from ocrzoo.review.lines import lines_of
    from ocrzoo.review.results import result_files

    server.require_server()
    decoder_messages.separate()
    faults: list[InputError] = []
    files = result_files(results)
    with page_progress(len(files), "pages", printed=False) as advance:
        lines = lines_of(files, out, images, below=below, password=password, on_error=faults.append, advance=advance)
    for fault in faults:
        print_message("error", str(fault))
    if not lines:
        if faults:
            return ExitCode.INPUTS
        raise UsageError(f"no line of these results is below {below:g}" if below < 1 else "these results have no lines")

    def started(address: str, decided: int) -> None:
        done = f", {decided} of them decided" if decided else ""
        print_note(f"{counted(len(lines), 'line')}{done}: {one_line(address)} (stop with Ctrl-C)")
        if host not in _LOOPBACK:
            print_message("warning", f"whoever reaches this machine at {host} and knows the address can use the page")
        if not no_browser:
            server.open_browser(address)

    server.serve(lines, out, host, port, started)
    return ExitCode.INPUTS if faults else ExitCode.DONE
