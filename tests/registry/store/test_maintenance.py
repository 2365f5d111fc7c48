"""Upkeep: what lies in the store, removing it, and clearing away what nobody needs any more."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from tests.registry.kit import MakeResolver, Shelf, offer_card, tree

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import NotFound
from ocrzoo_registry.store import maintenance
from ocrzoo_registry.store.maintenance import collect, remove, stored_models
from ocrzoo_registry.store.store import MANIFEST_NAME, Store

NAME = "seaside_det"


@pytest.fixture
def folder(make_resolver: MakeResolver) -> Path:
    return make_resolver(shelf=Shelf()).get(DownloadRequest(offer_card(), ["onnx"])).folder


@contextmanager
def unreadable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Deny whatever lies in a folder, as the system does to all users but root."""

    def denying(call: Callable[..., object]) -> Callable[..., object]:
        def asked(path: Path, *more: object, **named: object) -> object:
            if folder in Path(path).parents:
                raise PermissionError(13, "Permission denied")
            return call(path, *more, **named)

        return asked

    with monkeypatch.context() as denied:
        denied.setattr(Path, "stat", denying(Path.stat))
        denied.setattr(os, "open", denying(os.open))
        yield


def litter(store: Store) -> dict[str, Path]:
    """Leave one of each kind lying around."""
    private = store.private
    paths = {
        "part": private / "parts" / "other_det_onnx",
        "quarantine": private / "quarantine" / "other_det.abc",
        "staging": private / "staging" / "abc",
        "wheel": private / "wheels" / "w==1.0.whl",
        "lock": private / "locks" / "other_det.lock",
    }
    for kind, path in paths.items():
        target = path if kind in {"wheel", "lock"} else path / "file"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"12345")
    return paths


def test_an_empty_home_holds_nothing(store: Store) -> None:
    assert stored_models(store) == []
    assert collect(store) == []


def test_each_model_is_listed_with_its_state(folder: Path, store: Store) -> None:
    (store.root / "foreign_rec").mkdir()
    torn = store.root / "torn_safetensors"
    torn.mkdir()
    (torn / MANIFEST_NAME).write_text("{")
    found = {(one.name, one.file_format): one for one in stored_models(store)}
    assert {key: one.status for key, one in found.items()} == {
        (NAME, "onnx"): "verified",
        ("foreign_rec", "paddle"): "unverified",
        ("torn", "safetensors"): "broken",
    }
    assert found[NAME, "onnx"].fault is None
    assert found[NAME, "onnx"].folder == folder
    (folder / "inference.onnx").unlink()
    [broken] = stored_models(store, [NAME])
    assert (broken.status, broken.fault) == ("broken", "lacks inference.onnx")


def test_a_model_in_another_models_place_is_broken(folder: Path, store: Store) -> None:
    folder.rename(store.root / "other_det_onnx")
    [found] = stored_models(store)
    assert (found.name, found.status, found.fault) == ("other_det", "broken", f"holds {NAME} (onnx)")


def test_the_error_of_an_unknown_name_suggests_a_known_one(folder: Path, store: Store) -> None:
    with pytest.raises(NotFound, match="did you mean seaside_det"):
        stored_models(store, ["seasid_det"])


def test_removing_frees_the_folder_and_what_was_on_its_way(folder: Path, store: Store) -> None:
    part = store.partials(NAME, "onnx") / "x.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x")
    size = sum(path.stat().st_size for path in folder.iterdir())
    [stored] = stored_models(store)
    assert remove(store, stored) == size
    assert not folder.exists()
    assert not part.parent.exists()
    assert list((store.private / "staging").iterdir()) == []


