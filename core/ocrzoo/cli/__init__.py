"""The command line: ``ocrzoo``. Errors are one line on standard error, and exit codes mean something."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Sequence

import click

from ocrzoo.cli.output import debugging, escape_unencodable, log_to_stderr, print_error, print_message
from ocrzoo.cli.root import ocrzoo
from ocrzoo.cli.termination import INTERRUPTED
from ocrzoo_registry.errors import ExitCode, OcrzooError

gc.set_threshold(50_000)  # starting up makes many objects and no garbage: 6 % of the start were collections

COMPLETE = "_OCRZOO_COMPLETE"
"""The variable of a shell that asks for completions: ``<shell>_complete`` for candidates, ``<shell>_source`` for the
shell's script, as click defines."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code (:class:`ocrzoo_registry.errors.ExitCode`)."""
    if instruction := os.environ.get(COMPLETE):
        from ocrzoo.cli.completion import answer

        return answer(instruction)
    return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    log_to_stderr()
    escape_unencodable()
    stdout = sys.stdout
    try:
        result = ocrzoo.main(args=arguments, prog_name="ocrzoo", standalone_mode=False)
        return int(result) if isinstance(result, int) else int(ExitCode.DONE)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx is not None else error.message)
        return int(ExitCode.DONE)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        help_text = f" (see '{context.command_path} --help')" if context is not None else ""
        return _report("error", f"{error.format_message()}{help_text}", ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit as stop:
        if sys.stdout is not stdout:  # click replaces it when the reader (head, less) has gone
            return int(ExitCode.DONE)
        return _report_unexpected(stop, f"the program ended with exit({stop.code!r})")
    except OcrzooError as error:
        if debugging():
            traceback.print_exc()
        print_error(error)
        return int(error.exit_code)
    except OSError as error:
        return _report("error", _place_of(error) + str(error), ExitCode.USAGE)
    except Exception as error:  # noqa: BLE001  # a traceback is shown with --debug only
        return _report_unexpected(error, f"{type(error).__name__}: {error}")


def _place_of(error: OSError) -> str:
    """Where an error is from that names no file, if ``click.echo`` raised it: standard output."""
    raised_in = traceback.extract_tb(error.__traceback__)[-1].filename
    is_printing = error.filename is None and raised_in == click.echo.__code__.co_filename
    return "standard output: " if is_printing else ""


def _report_unexpected(error: BaseException, fault: str) -> int:
    """Report an exception that nobody meant: a plugin's as the plugin's, any other as a bug of ocrzoo."""
    from ocrzoo_registry.plugins.blame import plugin_of

    plugin = plugin_of(error)
    if plugin is not None:
        return _report("error", f"plugin {plugin} failed: {fault} (--debug shows where)", ExitCode.USAGE)
    return _report("bug", f"{fault} (--debug shows where)", ExitCode.BUG)


def _report(kind: str, message: str, code: ExitCode) -> int:
    if debugging():
        traceback.print_exc()
    print_message(kind, message)
    return int(code)
