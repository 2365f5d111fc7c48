"""A store that cannot be written: local models still run, and nothing is downloaded."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from tests.registry.kit import WEIGHTS, offer_card, remote

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download import temporary
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.temporary import get_to_run
from ocrzoo_registry.errors import StoreError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

DIGEST = remote("inference.onnx", WEIGHTS).sha256


@pytest.fixture
def card() -> ModelCard:
    """A model with an expected digest."""
    return offer_card(artifacts={"onnx": {"files": [
        {"path": "inference.onnx", "size": len(WEIGHTS), "sha256": DIGEST, "digest_origin": "a test"},
    ]}})  # fmt: skip


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """A home that nobody can create, not even root."""
    (tmp_path / "file").write_text("not a folder")
    return tmp_path / "file" / "home"


@pytest.fixture(autouse=True)
def _first_time() -> None:
    temporary._warn_once.cache_clear()


def folder_with(weights: bytes, card: ModelCard, root: Path) -> Path:
    folder = root / "models" / f"{card.name}_onnx"
    folder.mkdir(parents=True)
    (folder / "inference.onnx").write_bytes(weights)
    (folder / "inference.yml").write_text(f"Global:\n  model_name: {card.name}\n")
    return folder.parent


def test_a_local_model_runs_from_a_temporary_folder(
    card: ModelCard, unwritable: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    zoo = Zoo(Settings(home=unwritable, model_path=(folder_with(WEIGHTS, card, tmp_path),)))
    request = DownloadRequest(card, ["onnx"])
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        files = [get_to_run(zoo.resolver, request) for _ in range(2)]
    assert files[0].folder == files[1].folder
    assert (files[0].folder / "inference.onnx").read_bytes() == WEIGHTS
    assert not files[0].folder.is_relative_to(tmp_path / "file")
    (warning,) = [record.getMessage() for record in caplog.records]
    assert "could not be written" in warning
    assert "OCRZOO_HOME" in warning
    assert "from a temporary folder" in warning


def test_it_is_verified_like_any_other(card: ModelCard, unwritable: Path, tmp_path: Path) -> None:
    renamed = card.model_copy(update={"name": "other_det"})
    zoo = Zoo(Settings(home=unwritable, model_path=(folder_with(WEIGHTS[::-1], renamed, tmp_path),)))
    with pytest.raises(StoreError, match="could not be written"):
        get_to_run(zoo.resolver, DownloadRequest(renamed, ["onnx"]))


def test_a_model_that_is_not_local_is_not_downloaded(unwritable: Path) -> None:
    zoo = Zoo(Settings(home=unwritable))
    with pytest.raises(StoreError, match="Set another folder with OCRZOO_HOME"):
        get_to_run(zoo.resolver, DownloadRequest(zoo.models.get("UVDoc"), ["paddle"]))


def test_an_explicit_download_still_needs_the_store(card: ModelCard, unwritable: Path, tmp_path: Path) -> None:
    zoo = Zoo(Settings(home=unwritable, model_path=(folder_with(WEIGHTS, card, tmp_path),)))
    with pytest.raises(StoreError, match="could not be written"):
        zoo.resolver.get(DownloadRequest(card, ["onnx"]))
