"""A server to ask, and a document that takes a while to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.core.serving.running import Server, run_server


@pytest.fixture(scope="session")
def server(home: Path) -> Iterator[Server]:
    """A server with the default settings."""
    with run_server(home) as running:
        yield running


@pytest.fixture(scope="session")
def document(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A PDF of ten pages: seconds of work."""
    path = tmp_path_factory.mktemp("document") / "ten.pdf"
    page = Image.open(sample).convert("RGB")
    page.save(path, save_all=True, append_images=[page] * 9, resolution=144)
    return path.read_bytes()
