"""Servers in processes of their own, on loopback, as operators start them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from tests.conftest import NEAR, SETTINGS_OF

if TYPE_CHECKING:
    from requests import Response

READY_S = 120.0
"""How long models may take to load on a busy machine."""
STOP_S = 150.0
SERVE = """
import json, sys
from ocrzoo.serving.server import serve
from ocrzoo.serving.settings import ServerSettings
settings = ServerSettings().with_pipeline("OCR", **json.loads(sys.argv[1]))
serve(settings, "127.0.0.1", 0, lambda url: print(url, flush=True))
"""
SMALL = {
    **{f"text_{task}_model_name": f"PP-OCRv6_tiny_{task[:3]}" for task in ("detection", "recognition")},
    **dict.fromkeys(("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False),
}
"""Small networks; the weights of the other stages are in no package."""


class Server:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.url = process.stdout.readline().strip()
        assert self.url.startswith("http"), process.communicate(timeout=STOP_S)
        self._printed: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self._printed.extend(self.process.stderr)

    @property
    def log(self) -> str:
        """What it wrote on standard error so far."""
        return "".join(self._printed)

    def wait_until_ready(self) -> None:
        """Return once a worker has its models."""
        until(lambda: self.get("/readyz").status_code == 200, READY_S)

    def get(self, path: str) -> Response:
        """Ask for a path."""
        import requests

        return requests.get(f"{self.url}{path}", timeout=30)

    def read(self, content: bytes, query: str = "", **headers: str) -> Response:
        """Have a file read, sent as it is."""
        import requests

        sent = {"Content-Type": "application/octet-stream", **headers}
        return requests.post(f"{self.url}/ocr{query}", content, headers=sent, timeout=READY_S)

    def figure(self, name: str) -> float:
        """Return a figure of ``/metrics``; 0 if it is not there yet."""
        lines = (line for line in self.get("/metrics").text.splitlines() if line.startswith(f"{name} "))
        return float(next(lines, "0").rpartition(" ")[2])

    def workers(self) -> list[psutil.Process]:
        """Return its worker processes."""
        return psutil.Process(self.process.pid).children()

    def processes(self) -> list[psutil.Process]:
        """Return its workers, and the processes that these have started to decode PDFs."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        """End it, and return the exit status."""
        self.process.terminate()
        status = self.process.wait(STOP_S)
        self._reader.join(STOP_S)
        return status


@contextmanager
def run_server(
    home: Path,
    *,
    before: str = "",
    wrapper: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
    ready: bool = True,
    **settings: Any,
) -> Iterator[Server]:
    """Give a server of ``settings`` that is ready; ``before`` is run first, in its process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_OF)}
    own = {"OCRZOO_HOME": str(home), "PADDLE_PDX_MODEL_SOURCE": ",".join(NEAR)}
    settings = {"options": SMALL, "threads": 1, **settings}
    process = subprocess.Popen(
        [*wrapper, sys.executable, "-c", f"{before}\n{SERVE}", json.dumps(settings)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**kept, **own, **(environ or {})},
    )
    try:
        server = Server(process)
        if ready:
            server.wait_until_ready()
        yield server
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        finally:
            process.kill()
            process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def until(is_true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def are_over(processes: Sequence[psutil.Process]) -> bool:
    """Whether processes ended; nobody may have asked yet how."""
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)
