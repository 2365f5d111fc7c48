"""``ocrzoo doctor``: the state of the installation and the machine, with what to do about each problem."""

from __future__ import annotations

import click

from ocrzoo.cli.output import debug_option, print_json, print_table
from ocrzoo_registry.errors import ExitCode


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def doctor(as_json: bool) -> int:
    """Check the installation and the machine, and say what to do about each problem.

    Imports each engine in a process of its own, and asks each source whether it answers, unless OCRZOO_OFFLINE=1.
    Downloads nothing. Exit code 2 if there is an error; warnings are not errors.
    """
    from ocrzoo.cli.checks import run_checks

    found = list(run_checks())
    failed = any(finding.level == "error" for _, finding in found)
    if as_json:
        print_json({
            "ok": not failed,
            "findings": [
                {
                    "check": check,
                    "level": finding.level,
                    "message": finding.message,
                    "next_step": finding.next_step or None,
                    "data": finding.data,
                }
                for check, finding in found
            ],
        })  # fmt: skip
    else:
        rows = [(check, finding.level, finding.message, finding.next_step) for check, finding in found]
        print_table(("Check", "Level", "Finding", "Next step"), rows)
    return ExitCode.USAGE if failed else ExitCode.DONE
