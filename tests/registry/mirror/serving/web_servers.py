"""The two servers of a mirror: Debian's nginx with a generated configuration, and ``ocrzoo mirror serve``."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

START_S = 20.0
SERVE = "import sys; from ocrzoo.cli import main; sys.exit(main(['mirror', 'serve', *sys.argv[1:]]))"


def program() -> str:
    """Give nginx's path; skips where it is not installed (the gate installs it)."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    if found is None:
        pytest.skip("needs nginx (Debian: nginx-light)")
    return found


@contextmanager
def run_nginx(config: Path, prefix: Path, port: int) -> Iterator[str]:
    """Run nginx; gives its address."""
    prefix.mkdir(parents=True, exist_ok=True)
    user = "user root; " if os.geteuid() == 0 else ""  # its workers would else be nobody, and shut out of our folders
    command = [program(), "-e", "stderr", "-p", str(prefix), "-c", str(config), "-g", f"{user}daemon off;"]
    log = prefix / "printed.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(START_S)


@contextmanager
def run_serve(folder: Path, *options: str, before: str = "") -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the embedded server; gives its address and its process, whose output is open.

    ``before`` is run first, in the same process.
    """
    command = [sys.executable, "-c", f"{before}\n{SERVE}", str(folder), "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert " at http" in told, process.communicate(timeout=START_S)
        yield told.split(" at ")[1].split()[0], process
    finally:
        process.terminate()
        process.communicate(timeout=START_S)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server listens; its log is in the error."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing answers: {log.read_text('utf-8', 'replace')[-4000:]}")
