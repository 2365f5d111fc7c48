"""``ocrzoo export``: lay out verified model files for programs on phones and in browsers."""

from __future__ import annotations

from pathlib import Path

import click

from ocrzoo.cli.output import debug_option
from ocrzoo.cli.values import MODEL
from ocrzoo.model_export.targets import TARGETS

_TARGETS = "\n".join(f"    {name:<13} {target.help}" for name, target in TARGETS.items())


@click.command(
    help=f"""Lay out verified models in DIR for a program on a phone or in a browser.

    \b
{_TARGETS}

    The folder has parity.json: the digest, source and license of each file, and what the files read on sample pages
    beside what ocrzoo reads. The command fails if the texts differ. An older export in DIR is replaced as a whole;
    another folder is refused.
    """
)
@click.argument("names", metavar="NAME...", nargs=-1, required=True, type=MODEL)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--for", "target", metavar="PROGRAM", type=click.Choice(list(TARGETS)), required=True, help="The program, as above."
)
@click.option("--mirror", metavar="URL", help="A mirror that serves the weights.")
@click.option(
    "--opt", metavar="FILE", type=click.Path(path_type=Path), help="For paddle-lite: Paddle-Lite's program opt."
)
@click.option("--json", "as_json", is_flag=True, help="Print parity.json.")
@debug_option
def export(
    names: tuple[str, ...], folder: Path, target: str, mirror: str | None, opt: Path | None, as_json: bool
) -> int:
    """Lay out models; the help is above."""
    raise NotImplementedError