def test_removing_makes_room_on_a_disk_that_has_none_for_a_folder_more(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system may have to find a block for it, and then nothing could be removed to make room."""
    mkdir = Path.mkdir

    def full(path: Path, *more: Any, **named: Any) -> None:
        if not path.exists():
            raise OSError(28, "No space left on device")
        mkdir(path, *more, **named)

    [stored] = stored_models(store)
    monkeypatch.setattr(Path, "mkdir", full)
    assert remove(store, stored) > 0
    assert not folder.exists()
    assert list((store.private / "staging").iterdir()) == []


def test_removing_a_link_leaves_what_it_leads_to(folder: Path, store: Store, tmp_path: Path) -> None:
    folder.rename(tmp_path / "mine")
    before = tree(tmp_path / "mine")
    folder.symlink_to(tmp_path / "mine")
    [stored] = stored_models(store)
    assert remove(store, stored) > 0
    assert not folder.is_symlink()
    assert list((store.private / "staging").iterdir()) == []
    assert tree(tmp_path / "mine") == before


def test_what_another_process_removed_first_frees_nothing(folder: Path, store: Store) -> None:
    [stored] = stored_models(store)
    assert remove(store, stored) > 0
    assert remove(store, stored) == 0


@pytest.mark.parametrize("wheels", [False, True])
def test_leftovers_are_pruned_and_models_stay(folder: Path, store: Store, wheels: bool) -> None:
    paths = litter(store)
    before = tree(folder)
    planned = collect(store, wheels=wheels, dry_run=True)
    assert all(path.exists() for path in paths.values())
    done = collect(store, wheels=wheels)
    assert planned == done
    kinds = {one.kind for one in done}
    assert kinds == {"part", "quarantine", "staging", "lock"} | ({"wheel"} if wheels else set())
    assert {kind for kind, path in paths.items() if path.exists()} == (set() if wheels else {"wheel"})
    assert {one.size for one in done if one.kind != "lock"} == {5}
    assert tree(folder) == before
    assert [one for one in collect(store) if one.kind != "wheel"] == []


def test_a_model_that_is_being_downloaded_is_kept(store: Store) -> None:
    paths = litter(store)
    with FileLock(paths["lock"]):
        assert {one.kind for one in collect(store)} == {"quarantine"}
    assert paths["part"].exists()
    assert paths["staging"].exists()


def test_a_download_that_begins_during_pruning_is_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lock was not there yet, so nobody knew whose parts these are."""
    children = maintenance._children
    part = store.partials(NAME, "onnx") / "x.part"

    def then_begins(folder: Path) -> list[Path]:
        found = children(folder)
        if folder.name == "locks":
            part.parent.mkdir(parents=True)
            part.write_bytes(b"x")
        return found

    monkeypatch.setattr(maintenance, "_children", then_begins)
    assert collect(store) == []
    assert part.exists()


def test_nothing_behind_a_link_is_cleared_away(store: Store, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    litter(Store(theirs))
    before = tree(theirs)
    store.root.mkdir(parents=True)
    store.private.symlink_to(Store(theirs).private)
    assert collect(store, wheels=True) == []
    assert tree(theirs) == before


def test_a_lock_that_cannot_be_held_is_pruned(store: Store, tmp_path: Path) -> None:
    locks = store.private / "locks"
    (locks / "a.lock").mkdir(parents=True)
    (tmp_path / "precious").write_bytes(b"x")
    (locks / "b.lock").symlink_to(tmp_path / "precious")
    assert [one.path.name for one in collect(store)] == ["a.lock", "b.lock"]
    assert list(locks.iterdir()) == []
    assert (tmp_path / "precious").read_bytes() == b"x"


def test_a_folder_that_cannot_be_looked_into_is_broken_and_costs_itself_only(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (store.root / "other_det").mkdir()
    with unreadable(folder, monkeypatch):
        found = {one.name: (one.status, one.fault) for one in stored_models(store)}
        assert store.find(NAME, "onnx") is None
    assert found[NAME] == ("broken", "cannot be read: Permission denied")
    assert found["other_det"][0] == "unverified"


def test_a_link_is_cleared_away_and_not_followed(store: Store, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").write_bytes(b"x")
    (store.private / "quarantine").mkdir(parents=True)
    (store.private / "quarantine" / "link").symlink_to(tmp_path / "mine")
    [leftover] = collect(store)
    assert leftover.kind == "quarantine"
    assert (tmp_path / "mine" / "precious").exists()
