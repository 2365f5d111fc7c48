"""The store: what it hands out is complete, whatever happened while it was put there."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from tests.registry.kit import WEIGHTS, MakeResolver, Shelf, offer_card, tree

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import ExitCode, StoreError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store import store as store_module
from ocrzoo_registry.store.manifest import Manifest
from ocrzoo_registry.store.store import MANIFEST_NAME, ModelFiles, Store

NAME = "seaside_det"
PROCESSES = Path(__file__).with_name("store_processes.py")


@pytest.fixture
def model(make_resolver: MakeResolver) -> ModelFiles:
    """A model that a source has brought into the store."""
    return make_resolver(shelf=Shelf()).get(DownloadRequest(offer_card(), ["onnx"]))


def run_processes(what: str, folder: Path) -> list[Any]:
    command = [sys.executable, str(PROCESSES), what, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def quarantined(store: Store) -> list[Path]:
    return sorted((store.private / "quarantine").glob("*"))


@pytest.mark.parametrize(
    ("file_format", "suffix"), [("paddle", ""), ("onnx", "_onnx"), ("safetensors", "_safetensors")]
)
def test_the_layout_is_paddlexs(tmp_path: Path, file_format: Any, suffix: str) -> None:
    assert Store(tmp_path).folder(NAME, file_format) == tmp_path / "official_models" / f"{NAME}{suffix}"


def test_a_published_model_is_found_with_its_manifest(model: ModelFiles, store: Store) -> None:
    found = store.find(NAME, "onnx")
    assert found is not None
    assert found.folder == model.folder == store.folder(NAME, "onnx")
    assert sorted(path.name for path in found.folder.iterdir()) == ["inference.onnx", "inference.yml", MANIFEST_NAME]
    assert found.manifest is not None
    assert (found.manifest.source, found.manifest.revision) == ("shelf", "shelf 1")
    assert {file.path: file.size for file in found.manifest.files}["inference.onnx"] == len(WEIGHTS)
    assert not list((store.private / "staging").iterdir())


def test_finding_reads_and_writes_nothing(model: ModelFiles, store: Store) -> None:
    shutil.rmtree(store.private)  # as on a read-only medium that was filled by a copy
    before = tree(store.root)
    assert store.find(NAME, "onnx") is not None
    assert store.find("unknown", "onnx") is None
    assert tree(store.root) == before


def test_a_home_that_cannot_be_written_still_serves_what_it_has(
    model: ModelFiles, make_resolver: MakeResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "lock", lambda *_: pytest.fail("asked for a lock"))
    shelf = Shelf()
    assert make_resolver(shelf=shelf).get(DownloadRequest(offer_card(), ["onnx"])).folder == model.folder
    assert shelf.opened == []


def test_only_the_requested_model_is_found(model: ModelFiles, store: Store) -> None:
    assert store.find(NAME, "paddle") is None
    shutil.copytree(model.folder, store.folder("other_det", "onnx"))
    assert store.find("other_det", "onnx") is None


def _tamper_silently(path: Path) -> None:
    before = path.stat()
    path.write_bytes(b"W" + WEIGHTS[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


FAULTS: dict[str, Callable[[Path], object]] = {
    "truncated": lambda folder: (folder / "inference.onnx").write_bytes(WEIGHTS[:-1]),
    "tampered, same size": lambda folder: (folder / "inference.onnx").write_bytes(b"W" + WEIGHTS[1:]),
    "tampered, same size, time set back": lambda folder: _tamper_silently(folder / "inference.onnx"),
    "configuration changed": lambda folder: (folder / "inference.yml").write_bytes(b"{}"),
    "file missing": lambda folder: (folder / "inference.onnx").unlink(),
    "manifest missing": lambda folder: (folder / MANIFEST_NAME).unlink(),
    "manifest torn": lambda folder: (folder / MANIFEST_NAME).write_text('{"schema_version": 1, "na'),
    "manifest empty": lambda folder: (folder / MANIFEST_NAME).write_bytes(b""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_model_is_downloaded_again_and_kept_in_quarantine(
    model: ModelFiles, store: Store, make_resolver: MakeResolver, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    FAULTS[fault](model.folder)
    broken = {path.name: path.read_bytes() for path in model.folder.iterdir()}
    assert store.find(NAME, "onnx") is None

    shelf = Shelf()
    with caplog.at_level(logging.WARNING):
        make_resolver(shelf=shelf).get(DownloadRequest(offer_card(), ["onnx"]))

    weights_broken = broken.get("inference.onnx") != WEIGHTS
    assert shelf.opened == (["inference.onnx"] if weights_broken else [])  # what is right is copied
    assert store.find(NAME, "onnx") is not None
    assert (model.folder / "inference.onnx").read_bytes() == WEIGHTS
    (kept,) = quarantined(store)
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == broken
    (warning,) = caplog.messages
    assert str(kept) in warning


def test_a_folder_of_unknown_origin_is_quarantined(store: Store, make_resolver: MakeResolver) -> None:
    foreign = store.folder(NAME, "onnx")
    (foreign / "notes").mkdir(parents=True)
    (foreign / "inference.onnx").write_bytes(b"who knows")
    (foreign / "notes" / "mine.txt").write_text("precious")
    assert store.find(NAME, "onnx") is None
    make_resolver(shelf=Shelf()).get(DownloadRequest(offer_card(), ["onnx"]))
    (kept,) = quarantined(store)
    assert (kept / "notes" / "mine.txt").read_text() == "precious"
    assert (kept / "inference.onnx").read_bytes() == b"who knows"


@pytest.mark.parametrize("target", ["elsewhere", "nowhere"])
def test_a_link_in_the_models_place_is_moved_and_not_followed(
    store: Store, make_resolver: MakeResolver, tmp_path: Path, target: str
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine.txt").write_text("precious")
    store.root.mkdir(parents=True)
    store.folder(NAME, "onnx").symlink_to(tmp_path / target)
    make_resolver(shelf=Shelf()).get(DownloadRequest(offer_card(), ["onnx"]))
    assert not store.folder(NAME, "onnx").is_symlink()
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["mine.txt"]
    assert quarantined(store)[0].is_symlink()


def test_a_copied_store_is_accepted_for_its_bytes(model: ModelFiles, store: Store, tmp_path: Path) -> None:
    shutil.copytree(store.root, tmp_path / "copy" / "official_models", copy_function=shutil.copyfile)
    for path in (tmp_path / "copy").rglob("*"):
        os.utime(path, (1, 1))
    copied = Store(tmp_path / "copy").find(NAME, "onnx")
    assert copied is not None
    assert (copied.folder / "inference.onnx").stat().st_mtime == 1


def test_the_manifest_is_written_last_and_the_model_appears_by_one_rename(
    store: Store, make_resolver: MakeResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    write, rename = Path.write_text, Path.replace

    def written(path: Path, *arguments: Any, **options: Any) -> int:
        steps.append(f"{path.name} beside {sorted(other.name for other in path.parent.iterdir())}")
        return write(path, *arguments, **options)

    def renamed(path: Path, target: Path) -> Path:
        steps.append(f"{path.parent.name} to {target.name}")
        assert not target.exists()
        return rename(path, target)

    monkeypatch.setattr(Path, "write_text", written)
    monkeypatch.setattr(Path, "replace", renamed)
    make_resolver(shelf=Shelf()).get(DownloadRequest(offer_card(), ["onnx"]))
    assert steps == [
        "seaside_det_onnx to inference.onnx",  # the verified part, into the stage
        "ocrzoo.json beside ['inference.onnx', 'inference.yml']",
        "staging to seaside_det_onnx",
        "seaside_det_onnx to shelf.json",  # what the source served, which is noted afterwards
    ]


def test_staging_leaves_nothing_behind_when_it_fails(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.staging() as stage:
        (stage / "file").write_bytes(b"x" * (1 // 0))
    assert list((store.private / "staging").iterdir()) == []


def test_the_error_of_a_full_disk_names_the_next_step(store: Store) -> None:
    with pytest.raises(StoreError, match=r"No space left on device.* Make room, or .*OCRZOO_HOME") as caught:  # noqa: SIM117
        with store.staging():
            raise OSError(28, "No space left on device")
    assert caught.value.exit_code == ExitCode.SOURCE


def test_a_home_that_is_a_file_is_a_store_error(tmp_path: Path, make_resolver: MakeResolver) -> None:
    (tmp_path / "file").write_text("no folder")
    resolver = make_resolver(Settings(home=tmp_path / "file"), shelf=Shelf())
    with pytest.raises(StoreError, match="OCRZOO_HOME"):
        resolver.get(DownloadRequest(offer_card(), ["onnx"]))


def test_waiting_for_another_process_has_an_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "LOCK_TIMEOUT_S", 0.0)
    path = store.private / "locks" / f"{NAME}.lock"
    path.parent.mkdir(parents=True)
    with FileLock(path), pytest.raises(StoreError, match="another process has held"), store.lock(NAME):
        pytest.fail("the lock is another's")
    with store.lock(NAME), store.lock("other_det"):
        pass


def test_a_manifest_of_another_schema_is_not_believed(model: ModelFiles, store: Store) -> None:
    path = model.folder / MANIFEST_NAME
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    assert store.find(NAME, "onnx") is None


def test_what_publish_returns_is_what_find_returns(model: ModelFiles, store: Store) -> None:
    found = store.find(NAME, "onnx")
    assert found is not None
    assert isinstance(found.manifest, Manifest)
    assert replace(found, manifest=None) == replace(model, manifest=None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked children: there are none on this system")
def test_a_crash_at_any_point_leaves_no_half_model(tmp_path: Path) -> None:
    lines = run_processes("crash", tmp_path)
    assert {line["start"] for line in lines if line["done"]} == {"empty", "broken"}
    assert len(lines) > 30
    for line in lines:
        assert line["found"] == line["right"], line
        assert line["again"], line
        if line["start"] == "empty":
            assert line["there"] == line["found"], line  # one rename: all of it or nothing
        else:
            assert line["tampered"], line  # nothing is deleted


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its processes: there are none on this system")
def test_eight_processes_share_one_download(tmp_path: Path) -> None:
    (statuses,) = run_processes("together", tmp_path)
    assert statuses == [0] * 8
    assert (tmp_path / "fetches").read_text() == "fetched\n"


def test_an_unexpected_program_is_a_fault(store: Store, make_resolver: MakeResolver) -> None:
    """Paddle prefers ``inference.json``: one that was added beside a verified ``inference.pdmodel`` would be run."""
    card = offer_card(artifacts={"paddle": {"files": [{"path": "inference.pdmodel"}]}})
    shelf = Shelf({"inference.pdmodel": b"program", "inference.pdiparams": WEIGHTS})
    folder = make_resolver(shelf=shelf).get(DownloadRequest(card, ["paddle"])).folder
    assert store.find(card.name, "paddle") is not None
    (folder / "inference.json").write_text("{}")
    assert store.find(card.name, "paddle") is None


def test_room_is_advised_only_where_the_disk_is_full() -> None:
    with (
        pytest.raises(StoreError, match=r"Set another folder with OCRZOO_HOME\.$"),
        Store(Path("/dev/null/x")).staging(),
    ):
        pass
