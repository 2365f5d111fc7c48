"""``ocrzoo mirror serve|env|sign|push``: a mirror over HTTP, the variables of its clients, signature, upload."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from ocrzoo.cli.output import debug_option, one_line, print_json, print_message, print_note, print_table
from ocrzoo.cli.progress import download_events, format_size

if TYPE_CHECKING:
    from ocrzoo_registry.mirror.serving.server import Mirror


class _OneOf(click.ParamType[str]):
    """A key of a table in the registry, which is imported only to show the help or check a value."""

    name = "choice"

    def __init__(self, table: str) -> None:
        self._table = table

    def _choice(self) -> click.Choice[str]:
        from ocrzoo_registry.mirror.serving import client_env

        return click.Choice(list(getattr(client_env, self._table)))

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:  # noqa: ARG002  # click's
        """List the keys in the help."""
        return f"[{'|'.join(self._choice().choices)}]"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse a value that is not a key."""
        return self._choice().convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Complete a key."""
        return self._choice().shell_complete(ctx, param, incomplete)


def _origins(_context: click.Context, _option: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    """Check the origins: a scheme and a host, as a browser sends them."""
    for origin in given:
        if origin not in {"*", "none"} and not re.fullmatch(r"https?://[^\s/@?#,]+", origin):
            raise click.BadParameter(f"{origin!r} is not an origin such as https://site.example, or none")
    return tuple(one for one in given if one != "none") if given else ("*",)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen on this address; 0.0.0.0 is all.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 chooses a free port.")
@click.option(
    "--allow_origin",
    "origins",
    metavar="ORIGIN",
    multiple=True,
    callback=_origins,
    help="Only scripts of this site may read the mirror, such as https://site.example; repeatable, or none.  [all]",
)
@click.option("--log", "log_requests", is_flag=True, help="Log every request.")
@debug_option
def serve(folder: Path, host: str, port: int, origins: tuple[str, ...], log_requests: bool) -> None:
    """Serve a mirror over HTTP, until Ctrl-C.

    For ocrzoo, PaddleX and the clients of the hubs. Supports ranges, digests as ETags and many clients at once; serves
    a new release from the next request on. For a large network use nginx with the nginx.conf of the mirror. Needs
    ocrzoo[serve].
    """
    from ocrzoo_registry.mirror.serving.server import serve as run_server

    def started(address: str, mirror: Mirror) -> None:
        click.echo(f"serving {mirror.served.release.index.counts} at {address} (stop with Ctrl-C)")
        if host not in {"127.0.0.1", "::1", "localhost"}:
            print_message("warning", f"anyone who can reach this machine at {host} can read the mirror")

    run_server(folder, host, port, log_requests=log_requests, started=started, origins=origins)


@click.command()
@click.argument("target", metavar="DIR|URL")
@click.option("--for", "names", type=_OneOf("CLIENTS"), multiple=True, help="Only for this program; repeatable.")
@click.option("--shell", type=_OneOf("SHELLS"), default="sh", show_default=True, help="Syntax of this shell.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def env(target: str, names: tuple[str, ...], shell: str, as_json: bool) -> None:
    """Print the environment variables of a mirror's clients.

    They make ocrzoo, the clients of the hubs and PaddleX download from the mirror.

    \b
        eval "$(ocrzoo mirror env http://models.example:8000)"
    """  # noqa: D301  # \b is click's mark for text that is not rewrapped
    from ocrzoo_registry.mirror.serving.client_env import clients, lines, url_of

    found = clients(url_of(target), names)
    if as_json:
        print_json([{"name": one.name, "variables": one.variables, "needs": list(one.needs)} for one in found])
    else:
        for line in lines(found, shell):
            click.echo(one_line(line))


PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--key", required=True, metavar="PRIVATE.pem", type=PATH, help="An elliptic-curve private key.")
@debug_option
def sign(folder: Path, key: Path) -> None:
    """Sign the present release of a mirror.

    Signs the index, which has the digest of every file. A later release is unsigned until it is signed too. 'ocrzoo
    mirror verify DIR --key PUBLIC.pem' checks the signature; with OCRZOO_MIRROR_KEY set to the public key, ocrzoo
    refuses unsigned mirrors.
    """
    from ocrzoo_registry.index import signing
    from ocrzoo_registry.mirror.release import published

    click.echo(f"{one_line(str(signing.sign_tree(published(folder), key)))}: written")


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.argument("address", metavar="oci://HOST/REPOSITORY")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def push(folder: Path, address: str, as_json: bool) -> None:
    """Upload the present release of a mirror to an OCI registry.

    Each model and format becomes an artifact (CNCF ModelPack), tagged as its folder in the store; other machines use
    the repository as a mirror, with OCRZOO_MIRROR=oci://HOST/REPOSITORY. Files that the registry has are not sent
    again. Credentials are those of 'docker login', which need ocrzoo[oci].
    """
    from ocrzoo_registry.mirror.oci import push as upload
    from ocrzoo_registry.settings import Settings

    pushed = upload(folder, address, Settings.from_environment(), download_events(messages=False))
    if as_json:
        print_json(asdict(pushed))
        return
    print_table(("Artifact", "Digest"), list(pushed.artifacts.items()))
    sent = f"{format_size(pushed.sent)} sent" if pushed.sent else "all files were there"
    print_note(one_line(f"{pushed.address}: index {pushed.index}{', signed' if pushed.signed else ''}; {sent}"))
