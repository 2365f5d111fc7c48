"""The environment variables that make programs use a mirror, and what else each program needs."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable
from pathlib import Path

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import expand_user
from ocrzoo_registry.mirror.layouts import LAYOUTS
from ocrzoo_registry.mirror.layouts.base import Client
from ocrzoo_registry.mirror.release import published

SHELLS: dict[str, Callable[[str, str], str]] = {
    "sh": lambda name, value: f"export {name}={shlex.quote(value)}",
    "fish": lambda name, value: f"set -gx {name} {shlex.quote(value)}",
    "powershell": lambda name, value: f"$env:{name} = '{value}'",
    "plain": lambda name, value: f"{name}={value}",
}
"""How each shell sets a variable; values are URLs and words without quotes or backslashes."""

_ODD = re.compile(r"""["'\\\u2018-\u201f]""")
"""What ends a quoted string in one of the shells: PowerShell accepts typographic quotes too, and fish escapes a quote
by a backslash."""


def url_of(target: str) -> str:
    """Return the URL of a mirror, given as a folder or URL, without a slash at its end.

    Raises:
        UsageError: It is not a URL of a supported kind.
        NotFound: It is a folder, but not a mirror.
    """
    if "://" not in target:
        folder = expand_user(target)
        if not folder.exists() and re.fullmatch(r"[^\s/@?#'\"]+:\d+(/.*)?", target):
            raise UsageError(f"there is no folder {target}; the URL of a server is http://{target}")
        published(folder)
        return Path(os.path.abspath(folder)).as_uri()  # noqa: PTH100  # links stay: they may change later
    well_formed = re.fullmatch(r"(https?|s3|oci)://[^\s/@?#]+(/[^\s?#]*)?|file:///[^\s?#]*", target)
    if not well_formed or not target.isprintable() or _ODD.search(target):
        forms = "http://host:port, https://host, s3://bucket, oci://host/repository or a folder"
        raise UsageError(f"not the URL of a mirror: write {forms}")
    return target.rstrip("/")


def clients(url: str, names: Iterable[str] = ()) -> list[Client]:
    """Return the settings of these programs, or of all, for a mirror at a URL."""
    web = url.startswith("http")
    return [CLIENTS[name](url) if web or name == "ocrzoo" else _without_server(name) for name in names or CLIENTS]


def lines(found: Iterable[Client], shell: str) -> list[str]:
    """Return the lines that set the variables in a shell, each program's after comments on what it needs."""
    found_lines = []
    for client in found:
        found_lines += [f"# {client.name}: {need}" for need in client.needs]
        found_lines += [SHELLS[shell](name, value) for name, value in client.variables.items()]
    return found_lines


def _without_server(name: str) -> Client:
    return Client(name, {}, ("needs a web server: nginx with the mirror's nginx.conf, or ocrzoo mirror serve",))


def _ocrzoo(url: str) -> Client:
    return Client(
        "ocrzoo",
        {"OCRZOO_MIRROR": url, "PADDLE_PDX_MODEL_SOURCE": "mirror"},
        ("needs only the files: any web server, bucket, registry or folder is enough",),
    )


def _paddlex(url: str) -> Client:
    return Client(
        "paddlex",
        {
            "PADDLE_PDX_HUGGING_FACE_ENDPOINT": url,
            "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
            "HF_HUB_DISABLE_XET": "1",
        },
        (
            "it does not read HF_ENDPOINT; its check of sources contacts fixed hosts, and is switched off",
            "it reads PADDLE_PDX_MODEL_SOURCE=mirror, meant for ocrzoo, as huggingface",
        ),
    )


CLIENTS: dict[str, Callable[[str], Client]] = {
    "ocrzoo": _ocrzoo,
    **{name: client for layout in LAYOUTS for name, client in layout.clients.items()},
    "paddlex": _paddlex,
}
"""All programs, by name: those of each layout, and those that download from several hubs."""
