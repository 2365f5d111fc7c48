"""Starts olah, a HuggingFace mirror written by others, over git repositories of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.hubs.contents import Files

START_S = 60.0
STOP_S = 10.0
GIT_S = 30.0


@contextmanager
def run_olah(python: str, folder: Path, models: Mapping[str, Files]) -> Iterator[str]:
    """Serve models as ``PaddlePaddle/<name>`` without any upstream; gives the URL.

    ``python`` is the interpreter of an environment that has olah.
    """
    for name, files in models.items():
        commit_files(folder / "mirrors" / "models" / "PaddlePaddle" / name, files)
    port = _free_port()
    settings = folder / "olah.toml"
    settings.write_text(_settings(folder, port), "utf-8")
    command = [str(Path(python).with_name("olah-cli")), "--config", str(settings), "--log-path", str(folder / "logs")]
    printed = folder / "printed.txt"
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    with printed.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output, stderr=output)
    try:
        _wait_for(port, process, printed)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)


def commit_files(repository: Path, files: Files) -> str:
    """Make a git repository of files; gives the commit."""
    for path, content in files.items():
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_bytes(content)
    _git(repository, "init", "--quiet", "--initial-branch=main")
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "--message=Model")
    return _git(repository, "rev-parse", "HEAD")


def _git(repository: Path, *arguments: str) -> str:
    who = {"NAME": "Test", "EMAIL": "test@example.invalid"}
    variables = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in who.items()}
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(repository),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **variables,
    }
    done = subprocess.run(
        ["git", *arguments], cwd=repository, env=environment, capture_output=True, text=True, timeout=GIT_S, check=True
    )
    return done.stdout.strip()


def _settings(folder: Path, port: int) -> str:
    return f"""
[basic]
host = "127.0.0.1"
port = {port}
repos-path = "{folder / "repos"}"
mirrors-path = ["{folder / "mirrors"}"]
hf-scheme = "http"
hf-netloc = "127.0.0.1:9"
mirror-scheme = "http"
mirror-netloc = "127.0.0.1:{port}"
[accessibility]
offline = true
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], printed: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"olah does not answer: {printed.read_text('utf-8', 'replace')[-4000:]}")
