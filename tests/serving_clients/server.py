"""A server of ours on loopback, for tests that talk to it as clients do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml
from case_pipelines import OFF, ocr
from playing import filled

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.zoo import Zoo

READY_S = 120
"""How long models may take to load on a busy machine."""
STOP_S = 30
READY = (200, 404)
"""What ``/readyz`` answers when models are loaded; PaddleX has no such path, and answers nothing before."""


def server_command(port: int, pipeline: Path, *more: str) -> list[str]:
    """Return the command that serves a pipeline's configuration on loopback."""
    where = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--threads", "2"]
    same = ["--engine", "onnxruntime", "--precision", "float32"]  # as PaddleX's answers were recorded
    return [sys.executable, "-m", "ocrzoo", "serve", *where, "--pipeline", str(pipeline), *same, *more]


def free_port() -> int:
    """Return a port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(command: Sequence[str], url: str, log: Path, environ: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run a server until it is no longer needed; it is ready when this gives it.

    Raises:
        RuntimeError: It ended, or was not ready in time.
    """
    with (
        log.open("wb") as told,
        subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT, env=environ) as process,
    ):
        try:
            wait_until_ready(url, process)
            yield
        except RuntimeError as error:
            raise RuntimeError(f"{error}: {log.read_text(errors='replace')[-3000:]}") from error
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_ready(url: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Return when a server says that it is healthy and has its models.

    Raises:
        RuntimeError: It ended, or took too long.
    """
    import requests

    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with suppress(requests.RequestException):
            is_healthy = requests.get(f"{url}/health", timeout=5).json()["errorCode"] == 0
            if is_healthy and requests.get(f"{url}/readyz", timeout=5).status_code in READY:
                return
        time.sleep(0.2)
    raise RuntimeError(f"the server was not ready within {READY_S} s")


@contextmanager
def running(folder: Path, home: Path, zoo: Zoo) -> Iterator[str]:
    """Give the base URL of a server that reads with small models, and draws."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    pipeline = folder / "OCR.yaml"
    pipeline.write_text(yaml.safe_dump(small(zoo), sort_keys=False), encoding="utf-8")
    with started(server_command(port, pipeline), url, folder / "log.txt", our_variables(home)):
        yield url


def our_variables(home: Path) -> dict[str, str]:
    """Return the environment of a server that takes models from ``home`` and nothing else from the caller."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("OCRZOO_", "PADDLE_PDX_"))}
    return {**kept, "OCRZOO_HOME": str(home)}


def small(zoo: Zoo) -> dict[str, Any]:
    """Return the configuration of a pipeline with PP-OCRv4_mobile and no other stage."""
    config: dict[str, Any] = ocr(OFF)
    for module in config["SubModules"].values():
        if module["model_name"].startswith("PP-OCR"):
            model = zoo.models.get(module["model_name"])
            module["model_dir"] = str(zoo.resolver.get(DownloadRequest(model, ["onnx"])).folder)
    return dict(filled(config, {}))
