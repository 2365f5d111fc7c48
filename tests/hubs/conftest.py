"""Fixtures of the hubs' tests: a model of three files, served."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The helpers are imported by their path in the repository, from whichever folder pytest was started.
sys.path.append(str(Path(__file__).parents[2]))

from tests.hubs.environments import Environments
from tests.hubs.kit import MODEL
from tests.hubs.server import Hubs

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is asked here reach the local hubs, whatever lies between this machine and the real ones."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def files() -> dict[str, bytes]:
    """A model as the hubs hold it: two plain files, and one kept in LFS."""
    return {
        "inference.yml": b"Global:\n  model_name: PP-OCRv5_mobile_det\n",
        "inference.json": b'{"program": {}}\n' * 200,
        "inference.pdiparams": bytes(range(256)) * 1200,
    }


@pytest.fixture
def hubs(files: dict[str, bytes]) -> Iterator[Hubs]:
    """The hubs, holding that model in both formats."""
    onnx = {"inference.yml": files["inference.yml"], "inference.onnx": files["inference.pdiparams"][::-1]}
    with Hubs({MODEL: files, f"{MODEL}_onnx": onnx}) as hubs:
        yield hubs


@pytest.fixture(scope="session")
def environments(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Environments:
    """Environments with other programs, kept from run to run."""
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)  # none under -p no:cacheprovider
    return Environments(tmp_path_factory.mktemp("environments") if cache is None else cache.mkdir("environments"))
