"""A real OCI registry on the loopback address: Debian's docker-registry."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.registry.mirror.serving.web_servers import START_S, free_port, wait_for

USER, PASSWORD = "reader", "sea side"
HTPASSWD = "reader:$2y$04$7s..hs38/mFx.CdAJwmew..YYAWR9Y/8RxP5GTiXGyeFyUGAhb/VK\n"
"""That user and password, as ``htpasswd -nbB`` writes them."""


def program() -> str:
    """Give the registry's path; skips where it is not installed (the gate installs it)."""
    found = shutil.which("docker-registry", path="/usr/bin:/usr/local/bin")
    if found is None:
        pytest.skip("needs docker-registry (Debian)")
    return found


@contextmanager
def run_registry(folder: Path, *, login: bool = False) -> Iterator[str]:
    """Run a registry that keeps its blobs in a folder; gives its host and port."""
    command = program()
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "blobs")}, "delete": {"enabled": True}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    if login:
        (folder / "htpasswd").write_text(HTPASSWD)
        config["auth"] = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
    (folder / "config.yml").write_text(json.dumps(config))  # JSON is YAML
    log = folder / "printed.txt"
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), "OTEL_TRACES_EXPORTER": "none"}
    with log.open("wb") as output:
        arguments = [command, "serve", str(folder / "config.yml")]
        process = subprocess.Popen(arguments, stdout=output, stderr=output, env=variables)
    try:
        wait_for(port, process, log)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(START_S)


def write_docker_config(folder: Path, host: str, password: str = PASSWORD) -> Path:
    """Write what ``docker login`` does; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    pair = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": pair}}}))
    return folder


def write_credential_helper(folder: Path, host: str) -> Path:
    """Write a configuration that names a helper, and the helper, for a folder of PATH; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"credHelpers": {host: "tests"}}))
    helper = folder / "docker-credential-tests"
    answer = json.dumps({"ServerURL": host, "Username": USER, "Secret": PASSWORD})
    helper.write_text(f"#!/bin/sh\ncat >/dev/null\necho '{answer}'\n")
    helper.chmod(0o755)
    return folder
