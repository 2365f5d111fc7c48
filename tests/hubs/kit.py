"""What the hubs' tests share: plain requests, and stock clients in processes of their own."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

MODEL = "PP-OCRv5_mobile_det"
"""The model that the tests ask for: one of PaddleX's names."""
PATIENCE_S = 10.0
CLIENT_S = 90.0
"""How long a stock client may take, its import included."""
NOWHERE = "http://127.0.0.1:9"
"""A proxy that no one runs: what is not meant for the local hubs goes no further."""

DOWNLOADS = {
    "huggingface": """
from huggingface_hub import snapshot_download
snapshot_download(f"PaddlePaddle/{model}", revision=revision, local_dir=folder)
""",
    "modelscope": """
from modelscope import snapshot_download
snapshot_download(f"PaddlePaddle/{model}", revision=revision, local_dir=folder)
""",
    "aistudio": """
from aistudio_sdk.snapshot_download import snapshot_download
snapshot_download(repo_id=f"PaddleX/{model}", revision=revision, local_dir=folder)
""",
}
"""How each hub's own client downloads ``model`` into ``folder``; None is its default revision."""

QUIET_AISTUDIO = """
import aistudio_sdk.snapshot_download
aistudio_sdk.snapshot_download.post_repo_statistic = lambda *arguments: None
"""
"""Its statistics go to a fixed address, which only the proxy leads here."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


def ask(url: str, target: str, method: str = "GET", **headers: str) -> Reply:
    """Send one request on a connection of its own; underscores in names of headers are dashes."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE_S)
    try:
        connection.request(method, target, headers={name.replace("_", "-"): text for name, text in headers.items()})
        response = connection.getresponse()
        return Reply(response.status, {name.lower(): text for name, text in response.getheaders()}, response.read())
    finally:
        connection.close()


def run_python(code: str, home: Path, environment: Mapping[str, str], python: str = sys.executable) -> None:
    """Run code in a process with nothing but this environment, and a home of its own.

    Raises:
        AssertionError: It failed, or took too long; its output is in the message.
    """
    home.mkdir(parents=True, exist_ok=True)
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        **environment,
    }
    try:
        done = subprocess.run(
            [python, "-c", code], env=variables, cwd=home, capture_output=True, text=True, timeout=CLIENT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise AssertionError(f"no end within {CLIENT_S:.0f} s: {error.stderr!r}") from error
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def download(
    client: str,
    model: str,
    home: Path,
    environment: Mapping[str, str],
    *,
    revision: str | None = None,
    before: str = "",
    python: str = sys.executable,
) -> Path:
    """Download a model with a hub's own client; gives the folder."""
    folder = home / "downloaded"
    names = f"{model=}\n{revision=}\nfolder = {str(folder)!r}\n"
    run_python(names + before + DOWNLOADS[client], home, environment, python)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Give a folder's files, without what clients keep for themselves in hidden ones."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    named = {path.relative_to(folder): path for path in paths}
    return {
        name.as_posix(): path.read_bytes()
        for name, path in named.items()
        if not any(part.startswith(".") for part in name.parts)
    }
