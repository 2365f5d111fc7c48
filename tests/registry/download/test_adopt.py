"""Adoption: a folder that PaddleX left in the store is taken in place, once it keeps the source's promise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.registry.kit import WEIGHTS, MakeResolver, Shelf, offer_card, remote, sha256, tree

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import IntegrityError, OfflineError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing, RemoteFile
from ocrzoo_registry.store.store import MANIFEST_NAME, Store

CARD = offer_card()
FILES = {"inference.onnx": WEIGHTS, "inference.yml": b"Global: {model_name: seaside_det}\n"}


@pytest.fixture
def folder(store: Store) -> Path:
    """A model as PaddleX leaves it, and what a user put beside it."""
    folder = store.folder("seaside_det", "onnx")
    folder.mkdir(parents=True)
    for path, content in {**FILES, "notes.txt": b"mine"}.items():
        (folder / path).write_bytes(content)
    return folder


def test_a_folder_with_the_stated_digests_is_registered_in_place(folder: Path, make_resolver: MakeResolver) -> None:
    before = tree(folder)
    shelf = Shelf(FILES)
    chosen = make_resolver(network=True, shelf=shelf)
    files = chosen.get(DownloadRequest(CARD, ["onnx"]))
    assert shelf.opened == []
    after = tree(folder)
    assert after.pop(MANIFEST_NAME)
    assert after == before
    assert files.manifest is not None
    assert (files.manifest.source, files.manifest.revision) == ("shelf", "shelf 1")
    assert {file.path: file.digest_origin for file in files.manifest.files} == dict.fromkeys(FILES, "the shelf")
    assert not (chosen.store.private / "quarantine").exists()
    assert chosen.store.find("seaside_det", "onnx") == files
    assert chosen.get(DownloadRequest(CARD, ["onnx"])) == files
    assert len(shelf.listed) == 1


@pytest.mark.parametrize("path", FILES)
def test_a_folder_with_one_other_file_is_moved_aside_and_the_rest_copied(
    folder: Path, make_resolver: MakeResolver, path: str
) -> None:
    (folder / path).write_bytes(b"other")
    shelf = Shelf(FILES)
    chosen = make_resolver(shelf=shelf)
    chosen.get(DownloadRequest(CARD, ["onnx"]))
    assert shelf.opened == [path]
    [kept] = (chosen.store.private / "quarantine").iterdir()
    assert (kept / path).read_bytes() == b"other"
    assert (kept / "notes.txt").read_bytes() == b"mine"
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES


def test_an_incomplete_folder_is_not_registered(folder: Path, make_resolver: MakeResolver) -> None:
    (folder / "inference.yml").unlink()
    shelf = Shelf(FILES)
    make_resolver(shelf=shelf).get(DownloadRequest(CARD, ["onnx"]))
    assert shelf.opened == ["inference.yml"]


def test_a_folder_without_stated_digests_is_not_registered(folder: Path, make_resolver: MakeResolver) -> None:
    promised = [remote("inference.yml", FILES["inference.yml"]), RemoteFile("inference.onnx", len(WEIGHTS))]
    shelf = Shelf(FILES, promised=promised)
    make_resolver(shelf=shelf).get(DownloadRequest(CARD, ["onnx"]))
    assert shelf.opened == ["inference.onnx"]


def test_the_digest_of_the_card_decides_on_registration(folder: Path, make_resolver: MakeResolver) -> None:
    pin = {"path": "inference.onnx", "sha256": sha256(b"other"), "digest_origin": "the publisher"}
    card = offer_card(artifacts={"onnx": {"files": [pin]}})
    with pytest.raises(IntegrityError, match="sha256"):
        make_resolver(shelf=Shelf(FILES)).get(DownloadRequest(card, ["onnx"]))
    assert not (folder / MANIFEST_NAME).exists()


def test_a_folder_with_an_unlisted_program_is_not_registered(store: Store, make_resolver: MakeResolver) -> None:
    """Paddle prefers ``inference.json``: what lies beside a verified ``inference.pdmodel`` would be run."""
    folder = store.folder("seaside_det", "paddle")
    folder.mkdir(parents=True)
    files = {"inference.pdmodel": b"program", "inference.pdiparams": WEIGHTS, "inference.yml": b"Global: {}\n"}
    for path, content in {**files, "inference.json": b"{}"}.items():
        (folder / path).write_bytes(content)
    card = offer_card(artifacts={"paddle": {"files": [{"path": "inference.pdmodel"}]}})
    make_resolver(shelf=Shelf(files)).get(DownloadRequest(card, ["paddle"]))
    assert not (folder / "inference.json").exists()


def test_offline_an_unverified_folder_can_be_accepted(
    folder: Path, settings: Settings, make_resolver: MakeResolver, caplog: pytest.LogCaptureFixture
) -> None:
    offline = Settings(home=settings.home, offline=True)
    chosen = make_resolver(offline, network=True, hub=Shelf(FILES))
    with pytest.raises(OfflineError, match=rf"{folder} was not installed by ocrzoo and is unverified.*--trust"):
        chosen.get(DownloadRequest(CARD, ["onnx"]))
    taken = chosen.get(DownloadRequest(CARD, ["paddle", "onnx"], accept_unverified=True))
    assert taken.folder == folder
    assert taken.manifest is not None
    assert taken.manifest.source == "trusted by the user"
    assert {file.digest_origin for file in taken.manifest.files} == {"trusted by the user"}
    assert "is used unverified" in caplog.text
    assert chosen.get(DownloadRequest(CARD, ["onnx"])) == taken


def test_in_an_empty_store_a_model_is_downloaded_though_unverified_ones_are_accepted(
    make_resolver: MakeResolver,
) -> None:
    files = make_resolver(shelf=Shelf()).get(DownloadRequest(CARD, ["onnx"], accept_unverified=True))
    assert files.manifest is not None
    assert files.manifest.source == "shelf"


def test_a_verified_model_stays_verified_though_unverified_ones_are_accepted(make_resolver: MakeResolver) -> None:
    chosen = make_resolver(shelf=Shelf(FILES))
    chosen.get(DownloadRequest(CARD, ["onnx"]))
    verified = chosen.get(DownloadRequest(CARD, ["onnx"]))
    assert chosen.get(DownloadRequest(CARD, ["onnx"], accept_unverified=True)) == verified


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "inference.onnx").unlink(), r"holds only inference\.yml"),
        (lambda folder: (folder / "inference.yml").unlink(), r"holds only inference\.onnx"),
        (
            lambda folder: (folder / "inference.yml").write_text("Global: {model_name: other_det}"),
            "holds other_det, not seaside_det",
        ),
        (lambda folder: (folder / "inference.yml").write_text("[1]"), "not a YAML mapping"),
    ],
    ids=["no weights", "no configuration", "another model", "no mapping"],
)
def test_an_invalid_folder_cannot_be_accepted(
    folder: Path, make_resolver: MakeResolver, spoil: object, message: str
) -> None:
    assert callable(spoil)
    spoil(folder)
    with pytest.raises(IntegrityError, match=message):
        make_resolver(shelf=Shelf(FILES)).get(DownloadRequest(CARD, ["onnx"], accept_unverified=True))
    assert not (folder / MANIFEST_NAME).exists()


def test_a_locked_model_is_registered_without_asking_a_source(folder: Path, make_resolver: MakeResolver) -> None:
    chosen = make_resolver(network=True, shelf=Shelf(FILES))
    entry = chosen.get(DownloadRequest(CARD, ["onnx"])).manifest
    assert entry is not None
    (folder / MANIFEST_NAME).unlink()
    silent = Shelf(FILES, list_error=AssertionError("asked"))
    again = make_resolver(network=True, shelf=silent).get(DownloadRequest(CARD, [entry.format], entry))
    assert again.manifest is not None
    assert not again.manifest.differing(entry.files)
    assert json.loads((folder / MANIFEST_NAME).read_text())["revision"] == "shelf 1"
    assert silent.listed == []


def test_the_listing_of_an_archive_registers_nothing(folder: Path, store: Store) -> None:
    from ocrzoo_registry.download.events import DownloadEvents
    from ocrzoo_registry.download.install import Installer

    archive = Listing("1", (remote("archive.tar", b"x"),), archive=True)
    assert Installer(store, DownloadEvents(), DownloadRequest(CARD, ["onnx"])).register("bos", None, archive) is None
