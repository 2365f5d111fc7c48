"""A store of its own with two small models."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.zoo import Zoo

REC, DET = "PP-OCRv6_tiny_rec", "PP-OCRv6_tiny_det"


@pytest.fixture
def own_home(zoo: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with copies of the smallest models; it is that of commands, too."""
    for name in (REC, DET):
        folder = zoo.resolver.get(DownloadRequest(zoo.models.get(name), ["onnx"])).folder
        shutil.copytree(folder, tmp_path / "home" / "official_models" / folder.name)
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OCRZOO_OFFLINE", "1")
    return tmp_path / "home"
