"""``ocrzoo cards check-upstream``: the report, the patch and the exit code; the rules are in test_upstream.py."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.hubs.faults import Fault
from tests.hubs.server import Hubs
from tests.registry.kit import card_data, sha256

Run = Callable[..., Any]
NAME = "PP-OCRv5_mobile_det"
CHECK = ("cards", "check-upstream")
needs_patch = pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")


@pytest.fixture
def card(hubs: Hubs, folder: Path) -> Path:
    """A card of one's own, in the current folder."""
    files = hubs.models[f"{NAME}_onnx"]
    weights = {"path": "inference.onnx", "sha256": sha256(files["inference.onnx"]), "digest_origin": "computed by us"}
    pinned = {"repository": f"PaddlePaddle/{NAME}_onnx", "revision": hubs.commit(f"{NAME}_onnx")}
    data = card_data(
        artifacts={"onnx": {"files": [weights]}}, sources={"huggingface": {"onnx": pinned}}, summary="Öl am Strand."
    )
    path = Path("card.yaml")
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2), encoding="utf-8")
    return path


@needs_patch
def test_the_patch_brings_the_card_to_what_the_hub_has(run: Run, hubs: Hubs, card: Path) -> None:
    was = hubs.commit(f"{NAME}_onnx")
    hubs.models[f"{NAME}_onnx"]["inference.onnx"] = b"p" * 4000
    ran = run(*CHECK, card, "--patch", "a.diff", "--json")
    (found,) = json.loads(ran.out)
    assert (ran.code, found["state"], found["pinned"]) == (0, "moved", was)
    assert [(one["path"], one["after"]["sha256"]) for one in found["changes"]] == [
        ("inference.onnx", sha256(b"p" * 4000))
    ]
    subprocess.run(["patch", "-p1", "-i", "a.diff"], check=True, capture_output=True)
    assert "Öl am Strand." in card.read_text(encoding="utf-8")
    assert json.loads(run(*CHECK, card, "--json").out)[0]["state"] == "same"
    ran = run(*CHECK, card, "--patch", "a.diff")
    assert ran.err == "a.diff is empty: no card has to follow\n"
    assert Path("a.diff").read_bytes() == b""


def test_official_cards_by_name_at_one_source(run: Run, hubs: Hubs, folder: Path) -> None:
    ran = run(*CHECK, NAME, "ch_PP-OCRv5_rec_mobile", "--source", "modelscope", "--json")
    found = {(one["name"], one["format"]): one["state"] for one in json.loads(ran.out)}
    assert ran.code == 0
    assert found[NAME, "paddle"] == "not pinned"
    assert found["PP-OCRv5_mobile_rec", "onnx"] == "not pinned"
    assert found[NAME, "safetensors"] == "gone"
    assert {request.source for request in hubs.requests} == {"modelscope"}


def test_a_hub_that_fails_is_exit_code_4_and_the_others_are_told(run: Run, hubs: Hubs, folder: Path) -> None:
    hubs.inject(Fault("status", source="huggingface", what="list", status=403, times=None))
    ran = run(*CHECK, NAME, "--source", "huggingface,aistudio", "--json")
    states = {(one["source"], one["format"]): one["state"] for one in json.loads(ran.out)}
    assert ran.code == 4
    assert (states["huggingface", "onnx"], states["aistudio", "onnx"]) == ("no answer", "not pinned")


def test_offline_nothing_is_asked(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCRZOO_OFFLINE", "1")
    ran = run(*CHECK, NAME)
    assert ran.code == 2
    assert ran.error == "error: cards check-upstream asks the hubs, and offline mode is on: unset OCRZOO_OFFLINE"


@needs_patch
def test_a_patch_keeps_line_separators_in_texts_and_a_missing_last_line_end(run: Run, hubs: Hubs, card: Path) -> None:
    text = card.read_text(encoding="utf-8").replace("Öl", "Öl\u2028\x85").replace("\n", "\r\n")
    card.write_bytes(text.encode())
    hubs.models[f"{NAME}_onnx"]["inference.onnx"] = b"p" * 4000
    run(*CHECK, card, "--patch", "a.diff")
    subprocess.run(["patch", "-p1", "--binary", "-i", "a.diff"], check=True, capture_output=True)
    after = card.read_bytes().decode()
    assert (after.count("\r\n"), after[-1], "Öl\u2028\x85" in after) == (text.count("\n"), "}", True)
    assert json.loads(run(*CHECK, card, "--json").out)[0]["state"] == "same"


def test_a_patch_does_not_overwrite_a_card(run: Run, folder: Path) -> None:
    ran = run(*CHECK, NAME, "--patch", "card.yaml")
    assert (ran.code, ran.error) == (
        2,
        "error: --patch card.yaml: a card could be overwritten: choose a name such as follow.diff",
    )


def test_a_patch_that_cannot_be_written(run: Run, hubs: Hubs, card: Path) -> None:
    ran = run(*CHECK, card, "--patch", card / "a.diff")
    assert ran.code == 2
    assert ran.error.startswith("error: card.yaml/a.diff could not be written: ")
