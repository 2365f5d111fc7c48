"""The lock file: its content, and that another machine gets the same bytes or an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.registry.kit import WEIGHTS, MakeResolver, Shelf, offer_card, sha256

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import ExitCode, IntegrityError, UsageError
from ocrzoo_registry.store import LOCK_FILE, lockfile
from ocrzoo_registry.store.manifest import Manifest, StoredFile

CARD = offer_card()
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def stored(path: str, content: bytes, origin: str = "the shelf") -> StoredFile:
    return StoredFile(
        path=path, size=len(content), sha256=sha256(content), digest_origin=origin, mtime_ns=5, ctime_ns=7
    )


def manifest(*files: StoredFile, **changes: object) -> Manifest:
    data = {"name": "seaside_det", "format": "onnx", "source": "shelf", "revision": "1"} | changes
    return Manifest.model_validate(data | {"files": files or (stored("inference.onnx", WEIGHTS),)})


MODELS = [
    manifest(name="zebra_det"),
    manifest(format="paddle"),
    manifest(),
    manifest(stored("inference.onnx", b"a"), stored("inference.yml", b"b"), name="ape_rec"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / LOCK_FILE


def test_models_are_written_in_order_of_name_and_without_times(path: Path) -> None:
    lockfile.write(path, MODELS)
    models = lockfile.read(path)
    assert [(one.name, one.format) for one in models] == [
        ("ape_rec", "onnx"),
        ("seaside_det", "onnx"),
        ("seaside_det", "paddle"),
        ("zebra_det", "onnx"),
    ]
    for model, written in zip(models, sorted(MODELS, key=lambda one: (one.name, one.format)), strict=True):
        assert model.differing(written.files) == []
        assert model.model_copy(update={"files": ()}) == written.model_copy(update={"files": ()})
        assert {file.mtime_ns for file in model.files} == {0}


def test_only_a_model_that_has_an_address_states_one(path: Path) -> None:
    lockfile.write(path, [manifest(), manifest(name="signs", address="hf://ocean/signs")])
    assert [one.get("address", "none") for one in json.loads(path.read_text())["models"]] == [
        "none",
        "hf://ocean/signs",
    ]
    assert [one.address for one in lockfile.read(path)] == [None, "hf://ocean/signs"]


def test_the_same_models_give_the_same_bytes(path: Path) -> None:
    lockfile.write(path, MODELS)
    before = path.read_bytes()
    restamped = [
        one.model_copy(update={"files": tuple(file.model_copy(update={"mtime_ns": 99}) for file in one.files)})
        for one in reversed(MODELS)
    ]
    lockfile.write(path, restamped)
    assert path.read_bytes() == before
    assert before.endswith(b"}\n")
    assert b"_ns" not in before


def test_the_file_contains_what_people_compare(path: Path) -> None:
    lockfile.write(path, [manifest()])
    file = {"path": "inference.onnx", "size": len(WEIGHTS), "sha256": sha256(WEIGHTS), "digest_origin": "the shelf"}
    model = {"name": "seaside_det", "format": "onnx", "source": "shelf", "revision": "1", "files": [file]}
    assert json.loads(path.read_bytes()) == {"schema_version": 1, "models": [model]}


def test_a_missing_lock_file_names_the_command_that_writes_it(path: Path) -> None:
    with pytest.raises(UsageError, match=r"ocrzoo\.lock could not be read: No such file.*'ocrzoo lock'") as caught:
        lockfile.read(path)
    assert caught.value.exit_code == ExitCode.USAGE


GOOD = {"schema_version": 1, "models": [json.loads(manifest().unstamped().model_dump_json())]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"models: []\n",
        b'{"schema_version": 1, "models": []}',
        json.dumps(GOOD | {"schema_version": 2}).encode(),
        json.dumps(GOOD | {"author": "me"}).encode(),
        json.dumps(GOOD).replace("inference.onnx", "../evil").encode(),
        json.dumps(GOOD).replace("seaside_det", "../evil").encode(),
        json.dumps(GOOD).replace(f'"size": {len(WEIGHTS)}', f'"size": {10**400}').encode(),
        json.dumps(GOOD)[:-5].encode(),
    ],
    ids=lambda content: repr(content[:30]),
)
def test_an_invalid_lock_file_is_an_error_of_one_line(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"ocrzoo\.lock is not a lock file: ") as caught:
        lockfile.read(path)
    assert "\n" not in str(caught.value)


def test_the_origin_of_a_digest_names_the_lock_file_once(path: Path) -> None:
    for _ in range(2):
        lockfile.write(path, [manifest()] if not path.exists() else lockfile.read(path))
        [entry] = lockfile.read(path)
        assert entry.files[0].digest_origin == "the shelf, locked"


@pytest.mark.parametrize(
    ("revision", "has_commit"),
    [(COMMIT, True), (COMMIT[:7], False), (f"{COMMIT}00", False), ("master, state 0123456789abcdef", False)],
)
def test_a_revision_can_be_requested_again_where_it_is_a_commit(revision: str, has_commit: bool) -> None:
    assert manifest(revision=revision).has_commit == has_commit


def test_a_locked_model_is_downloaded_again_to_the_byte(make_resolver: MakeResolver) -> None:
    chosen = make_resolver(shelf=Shelf())
    entry = chosen.get(DownloadRequest(CARD, ["onnx"])).manifest
    assert entry is not None
    (chosen.store.folder("seaside_det", "onnx") / "inference.onnx").unlink()
    again = chosen.get(DownloadRequest(CARD, [entry.unstamped().format], entry.unstamped()))
    assert again.manifest is not None
    assert not again.manifest.differing(entry.files)


def test_a_stored_locked_model_asks_no_source(make_resolver: MakeResolver) -> None:
    shelf = Shelf()
    chosen = make_resolver(shelf=shelf)
    entry = chosen.get(DownloadRequest(CARD, ["onnx"])).manifest
    assert entry is not None
    shelf.listed.clear()
    assert chosen.get(DownloadRequest(CARD, [entry.format], entry)).folder == chosen.store.folder("seaside_det", "onnx")
    assert shelf.listed == []


def test_other_bytes_than_the_locked_are_refused_and_the_old_model_stays(make_resolver: MakeResolver) -> None:
    chosen = make_resolver(shelf=Shelf())
    entry = chosen.get(DownloadRequest(CARD, ["onnx"])).manifest
    assert entry is not None
    other = [replace_file(file) if file.path == "inference.onnx" else file for file in entry.files]
    with pytest.raises(IntegrityError, match="sha256"):
        chosen.get(
            DownloadRequest(
                CARD,
                [entry.model_copy(update={"files": tuple(other)}).format],
                entry.model_copy(update={"files": tuple(other)}),
            )
        )
    found = chosen.store.find("seaside_det", "onnx")
    assert found is not None
    assert (found.folder / "inference.onnx").read_bytes() == WEIGHTS


def replace_file(file: StoredFile) -> StoredFile:
    return file.model_copy(update={"sha256": sha256(b"other")})


def test_a_configuration_that_the_card_now_writes_differently_is_refused(make_resolver: MakeResolver) -> None:
    chosen = make_resolver(shelf=Shelf())
    entry = chosen.get(DownloadRequest(CARD, ["onnx"])).manifest
    assert entry is not None
    changed = offer_card(inference={"predictor": "text_detection", "postprocess": {"thresh": 0.2}})
    (chosen.store.folder("seaside_det", "onnx") / "inference.yml").unlink()
    with pytest.raises(IntegrityError, match=r"differs in inference\.yml"):
        chosen.get(DownloadRequest(changed, [entry.format], entry))
