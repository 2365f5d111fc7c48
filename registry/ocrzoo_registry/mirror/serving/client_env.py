"""The variables that lead programs to a mirror, and what each program needs besides."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.mirror.published import root_of


@dataclass(frozen=True)
class Client:
    """A program that downloads models."""

    name: str
    variables: dict[str, str]
    """Name to value; empty where the program cannot use this mirror."""
    needs: tuple[str, ...]
    """What else has to be so, one sentence each."""


NAMES = ("ocrzoo", "huggingface-hub", "modelscope", "aistudio-sdk", "paddlex")
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
        root_of(folder)
        return Path(os.path.abspath(folder)).as_uri()  # noqa: PTH100  # links in it stay: they may lead elsewhere later
    well_formed = re.fullmatch(r"(https?|s3)://[^\s/@?#]+(/[^\s?#]*)?|file:///[^\s?#]*", target)
    if not well_formed or not target.isprintable() or _ODD.search(target):
        raise UsageError(
            "this is no address of a mirror: write it as http://host:port, https://host, s3://bucket or a folder"
        )
    return target.rstrip("/")


def clients(place: str, names: Iterable[str] = NAMES) -> list[Client]:
    """Return what these programs need for a mirror at an address."""
    web = place.startswith("http")
    return [_CLIENTS[name](place) if web or name == "ocrzoo" else _without_server(name) for name in names]


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


def _huggingface(place: str) -> Client:
    return Client(
        "huggingface-hub",
        {"HF_ENDPOINT": place, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"},
        ("reads them when it is imported: set them before Python starts",),
    )


def _modelscope(place: str) -> Client:
    parts = urlsplit(place)
    older = (
        f"before 1.38 it reads MODELSCOPE_DOMAIN={parts.netloc}"
        if parts.scheme == "https"
        else "before 1.38 it asks by https only, unless a call says endpoint="
    )
    return Client("modelscope", {"MODELSCOPE_ENDPOINT": place}, (f"1.38 or later; {older}",))


def _aistudio(place: str) -> Client:
    return Client(
        "aistudio-sdk",
        {"STUDIO_GIT_HOST": place},
        (
            "it posts a count to https://aistudio.baidu.com before each download, and waits for ever for an answer",
            "where that host is neither reached nor refused, switch that off in Python:",
            "aistudio_sdk.snapshot_download.post_repo_statistic = lambda *_: None",
        ),
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


_CLIENTS: dict[str, Callable[[str], Client]] = {
    "ocrzoo": _ocrzoo,
    "huggingface-hub": _huggingface,
    "modelscope": _modelscope,
    "aistudio-sdk": _aistudio,
    "paddlex": _paddlex,
}
