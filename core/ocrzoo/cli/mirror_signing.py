"""``ocrzoo mirror sign``: who made a mirror, for those who have the public key."""

from __future__ import annotations

from pathlib import Path

import click

from ocrzoo.cli.terminal import debug_option, one_line

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--key", required=True, metavar="PRIVATE.pem", type=PATH, help="A private key of an elliptic curve.")
@debug_option
def sign(folder: Path, key: Path) -> None:
    """Sign the index of the release that a mirror serves now, and with it every byte.

    A later release is unsigned until it is signed too. 'ocrzoo mirror verify DIR --key PUBLIC.pem' checks it, and
    who sets OCRZOO_MIRROR_KEY to the public key takes nothing from an unsigned mirror.
    """
    from ocrzoo_registry.mirror import signing
    from ocrzoo_registry.mirror.published import root_of

    click.echo(f"{one_line(str(signing.sign_tree(root_of(folder), key)))}: written")
