"""``ocrzoo plugins check``: the conformance of a plugin and its models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ocrzoo.cli.output import counted, debug_option, print_json, print_note, print_table
from ocrzoo.cli.values import PLUGIN, Seconds
from ocrzoo.testing.isolation import TIMEOUT_S
from ocrzoo_registry.errors import ExitCode

if TYPE_CHECKING:
    from ocrzoo.testing import Report


@click.command()
@click.argument("target", required=False, metavar="[NAME|DIR]", type=PLUGIN)
@click.option("--strict", is_flag=True, help="Exit code 2 for warnings too.")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=Seconds(),
    default=TIMEOUT_S,
    show_default=True,
    help="Time that a check may take; one that takes longer is a finding.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: every check, also those that found nothing.")
@debug_option
def check(target: str | None, strict: bool, timeout: float, as_json: bool) -> int:
    """Check a plugin and its models: card, files, weights, and what the network computes and reads.

    DIR is the source folder of a plugin, which need not be installed. NAME is a model, a plugin or a distribution.
    Without either, all plugins are checked that are not ocrzoo's own. Weights are taken as 'ocrzoo models pull' takes
    them; those of a DIR are not kept. Exit code 2 if there is an error.
    """
    from ocrzoo.cli.progress import activity
    from ocrzoo.testing import check as check_plugin

    with activity() as show:
        report = check_plugin(target, timeout_s=timeout, on_start=show)
    if as_json:
        print_json(report.to_dict())
    else:
        _print(report, target)
    return ExitCode.USAGE if not report.ok or (strict and report.count("warning")) else ExitCode.DONE


def _print(report: Report, target: str | None) -> None:
    rows = _rows(report)
    if rows:
        print_table(("Subject", "Check", "Severity", "Where", "Finding", "Next step"), rows)
    subjects = list(dict.fromkeys((result.kind, result.subject) for result in report.results))
    if not subjects:
        print_note("no plugin is installed beside ocrzoo's own" if target is None else f"{target} has nothing to check")
        return
    counts = [counted(report.count(severity), severity) for severity in ("error", "warning")]
    counts.append(f"{report.count('skipped')} skipped")
    models = [name for kind, name in subjects if kind == "model"]
    print_note(f"{len(report.results)} checks of {', '.join(models) or subjects[0][1]}: {', '.join(counts)}")


def _rows(report: Report) -> Sequence[Sequence[str]]:
    """A row a finding; checks of one model that share a finding share its row."""
    checks: dict[tuple[str, ...], list[str]] = {}
    for result, one in report.findings:
        key = (result.subject, one.severity, one.where, one.message, one.next_step)
        checks.setdefault(key, []).append(result.check)
    return [(subject, ", ".join(names), *rest) for (subject, *rest), names in checks.items()]
