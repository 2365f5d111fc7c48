"""``ocrzoo completion``: the script with which a shell completes commands, options and names."""

from __future__ import annotations

import click

from ocrzoo.cli.completion import SHELLS, script
from ocrzoo.cli.output import debug_option

_INSTALL = "\n".join(f"    {line}" for line in SHELLS.values())


@click.command(
    help=f"""Print the script with which a shell completes commands, options, models, languages and other names.

    \b
{_INSTALL}
    """
)
@click.argument("shell", type=click.Choice(list(SHELLS)))
@debug_option
def completion(shell: str) -> None:
    """Print the script of a shell."""
    click.echo(script(shell), nl=False)
