"""A server with small real networks, and clients of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import requests
from fpdf import FPDF
from tests.hubs.environments import Environments

MODELS = {"text_detection_model_name": "PP-OCRv6_tiny_det", "text_recognition_model_name": "PP-OCRv6_tiny_rec"}
TIMEOUT_S = 60
FIRST_WORDS = "Reading a page with a model"
"""Of the sample."""


@dataclass
class Server:
    """A server of its own."""

    url: str
    process: subprocess.Popen[str]
    log: Path

    def post(self, path: str = "/ocr", **options: Any) -> requests.Response:
        return requests.post(f"{self.url}{path}", timeout=TIMEOUT_S, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=TIMEOUT_S, **options)

    def workers(self) -> list[int]:
        """The ids of its worker processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children]

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


StartServer = Callable[..., Server]


@contextmanager
def running(home: Path, folder: Path, *options: str, **environment: str) -> Iterator[Server]:
    """Run a server on a free port until it is left; it must end within its time."""
    named = [part for name, value in MODELS.items() for part in (f"--{name}", value)]
    command = [sys.executable, "-m", "ocrzoo", "serve", "--port", "0", *named, *options]
    log = folder / "server.log"
    own = {"OCRZOO_HOME": str(home), "PADDLE_PDX_MODEL_SOURCE": "directory,wheel,pip", **environment}
    with log.open("w") as output:
        process = subprocess.Popen(command, stderr=output, text=True, env={**os.environ, **own})
    try:
        url = wait_for(lambda: re.search(r"serving at (\S+):", log.read_text()), process)[1]
        server = Server(url, process, log)
        wait_for(lambda: server.get("/readyz").status_code == 200, process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            process.kill()


def wait_for(ask: Callable[[], Any], process: subprocess.Popen[Any] | None = None) -> Any:
    """Ask until the answer is true."""
    end = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        assert process is None or process.poll() is None, "the server ended"
        if found := ask():
            return found
        time.sleep(0.05)
    pytest.fail("waited in vain")


@pytest.fixture(scope="session")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that do not change it."""
    with running(home, tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture(scope="session")
def url(server: Server) -> str:
    """The URL of this server."""
    return server.url


@pytest.fixture
def start_server(home: Path, tmp_path: Path) -> Iterator[StartServer]:
    """Start servers of one's own, with further options."""
    from contextlib import ExitStack

    with ExitStack() as servers:
        yield lambda *options, **environment: servers.enter_context(running(home, tmp_path, *options, **environment))


@pytest.fixture(scope="session")
def environments(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Environments:
    """Environments with other programs, kept from run to run."""
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)  # none under -p no:cacheprovider
    folder = tmp_path_factory.mktemp("environments") if cache is None else cache.mkdir("environments")
    return Environments(folder, Path(__file__).parent)


@pytest.fixture(scope="session")
def sentence(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A PNG with one short line, which is read fast."""
    from PIL import ImageDraw, ImageFont

    image = PIL.Image.new("RGB", (320, 64), "white")
    ImageDraw.Draw(image).text((12, 14), "Hello 2026", "black", ImageFont.load_default(32))
    return png(np.asarray(image))


@pytest.fixture(scope="session")
def three_pages(sample: Path, pages: dict[str, Path]) -> bytes:
    """A PDF with the sample, a paragraph, and a page that lies askew."""
    import io

    paths = [sample, pages["english_paragraph.png"], pages["rotated.png"]]
    first, *others = (PIL.Image.open(path).convert("RGB") for path in paths)
    content = io.BytesIO()
    first.save(content, "PDF", save_all=True, append_images=others, resolution=144)
    return content.getvalue()


def png(pixels: np.ndarray) -> bytes:
    """Return an image as PNG."""
    import io

    content = io.BytesIO()
    PIL.Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def pdf(*texts: str) -> bytes:
    """Return a PDF with a page for each text."""
    document = FPDF(unit="pt", format=(320, 80))
    document.set_font("helvetica", size=28)
    document.set_auto_page_break(False)
    for text in texts:
        document.add_page()
        document.text(12, 48, text)
    return bytes(document.output())


def tiff(pages: int) -> bytes:
    """Return a TIFF of blank pages."""
    import io

    content = io.BytesIO()
    first, *others = [PIL.Image.new("RGB", (64 + number, 48), "white") for number in range(pages)]
    first.save(content, "TIFF", save_all=True, append_images=others)
    return content.getvalue()
