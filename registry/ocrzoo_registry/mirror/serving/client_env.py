"""The variables that lead programs to a mirror, and what each program needs besides."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.mirror.layouts import LAYOUTS
from ocrzoo_registry.mirror.layouts.base import Client
from ocrzoo_registry.mirror.release import published

SHELLS: dict[str, Callable[[str, str], str]] = {
    "sh": lambda name, value: f"export {name}={shlex.quote(value)}",
    "fish": lambda name, value: f"set -gx {name} {shlex.quote(value)}",
    "powershell": lambda name, value: f"$env:{name} = '{value}'",
    "plain": lambda name, value: f"{name}={value}",
}
"""How each shell sets a variable; values are addresses and words, without any quote or backslash in them."""

_ODD = re.compile(r"""["'\\\u2018-\u201f]""")
"""What ends a quoted text, or does not, in one of the shells: PowerShell takes typographic quotes too, and fish takes
a backslash before a quote for a part of the text."""


def place_of(target: str) -> str:
    """Return the address of a mirror that was named as a folder or an address; without a slash at its end.

    Raises:
        UsageError: It is no address of a kind that can be used.
        NotFound: It is a folder, and no mirror.
    """
    if "://" not in target:
        folder = Path(target).expanduser()
        if not folder.exists() and re.fullmatch(r"[^\s/@?#'\"]+:\d+(/.*)?", target):
            raise UsageError(f"there is no folder {target}: write the address of a server as http://{target}")
        published(folder)
        return Path(os.path.abspath(folder)).as_uri()  # noqa: PTH100  # links in it stay: they may lead elsewhere later
    well_formed = re.fullmatch(r"(https?|s3)://[^\s/@?#]+(/[^\s?#]*)?|file:///[^\s?#]*", target)
    if not well_formed or not target.isprintable() or _ODD.search(target):
        raise UsageError(
            "this is no address of a mirror: write it as http://host:port, https://host, s3://bucket or a folder"
        )
    return target.rstrip("/")


def clients(place: str, names: Iterable[str] = ()) -> list[Client]:
    """Return the settings of these programs, or of all, for a mirror at a URL."""
    web = place.startswith("http")
    return [CLIENTS[name](place) if web or name == "ocrzoo" else _without_server(name) for name in names or CLIENTS]


def lines(found: Iterable[Client], shell: str) -> list[str]:
    """Write the variables as a shell reads them, each program's behind comments on what it needs."""
    told = []
    for client in found:
        told += [f"# {client.name}: {need}" for need in client.needs]
        told += [SHELLS[shell](name, value) for name, value in client.variables.items()]
    return told


def _without_server(name: str) -> Client:
    return Client(name, {}, ("needs a web server: nginx with the mirror's nginx.conf, or ocrzoo mirror serve",))


def _ocrzoo(place: str) -> Client:
    return Client(
        "ocrzoo",
        {"OCRZOO_MIRROR": place, "PADDLE_PDX_MODEL_SOURCE": "mirror"},
        ("needs nothing but the files: any web server, bucket or folder will do",),
    )


def _paddlex(place: str) -> Client:
    return Client(
        "paddlex",
        {
            "PADDLE_PDX_HUGGING_FACE_ENDPOINT": place,
            "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
            "HF_HUB_DISABLE_XET": "1",
        },
        (
            "it does not read HF_ENDPOINT; its check of sources asks hosts that no variable moves, and is switched off",
            "PADDLE_PDX_MODEL_SOURCE=mirror, which is ocrzoo's, means huggingface to it",
        ),
    )


CLIENTS: dict[str, Callable[[str], Client]] = {
    "ocrzoo": _ocrzoo,
    **{name: client for layout in LAYOUTS for name, client in layout.clients.items()},
    "paddlex": _paddlex,
}
"""All programs, by name: those of each layout, and those that download from several hubs."""
