"""``ocrzoo plugins``: installed plugins and their errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from ocrzoo.cli.lazy_group import LazyGroup
from ocrzoo.cli.output import debug_option, print_json, print_note, print_table
from ocrzoo.cli.strict import check_plugins, strict_option

if TYPE_CHECKING:
    from ocrzoo_registry.plugins.registrations import Origin
    from ocrzoo_registry.zoo import Zoo


_COMMANDS = {
    "audit": "ocrzoo.cli.commands.plugins_audit:audit_plugins",
    "sign": "ocrzoo.cli.commands.plugins_sign:sign",
    "check": "ocrzoo.cli.commands.plugins_check:check",
    "new": "ocrzoo.cli.commands.plugins_new:new",
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def plugins() -> None:
    """Write, check, show and sign plugins."""


@plugins.command("list")
@strict_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def list_plugins(strict: bool, as_json: bool) -> None:
    """List plugins, the hooks they implement, their faults, and what is odd about their cards."""
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    zoo.plugins.call_all()
    warnings = zoo.plugin_warnings()
    clashes = zoo.conflicts()
    entries = [
        {
            "name": plugin.origin.plugin,
            "distribution": plugin.origin.distribution,
            "version": plugin.origin.version,
            "status": plugin.status,
            "reason": plugin.refusal,
            "hooks": list(plugin.hooks),
            "failures": [{"stage": failure.stage, "message": failure.message} for failure in plugin.failures],
            "warnings": warnings[plugin.origin],
        }
        for plugin in zoo.plugins.plugins
    ]
    for conflict in clashes:
        print_note(f"conflict: {conflict}")
    if as_json:
        print_json({"plugins": entries, "conflicts": clashes})
    else:
        _print_plugins(zoo, warnings)
    if strict:
        check_plugins(zoo)


def _print_plugins(zoo: Zoo, warnings: Mapping[Origin, Sequence[str]]) -> None:
    rows = [
        (
            plugin.origin.plugin,
            f"{plugin.origin.distribution} {plugin.origin.version}",
            plugin.status,
            " ".join(hook.removeprefix("ocrzoo_") for hook in plugin.hooks),
            "; ".join(
                [
                    *([plugin.refusal] if plugin.status == "not allowed" else []),
                    *(f"{failure.stage}: {failure.message}" for failure in plugin.failures),
                    *(f"warning: {text}" for text in warnings[plugin.origin]),
                ]
            ),
        )
        for plugin in zoo.plugins.plugins
    ]
    print_table(("Plugin", "Distribution", "Status", "Hooks", "Faults"), rows)
