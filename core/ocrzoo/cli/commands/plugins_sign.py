"""``ocrzoo plugins sign``: the signature of a plugin, for its author."""

from __future__ import annotations

from pathlib import Path

import click

from ocrzoo.cli.output import debug_option, one_line

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", metavar="PACKAGE", type=PATH)
@click.option("--key", required=True, metavar="PRIVATE.pem", type=PATH, help="An elliptic-curve private key.")
@debug_option
def sign(folder: Path, key: Path) -> None:
    """Sign a plugin: the folder of its package, with code, cards, charsets and weights.

    Writes SHA256SUMS and SHA256SUMS.sig into it, which are to be distributed with the package. After any change it must
    be signed again. Whoever sets OCRZOO_PLUGIN_KEYS to the public key uses the plugin only as it was signed.
    """
    from ocrzoo_registry.plugins.signatures import sign_package

    for path in sign_package(folder, key):
        click.echo(f"{one_line(str(path))}: written")
