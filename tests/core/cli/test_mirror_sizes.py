"""How much ``ocrzoo mirror build`` downloads and writes: said beforehand, checked, and halved without archives."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.core.cli.conftest import MODELS, Ran, model
from tests.core.cli.mirrors import everything, index_of, served
from tests.hubs.server import Hubs
from tests.registry.mirror.serving.web_servers import run_serve

Run = Callable[..., Ran]
DET, REC = MODELS[:2]
BYTES = {name: sum(len(content) for path, content in model(name).items() if path != "README.md") for name in (DET, REC)}
SHARED = len(model(DET)["inference.pdiparams"])
"""Of a file that both models have, and whose digest the hub states: it is written once."""


def planned(run: Run, *arguments: object) -> dict[str, object]:
    ran = run("mirror", "build", *arguments, "--dry_run", "--json")
    assert ran.code == 0
    return dict(json.loads(ran.out))


def archives(mirror: Path) -> list[Path]:
    return list(served(mirror).rglob("*.tar"))


def test_a_dry_run_gives_the_sizes_and_changes_nothing(run: Run, mirror: Path, hubs: Hubs) -> None:
    found = planned(run, mirror, DET, REC, "--formats", "paddle", "--source", "huggingface")
    files = BYTES[DET] + BYTES[REC] - SHARED
    assert (found["download"], found["files"], found["archives"]) == (files, files, BYTES[DET] + BYTES[REC])
    assert found["approximate"] == []
    assert not mirror.exists()
    assert hubs.asked("file") == []
    run("mirror", "build", mirror, DET, REC, "--formats", "paddle", "--source", "huggingface")
    written = sum(path.stat().st_size for path in (mirror / "blobs").iterdir())
    assert written == files - len(model(DET)["inference.json"]), "that it is in both shows only when it is read"


def test_the_sizes_are_a_line(run: Run, mirror: Path) -> None:
    ran = run("mirror", "build", mirror, DET, "--formats", "paddle", "--dry_run")
    assert ran.err.startswith("to download 9.0 kB; to write 18.1 kB (files 9.0 kB, archives 9.0 kB); free ")
    assert f"{DET}\tpaddle\tnew" in ran.out


def test_files_that_are_here_are_not_counted(run: Run, mirror: Path, hubs: Hubs) -> None:
    run("models", "pull", DET, "--format", "paddle")
    found = planned(run, mirror, DET, "--formats", "paddle")
    assert (found["download"], found["files"]) == (0, BYTES[DET]), "a copy in the store is copied"
    run("mirror", "build", mirror, DET, "--formats", "paddle")
    assert planned(run, mirror, DET, "--formats", "paddle")["files"] == 0
    hubs.models[DET] = {**hubs.models[DET], "inference.json": b"{ }"}
    found = planned(run, mirror)
    assert (found["download"], found["files"], found["archives"]) == (3, 3, BYTES[DET] + 1)


def test_without_archives_files_are_stored_once(run: Run, mirror: Path, hubs: Hubs) -> None:
    run("mirror", "build", mirror, DET, "--formats", "paddle")
    assert len(archives(mirror)) == 1
    assert run("mirror", "build", mirror, "--no_archives").code == 0
    assert archives(mirror) == []
    assert planned(run, mirror, REC, "--formats", "paddle")["archives"] == 0, "it stays so"
    assert run("mirror", "build", mirror, REC, "--formats", "paddle").code == 0
    assert sorted(index_of(mirror)) == [f"{DET} paddle", f"{REC} paddle"]
    assert archives(mirror) == []
    assert run("mirror", "verify", mirror, "--deep").code == 0
    with run_serve(mirror):
        pass
    assert run("mirror", "build", mirror, "--archives").code == 0
    assert len(archives(mirror)) == 2
    assert run("mirror", "verify", mirror, "--deep").code == 0


def test_a_disk_that_is_too_small_is_noticed_before_any_download(
    run: Run, mirror: Path, hubs: Hubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("mirror", "build", mirror, DET, "--formats", "paddle")
    before = everything(mirror)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=100))
    hubs.models[REC] = {**hubs.models[REC], "inference.pdiparams": bytes(3 * 10**6)}
    hubs.clear()
    ran = run("mirror", "build", mirror, REC, "--formats", "paddle")
    assert ran.code == 4
    assert "needs 6 MB (files 3 MB, archives for BOS 3 MB), and 0 MB are free: make room, or add" in ran.error
    assert hubs.asked("file") == []
    assert everything(mirror) == before
