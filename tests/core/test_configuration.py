"""A model's ``inference.yml`` is parsed once: what is kept of it is the same, and of that file alone."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import pytest

from ocrzoo.loading.configuration import FILE_NAME, read_config
from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.store import derived
from ocrzoo_registry.store.manifest import Manifest, StoredFile
from ocrzoo_registry.store.store import ModelFiles, Store
from ocrzoo_registry.zoo import Zoo

REC = "PP-OCRv6_tiny_rec"


@pytest.fixture
def card(zoo: Zoo) -> ModelCard:
    return zoo.models.get(REC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


def written(folder: Path, config: Any) -> ModelFiles:
    """A folder with an ``inference.yml`` that was verified."""
    folder.mkdir(exist_ok=True)
    content = safe_yaml.dump(config).encode()
    (folder / "inference.yml").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    file = StoredFile(path="inference.yml", size=len(content), sha256=digest, digest_origin="made here")
    manifest = Manifest(name=REC, format="onnx", source="test", revision="1", files=(file,))
    return ModelFiles(REC, "onnx", folder, manifest)


def kept(store: Store) -> list[Path]:
    return [folder / FILE_NAME for folder, _ in derived.derived_folders(store)]


def test_the_second_time_it_is_not_parsed(
    card: ModelCard, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = written(tmp_path / "model", inference_yml.from_card(card))
    first = read_config(card, files, store, custom=False)
    monkeypatch.setattr(inference_yml, "read", lambda _folder: pytest.fail("parsed again"))
    assert read_config(card, files, store, custom=False) == first


def test_another_file_is_parsed(card: ModelCard, store: Store, tmp_path: Path) -> None:
    config = inference_yml.from_card(card)
    read_config(card, written(tmp_path / "model", config), store, custom=False)
    config["Hpi"] = {"more": 1}
    assert read_config(card, written(tmp_path / "model", config), store, custom=False)["Hpi"] == {"more": 1}
    assert len(kept(store)) == 2


def test_a_wrong_one_is_refused_and_not_kept(card: ModelCard, store: Store, tmp_path: Path) -> None:
    files = written(tmp_path / "model", {**inference_yml.from_card(card), "Global": {"model_name": "other"}})
    for _ in range(2):
        with pytest.raises(IntegrityError, match="holds other, not"):
            read_config(card, files, store, custom=False)
    assert not kept(store)


def test_what_json_cannot_hold_is_not_kept(card: ModelCard, store: Store, tmp_path: Path) -> None:
    files = written(tmp_path / "model", {**inference_yml.from_card(card), "more": math.nan})
    assert math.isnan(read_config(card, files, store, custom=False)["more"])
    assert not kept(store)


def test_what_was_not_verified_is_not_kept(card: ModelCard, store: Store, tmp_path: Path) -> None:
    files = written(tmp_path / "model", inference_yml.from_card(card))
    read_config(card, ModelFiles(REC, "onnx", files.folder), store, custom=False)
    read_config(card, files, store, custom=True)
    assert not kept(store)


def test_a_broken_copy_is_made_again(card: ModelCard, store: Store, tmp_path: Path) -> None:
    files = written(tmp_path / "model", inference_yml.from_card(card))
    first = read_config(card, files, store, custom=False)
    (copy,) = kept(store)
    copy.write_text("{", encoding="utf-8")
    assert read_config(card, files, store, custom=False) == first
    (copy,) = kept(store)
    assert copy.read_text(encoding="utf-8").endswith("}")


def test_a_store_that_cannot_be_written_costs_nothing_else(card: ModelCard, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file", encoding="utf-8")
    files = written(tmp_path / "model", inference_yml.from_card(card))
    assert read_config(card, files, Store(tmp_path / "home"), custom=False)["Global"] == {"model_name": REC}
