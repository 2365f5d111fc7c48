"""``ocrzoo mirror build`` where the settings name a mirror: which may be the one that is built."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.cli.conftest import MODELS, Ran
from tests.hubs.server import Hubs
from tests.registry.mirror.serving.web_servers import run_serve

Run = Callable[..., Ran]
DET = MODELS[0]


@pytest.fixture
def mirror(run: Run, folder: Path, tmp_path: Path) -> Path:
    assert run("mirror", "build", tmp_path / "mirror", DET, "--formats", "paddle").code == 0
    return tmp_path / "mirror"


def _changed(run: Run, hubs: Hubs, mirror: Path) -> bool:
    hubs.models[DET]["inference.json"] = b"{ }"
    ran = run("mirror", "build", mirror, "--json")
    assert ran.code == 0
    return bool(json.loads(ran.out)["published"])


@pytest.mark.parametrize("place", ["", "current"])
def test_a_mirror_is_never_its_own_source(
    run: Run, hubs: Hubs, mirror: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCRZOO_MIRROR", str(mirror / place))
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "mirror")
    assert _changed(run, hubs, mirror)
    ran = run("mirror", "build", mirror, "--source", "mirror")
    assert ran.code == 2
    assert "cannot be built from itself" in ran.error


def test_a_mirror_behind_a_server_is_asked_only_by_name(
    run: Run, hubs: Hubs, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PADDLE_PDX_MODEL_SOURCE")
    with run_serve(mirror) as (address, _):
        monkeypatch.setenv("OCRZOO_MIRROR", address)
        assert _changed(run, hubs, mirror)


def test_a_named_mirror_is_mirrored_without_a_hub(
    run: Run, hubs: Hubs, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCRZOO_MIRROR", str(mirror))
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "another"))
    hubs.clear()
    ran = run("mirror", "build", tmp_path / "second", DET, "--formats", "paddle", "--source", "mirror", "--json")
    assert ran.code == 0
    assert [(one["name"], one["source"]) for one in json.loads(ran.out)["added"]] == [(DET, "mirror")]
    assert hubs.requests == []
    assert run("mirror", "verify", tmp_path / "second", "--deep").code == 0
