"""The store under a magnifying glass: faults and how deep they are looked for, adoption, parts, and waiting."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event, Thread

import pytest
from filelock import FileLock, Timeout
from tests.registry.kit import WEIGHTS, MakeResolver, Shelf, offer_card, sha256

from ocrzoo_registry.download.events import DownloadEvents
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import StoreError
from ocrzoo_registry.store import store as store_module
from ocrzoo_registry.store.manifest import Manifest, StoredFile
from ocrzoo_registry.store.store import MANIFEST_NAME, ModelFiles, Store

NAME = "seaside_det"


@pytest.fixture
def model(make_resolver: MakeResolver) -> ModelFiles:
    return make_resolver(shelf=Shelf()).get(DownloadRequest(offer_card(), ["onnx"]))


def manifest(**contents: bytes) -> Manifest:
    files = tuple(
        StoredFile(path=f"inference.{end}", size=len(content), sha256=sha256(content), digest_origin="x")
        for end, content in contents.items()
    )
    return Manifest(name=NAME, format="onnx", source="shelf", revision="1", files=files)


def test_a_complete_model_has_no_fault(model: ModelFiles, store: Store) -> None:
    assert store.fault(model.folder) is None
    assert store.fault(model.folder, deep=True) is None


@pytest.mark.parametrize("deep", [False, True])
def test_a_fault_is_described_after_the_folder_name(model: ModelFiles, store: Store, deep: bool) -> None:
    weights, config = model.folder / "inference.onnx", model.folder / "inference.yml"

    def fault() -> str | None:
        return store.fault(model.folder, deep=deep)

    weights.write_bytes(b"X" + WEIGHTS[1:])
    assert fault() == "has other bytes in inference.onnx than its manifest states"
    weights.write_bytes(b"short")
    assert fault() == f"has 5 bytes in inference.onnx instead of {len(WEIGHTS)}"
    config.unlink()
    weights.unlink()
    assert fault() == "lacks inference.onnx"
    (model.folder / MANIFEST_NAME).write_text("{")
    assert fault() == "has an unreadable manifest"
    (model.folder / MANIFEST_NAME).unlink()
    assert fault() == "was not installed by ocrzoo and is unverified"


def test_only_a_deep_look_reads_every_byte(model: ModelFiles, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that returns other bytes changes neither size nor time."""
    read: list[str] = []

    def rotten(path: Path) -> str:
        read.append(path.name)
        return "0" * 64

    monkeypatch.setattr(store_module, "sha256_of", rotten)
    assert store.fault(model.folder) is None
    assert read == []
    assert store.fault(model.folder, deep=True) == "has other bytes in inference.onnx than its manifest states"


def test_a_manifest_is_read_whatever_the_state_of_its_files(model: ModelFiles, store: Store) -> None:
    (model.folder / "inference.onnx").unlink()
    found = store.manifest(model.folder)
    assert found is not None
    assert found.name == NAME
    assert store.manifest(store.root / "nowhere") is None


def test_an_registered_folder_counts_from_then_on(store: Store) -> None:
    folder = store.folder(NAME, "onnx")
    folder.mkdir(parents=True)
    (folder / "inference.onnx").write_bytes(WEIGHTS)
    registered = store.register(manifest(onnx=WEIGHTS))
    assert registered is not None
    assert registered.manifest is not None
    status = (folder / "inference.onnx").stat()
    assert [(file.mtime_ns, file.ctime_ns) for file in registered.manifest.files] == [
        (status.st_mtime_ns, status.st_ctime_ns)
    ]
    assert store.find(NAME, "onnx") == registered
    assert sorted(path.name for path in folder.iterdir()) == ["inference.onnx", MANIFEST_NAME]


def test_a_folder_that_changed_since_it_was_verified_is_not_registered(store: Store) -> None:
    folder = store.folder(NAME, "onnx")
    folder.mkdir(parents=True)
    (folder / "inference.onnx").write_bytes(b"W" + WEIGHTS[1:])
    assert store.register(manifest(onnx=WEIGHTS)) is None
    assert [path.name for path in folder.iterdir()] == ["inference.onnx"]


def test_a_folder_that_cannot_be_written_is_a_store_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    folder = store.folder(NAME, "onnx")
    folder.mkdir(parents=True)
    (folder / "inference.onnx").write_bytes(WEIGHTS)
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match=r"Read-only file system.*OCRZOO_HOME"):
        store.register(manifest(onnx=WEIGHTS))
    assert store.find(NAME, "onnx") is None


def test_an_older_intact_state_makes_way_without_quarantine(model: ModelFiles, store: Store) -> None:
    with store.staging() as stage:
        (stage / "inference.onnx").write_bytes(b"newer")
        store.publish(stage, manifest(onnx=b"newer"))
    assert (model.folder / "inference.onnx").read_bytes() == b"newer"
    assert not (store.private / "quarantine").exists()
    assert list((store.private / "staging").iterdir()) == []


def test_parts_have_a_place_for_each_model_and_format(store: Store) -> None:
    assert store.partials(NAME, "onnx") == store.private / "parts" / f"{NAME}_onnx"
    for file_format in ("onnx", "paddle"):
        folder = store.partials(NAME, file_format)
        folder.mkdir(parents=True)
        (folder / "x.part").write_bytes(b"x")
    store.remove_partials(NAME, "onnx")
    assert [path.name for path in (store.private / "parts").iterdir()] == [NAME]
    store.remove_partials(NAME, "onnx")  # nothing there is fine


def test_waiting_is_reported_once_and_after_a_moment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "LOCK_MOMENT_S", 0.05)
    told, taken, release = list[str](), Event(), Event()

    def hold() -> None:
        with store.lock(NAME):
            taken.set()
            release.wait(10)

    with store.lock("other_det", lambda: told.append("at once")):
        pass
    assert told == []
    thread = Thread(target=hold)
    thread.start()
    assert taken.wait(10)

    def on_wait() -> None:
        told.append("waiting")
        release.set()

    with store.lock(NAME, on_wait):
        assert told == ["waiting"]
    thread.join()


def test_the_resolver_reports_what_it_waits_for(
    store: Store, make_resolver: MakeResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LOCK_MOMENT_S", 0.05)
    told, taken, release = list[str](), Event(), Event()

    def hold() -> None:
        with store.lock(NAME):
            taken.set()
            release.wait(10)

    def on_wait(message: str) -> None:
        told.append(message)
        release.set()

    chosen = make_resolver(events=DownloadEvents(message=on_wait), shelf=Shelf())
    thread = Thread(target=hold)
    thread.start()
    assert taken.wait(10)
    chosen.get(DownloadRequest(offer_card(), ["onnx"]))
    thread.join()
    assert told == [f"waiting for another process that is downloading {NAME}"]


def test_a_lock_whose_file_is_deleted_meanwhile_is_taken_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """As gc does, in the middle of taking it: what was locked then has no name, and keeps nobody out."""
    fcntl = pytest.importorskip("fcntl")
    path = store.private / "locks" / f"{NAME}.lock"
    take = fcntl.flock
    taken: list[int] = []

    def flock(handle: int, operation: int) -> None:
        taken.append(operation)
        if len(taken) == 1:
            path.unlink()
        take(handle, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with store.lock(NAME), pytest.raises(Timeout):
        FileLock(path, timeout=0).acquire()
