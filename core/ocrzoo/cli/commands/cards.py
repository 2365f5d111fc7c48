"""``ocrzoo cards``: work on model cards."""

from __future__ import annotations

import click

from ocrzoo.cli.lazy_group import LazyGroup

_COMMANDS = {
    "check-upstream": "ocrzoo.cli.commands.check_upstream:check_upstream",
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def cards() -> None:
    """Work on model cards."""
