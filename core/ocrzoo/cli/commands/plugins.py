"""``ocrzoo plugins``: installed plugins and their errors."""

from __future__ import annotations

import click

from ocrzoo.cli.output import debug_option, print_json, print_table


@click.group()
def plugins() -> None:
    """Show plugins."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def list_plugins(as_json: bool) -> None:
    """List plugins, the hooks they implement, and their faults."""
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    zoo.plugins.call_all()
    conflicts = [
        offers.describe_conflict(name)
        for offers in (zoo.models, zoo.sources, zoo.engines, zoo.predictors, zoo.pipelines)
        for name in offers.conflicts
    ]
    entries = [
        {
            "name": plugin.origin.plugin,
            "distribution": plugin.origin.distribution,
            "version": plugin.origin.version,
            "status": plugin.status,
            "hooks": list(plugin.hooks),
            "failures": [{"stage": failure.stage, "message": failure.message} for failure in plugin.failures],
        }
        for plugin in zoo.plugins.plugins
    ]
    for conflict in conflicts:
        click.echo(f"conflict: {conflict}", err=True)
    if as_json:
        print_json({"plugins": entries, "conflicts": conflicts})
        return
    rows = [
        (
            plugin.origin.plugin,
            f"{plugin.origin.distribution} {plugin.origin.version}",
            plugin.status,
            " ".join(hook.removeprefix("ocrzoo_") for hook in plugin.hooks),
            "; ".join(f"{failure.stage}: {failure.message}" for failure in plugin.failures),
        )
        for plugin in zoo.plugins.plugins
    ]
    print_table(("Plugin", "Distribution", "Status", "Hooks", "Faults"), rows)
