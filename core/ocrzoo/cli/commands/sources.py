"""``ocrzoo sources``: the sources of weights, and whether they answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.output import debug_option, print_json, print_table
from ocrzoo.cli.values import SOURCE
from ocrzoo_registry.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from ocrzoo_registry.zoo import Zoo


CHECK_S = 5.0
"""How long a source may take to answer; a name server that stays silent takes longer to give up."""


@click.group()
def sources() -> None:
    """Show the sources of weights."""


@sources.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", type=SOURCE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def check(names: tuple[str, ...], as_json: bool) -> int:
    """Check whether each source, or those named, answers, in the order in which they are used.

    Exit code 4 if one does not answer.
    """
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    wanted = [_named(zoo, name) for name in names] or list(zoo.source_order.names())
    with ThreadPoolExecutor(max(len(wanted), 1)) as pool:
        found = list(pool.map(lambda name: ask_source(zoo, name), wanted))
    if as_json:
        print_json(found)
    else:
        rows = [
            (one["name"], _YES_NO[one["reachable"]], "" if one["latency_ms"] is None else f"{one['latency_ms']:.0f} ms",
             one["answer"])
            for one in found
        ]  # fmt: skip
        print_table(("Source", "Reachable", "Latency", "Answer"), rows)
    return ExitCode.SOURCE if any(one["reachable"] is False for one in found) else ExitCode.DONE


def _named(zoo: Zoo, name: str) -> str:
    """The source of this name.

    Raises:
        UsageError: There is no such source, or a setting is missing.
    """
    spec = zoo.sources.get(name)
    if spec.unavailable_reason:
        raise UsageError(f"source {spec.name!r} needs {spec.unavailable_reason}")
    return spec.name


_YES_NO = {True: "yes", False: "no", None: "not checked"}


def ask_source(zoo: Zoo, name: str) -> dict[str, Any]:
    """Ask a source whether it answers, within bounded time; offline mode asks none that needs the network."""
    from ocrzoo_registry.network.deadline import Deadline
    from ocrzoo_registry.sources.base import Checkable, Health

    spec = zoo.sources.get(name)
    status: dict[str, Any] = {"name": name, "network": spec.network, "reachable": None, "latency_ms": None}
    if spec.network and zoo.settings.offline:
        return {**status, "answer": "skipped in offline mode"}
    try:
        source = zoo.source_order.load(name)
        if not isinstance(source, Checkable):
            return {**status, "answer": "has no check"}
        health: object = Deadline(CHECK_S).run(source.check)
        if not isinstance(health, Health):
            return {**status, "answer": f"invalid check result: {type(health).__name__}"}
    except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a plugin's source raises
        return {**status, "reachable": False, "answer": str(error)}
    latency_ms = None if health.latency_s is None else round(1000 * health.latency_s, 1)
    return {**status, "reachable": health.reachable, "latency_ms": latency_ms, "answer": health.answer}
