"""Derived files: made once from a model, found again while both are as they were, and made again otherwise."""

from __future__ import annotations

import shutil
from pathlib import Path
from threading import Thread

import pytest
from tests.registry.kit import MakeResolver, Shelf, offer_card

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import StoreError
from ocrzoo_registry.store import derived
from ocrzoo_registry.store.derived import find, make, model_digest
from ocrzoo_registry.store.maintenance import collect, derived_files, remove, stored_models
from ocrzoo_registry.store.store import MANIFEST_NAME, ModelFiles, Store

RECIPE = "int8, quantizer 1.2"


@pytest.fixture
def model(make_resolver: MakeResolver) -> ModelFiles:
    """A model that a source has brought into the store."""
    return make_resolver(shelf=Shelf()).get(DownloadRequest(offer_card(), ["onnx"]))


@pytest.fixture
def custom(tmp_path: Path) -> ModelFiles:
    """Weights in a folder of the user."""
    folder = tmp_path / "my weights"
    folder.mkdir()
    (folder / "inference.onnx").write_bytes(b"fine-tuned")
    return ModelFiles("text_detection", "onnx", folder)


class Builder:
    """Writes two files, and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, stage: Path) -> None:
        assert list(stage.iterdir()) == []
        self.count += 1
        (stage / "inference.onnx").write_bytes(b"small")
        (stage / "scales").mkdir()
        (stage / "scales" / "first.bin").write_bytes(b"1.5")


@pytest.fixture
def build() -> Builder:
    return Builder()


def test_files_are_made_once_and_then_found(model: ModelFiles, build: Builder) -> None:
    assert find(model, RECIPE) is None
    folder = make(model, RECIPE, build)
    assert (folder / "inference.onnx").read_bytes() == b"small"
    assert (folder / "scales" / "first.bin").read_bytes() == b"1.5"
    assert make(model, RECIPE, build) == find(model, RECIPE) == folder
    assert build.count == 1


def test_they_are_in_the_store_that_has_the_model(model: ModelFiles, build: Builder, store: Store) -> None:
    assert make(model, RECIPE, build).parent == store.private / "derived"
    assert len(stored_models(store)) == 1


def test_another_recipe_makes_other_files(model: ModelFiles, build: Builder) -> None:
    folder = make(model, RECIPE, build)
    assert find(model, "int8, quantizer 1.3") is None
    assert make(model, "int8, quantizer 1.3", build) != folder


def test_other_weights_are_other_files(custom: ModelFiles, build: Builder) -> None:
    make(custom, RECIPE, build)
    assert find(custom, RECIPE) is not None
    (custom.folder / "inference.onnx").write_bytes(b"tuned more")
    assert find(custom, RECIPE) is None


def test_a_digest_is_that_of_the_weights_wherever_they_are(model: ModelFiles, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(model.folder / "inference.onnx", tmp_path / "elsewhere")
    assert model_digest(ModelFiles("mine", "onnx", tmp_path / "elsewhere")) == model_digest(model)


@pytest.mark.parametrize("path", ["inference.onnx", "scales/first.bin", MANIFEST_NAME])
def test_broken_files_are_not_found_and_are_made_again(
    model: ModelFiles, build: Builder, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = make(model, RECIPE, build)
    (folder / path).write_bytes(b"brokn")
    assert find(model, RECIPE) is None
    assert make(model, RECIPE, build) == folder
    assert find(model, RECIPE) == folder
    assert build.count == 2
    assert "made again" in caplog.text


def test_a_build_that_fails_leaves_nothing(model: ModelFiles, store: Store) -> None:
    def failing(stage: Path) -> None:
        (stage / "half").write_bytes(b"h")
        raise RuntimeError("no such operation")

    with pytest.raises(RuntimeError, match="no such operation"):
        make(model, RECIPE, failing)
    assert find(model, RECIPE) is None
    assert list((store.private / "staging").iterdir()) == []


def test_a_build_must_make_files(model: ModelFiles) -> None:
    with pytest.raises(StoreError, match="made no files"):
        make(model, RECIPE, lambda _: None)


def test_threads_that_need_the_same_files_make_them_once(model: ModelFiles, build: Builder) -> None:
    folders: list[Path] = []
    threads = [Thread(target=lambda: folders.append(make(model, RECIPE, build))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(folders) == 6
    assert build.count == len(set(folders)) == 1


def unwritable(store: Store) -> None:
    """Put a file where the store keeps what is its own: not even root can make folders there."""
    shutil.rmtree(store.private)
    store.private.write_bytes(b"")


def test_a_store_that_cannot_be_written_is_an_error(model: ModelFiles, build: Builder, store: Store) -> None:
    unwritable(store)
    with pytest.raises(StoreError, match="could not be written"):
        make(model, RECIPE, build)


def test_or_the_files_are_temporary(model: ModelFiles, build: Builder, store: Store) -> None:
    unwritable(store)
    folder = make(model, RECIPE, build, temporary=True)
    assert store.root not in folder.parents
    assert make(model, RECIPE, build, temporary=True) == folder
    assert build.count == 1


def test_maintenance_lists_them(model: ModelFiles, build: Builder, store: Store) -> None:
    folder = make(model, RECIPE, build)
    [found] = derived_files(store, ["seaside_det"])
    assert (found.name, found.file_format, found.recipe, found.folder) == ("seaside_det", "onnx", RECIPE, folder)
    assert (found.fault, found.needed) == (None, True)
    assert derived_files(store, ["other"]) == []
    (folder / "scales" / "first.bin").unlink()
    [found] = derived_files(store)
    assert (found.fault, found.needed) == ("lacks scales/first.bin", False)


def test_removing_a_model_removes_them(model: ModelFiles, custom: ModelFiles, build: Builder, store: Store) -> None:
    folder, other = make(model, RECIPE, build), make(custom, RECIPE, build)
    [stored] = stored_models(store)
    remove(store, stored)
    assert not folder.exists()
    assert other.exists()


def test_gc_deletes_those_that_are_not_needed(
    model: ModelFiles, custom: ModelFiles, build: Builder, store: Store
) -> None:
    kept, broken, of_custom = make(model, RECIPE, build), make(model, "float16", build), make(custom, RECIPE, build)
    (broken / MANIFEST_NAME).unlink()
    assert [one.path for one in collect(store) if one.kind == "derived"] == [broken]
    shutil.rmtree(custom.folder)
    assert [one.path for one in collect(store) if one.kind == "derived"] == [of_custom]
    assert [one.path for one in collect(store, made=True) if one.kind == "derived"] == [kept]
    assert derived_files(store) == []


def test_gc_keeps_those_that_are_being_made(model: ModelFiles, build: Builder, store: Store) -> None:
    folder = make(model, RECIPE, build)
    with store.lock(derived.lock_name(folder)):
        assert [one for one in collect(store, made=True) if one.kind == "derived"] == []
    assert folder.exists()
