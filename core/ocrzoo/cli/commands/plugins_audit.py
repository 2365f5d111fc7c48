"""``ocrzoo plugins audit``: who may do what."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ocrzoo.cli.output import debug_option, print_json, print_table

if TYPE_CHECKING:
    from ocrzoo_registry.audit import Audit


@click.command("audit")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def audit_plugins(as_json: bool) -> None:
    """Show what the plugins of each distribution may do.

    Whether they are allowed (OCRZOO_PLUGINS) and signed (OCRZOO_PLUGIN_KEYS), what they register, which hosts their
    cards name, which folders and variables they read, and what they take over. Of plugins that are not allowed,
    nothing is imported. A plugin is a program: what its code does beyond this is not known.
    """
    from ocrzoo_registry.audit import audit
    from ocrzoo_registry.zoo import Zoo

    found = audit(Zoo())
    if as_json:
        print_json({"distributions": [asdict(one) for one in found]})
    else:
        print_table(("Distribution", "Question", "Answer"), [row for one in found for row in _rows(one)])


def _rows(one: Audit) -> list[tuple[str, str, str]]:
    """What is known, in rows; of ocrzoo itself only how much, as its documentation has the rest."""
    name = f"{one.distribution} {one.version}"
    brief = one.signature == "comes with ocrzoo"
    rows = [
        ("Plugins", "; ".join(one.plugins)),
        ("Status", "; ".join([", ".join(one.status), *one.reasons])),
        ("Signature", one.signature),
        ("Hooks", " ".join(hook.removeprefix("ocrzoo_") for hook in one.hooks)),
        *((kind.capitalize(), str(len(names)) if brief else " ".join(names)) for kind, names in one.registers.items()),
        ("Asks", "" if brief else ", ".join(one.asks)),
        ("Reads", "" if brief else ", ".join(one.reads)),
        ("Variables", " ".join(one.variables)),
        ("Takes over", "; ".join(one.takes_over)),
    ]
    return [(name, question, answer) for question, answer in rows if answer]
