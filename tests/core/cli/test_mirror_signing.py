"""``ocrzoo mirror sign``, ``mirror verify --key``, and what building makes of a signature."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.cli.conftest import MODELS, Ran
from tests.hubs.server import Hubs
from tests.registry.mirror_tree import Keys, make_keys

Run = Callable[..., Ran]
DET, REC = MODELS[:2]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return make_keys(tmp_path / "keys")


@pytest.fixture
def mirror(run: Run, folder: Path, keys: Keys, tmp_path: Path) -> Path:
    """A mirror of one model, signed."""
    assert run("mirror", "build", tmp_path / "mirror", DET, "--formats", "paddle").code == 0
    assert run("mirror", "sign", tmp_path / "mirror", "--key", keys.private).code == 0
    return tmp_path / "mirror"


def test_verify_distinguishes_signed_and_unsigned_mirrors(run: Run, mirror: Path, keys: Keys) -> None:
    ran = run("mirror", "verify", mirror, "--deep", "--key", keys.public)
    assert (ran.code, ran.out[:17]) == (0, "complete, signed:")
    ran = run("mirror", "verify", mirror, "--key", make_keys(mirror.parent / "others").public)
    assert ran.code == 5
    assert "the signature of index.json is not valid for" in ran.out
    (mirror / "current" / "index.json.sig").unlink()
    ran = run("mirror", "verify", mirror, "--key", keys.public, "--json")
    assert (ran.code, len(json.loads(ran.out)["faults"])) == (5, 1)
    assert run("mirror", "verify", mirror).code == 0


def test_a_build_that_changes_nothing_leaves_the_signature(run: Run, mirror: Path, keys: Keys) -> None:
    ran = run("mirror", "build", mirror, DET, "--formats", "paddle", "--json")
    assert not json.loads(ran.out)["published"]
    assert run("mirror", "verify", mirror, "--key", keys.public).code == 0


def test_a_rebuilt_release_of_the_same_index_keeps_the_signature(run: Run, mirror: Path, keys: Keys) -> None:
    (mirror / "current" / "nginx.conf").unlink()
    ran = run("mirror", "build", mirror, DET, "--formats", "paddle", "--json")
    assert (json.loads(ran.out)["published"], json.loads(ran.out)["unsigned"]) == (True, False)
    assert run("mirror", "verify", mirror, "--key", keys.public).code == 0


def test_a_new_release_is_unsigned_with_a_warning(run: Run, mirror: Path, keys: Keys) -> None:
    ran = run("mirror", "build", mirror, REC, "--formats", "paddle")
    assert ran.code == 0
    assert "this one is not: run 'ocrzoo mirror sign'" in ran.err
    assert run("mirror", "verify", mirror, "--key", keys.public).code == 5
    assert run("mirror", "sign", mirror, "--key", keys.private).code == 0
    assert run("mirror", "verify", mirror, "--key", keys.public).code == 0


def test_a_client_with_the_key_refuses_unsigned_mirrors(
    run: Run, mirror: Path, keys: Keys, hubs: Hubs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCRZOO_MIRROR", str(mirror))
    monkeypatch.setenv("OCRZOO_MIRROR_KEY", str(keys.public))
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "mirror,")
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "another"))
    hubs.clear()
    (mirror / "current" / "index.json.sig").rename(mirror / "kept.sig")
    ran = run("models", "pull", DET, "--format", "paddle")
    assert ran.code == 5
    assert "index.json is not signed" in ran.err
    assert run("sources", "check").code == 4
    (mirror / "kept.sig").rename(mirror / "current" / "index.json.sig")
    ran = run("models", "pull", DET, "--format", "paddle", "--json")
    assert ran.code == 0
    (told,) = json.loads(ran.out)
    assert told["source"] == "mirror"
    assert {file["digest_origin"] for file in told["files"]} == {"stated by mirror, signed"}
    assert hubs.requests == []
