"""Output of commands: messages, JSON and tables; colors on a terminal only."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Sequence
from typing import Any

import click

from ocrzoo_registry.errors import OcrzooError, SourceError

log = logging.getLogger("ocrzoo")


def log_to_stderr() -> None:
    """Show the warnings of ocrzoo's own logger, one line each."""
    log.handlers[:] = [_LineHandler()]
    log.setLevel(logging.WARNING)
    log.propagate = False
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # its warnings become our errors, or requests are retried


def debugging() -> bool:
    """Whether ``--debug`` was given."""
    return log.level == logging.DEBUG


def debug_option(command: Any) -> Any:
    """Add ``--debug`` and its short form ``-v`` to a command."""

    def switch_on(_context: click.Context, _option: click.Parameter, value: bool) -> None:
        if value:
            log.setLevel(logging.DEBUG)

    return click.option(
        "-v",
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=switch_on,
        help="Log each step and source, and show tracebacks.",
    )(command)


class _LineHandler(logging.Handler):
    """Writes a record as ``warning: message``."""

    def emit(self, record: logging.LogRecord) -> None:
        print_message(record.levelname.lower(), record.getMessage())


def print_error(error: OcrzooError) -> None:
    """Print an error; where several sources failed, with how to see each."""
    hidden = isinstance(error, SourceError) and len({attempt.source for attempt in error.attempts}) > 1
    hint = hidden and not debugging()
    print_message("error", f"{str(error).rstrip('.')}. --debug shows each source." if hint else str(error))


_COLORS = {"warning": "yellow", "error": "red", "bug": "red"}


def print_message(kind: str, message: str) -> None:
    """Print ``kind: message`` as one line to standard error."""
    print_note(f"{click.style(kind, fg=_COLORS.get(kind, 'blue'), bold=True)}: {one_line(message)}")


def print_note(text: str) -> None:
    """Print a line to standard error; if it cannot be written (``2>&1 | head``, a full disk), the work goes on."""
    try:
        click.echo(text, err=True)
    except OSError:
        sys.stderr = io.StringIO()  # the buffered rest must not be flushed when the program ends


def one_line(text: str) -> str:
    """Return text without line breaks and terminal escapes, which file names may contain."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def counted(count: int, what: str) -> str:
    """Return a number with its noun: ``1 page``, ``1,000 pages``."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def stdout_is_terminal() -> bool:
    """Whether standard output is a terminal; it may be closed."""
    return sys.stdout is not None and sys.stdout.isatty()


def stderr_is_terminal() -> bool:
    """Whether standard error is a terminal; it may be closed."""
    return sys.stderr is not None and sys.stderr.isatty()


def escape_unencodable() -> None:
    """Print characters that the encoding of an output lacks (a Windows code page, say) as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def print_json(value: object) -> None:
    """Print a value as one line of JSON, or indented on a terminal; characters that are not printable are escaped."""
    written = json.dumps(value, ensure_ascii=False, indent=2 if stdout_is_terminal() else None)
    click.echo(re.sub(r"[^\n -~]", _printable, written))


def _printable(found: re.Match[str]) -> str:
    """A character of JSON, or its escape: those that turn the direction of a text are not printable either."""
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], names: Sequence[str] = ()) -> None:
    """Print rows as a table on a terminal, else tab-separated with lower-case headings.

    ``names`` are the headings of the last columns where they are not words but names, such as of models.
    """
    names = [one_line(name) for name in names]
    if not stdout_is_terminal():
        click.echo("\t".join([*(heading.lower() for heading in headings), *names]))
        for row in rows:
            click.echo("\t".join(one_line(cell) for cell in row))
        return
    from ocrzoo.cli.terminal_table import print_fitted

    print_fitted([*headings, *names], [[one_line(cell) for cell in row] for row in rows])
