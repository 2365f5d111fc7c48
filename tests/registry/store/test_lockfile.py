"""The lock file: what it says, and that another machine gets the same bytes or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.registry.hub_cards import hub_card
from tests.registry.kit import WEIGHTS, MakeResolver, Shelf, offer_card, sha256

from ocrzoo_registry.cards.inference_yml import WRITTEN_FROM_CARD
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


def test_what_is_written_is_read_in_order_of_name_and_without_what_holds_for_one_machine(path: Path) -> None:
    lockfile.write(path, MODELS)
    models = lockfile.read(path)
    assert [(one.name, one.format) for one in models] == [
        ("ape_rec", "onnx"),
        ("seaside_det", "onnx"),
        ("seaside_det", "paddle"),
        ("zebra_det", "onnx"),
    ]
    assert models == tuple(one.unstamped() for one in sorted(MODELS, key=lambda one: (one.name, one.format)))


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


def test_the_file_says_what_people_compare(path: Path) -> None:
    lockfile.write(path, [manifest()])
    file = {"path": "inference.onnx", "size": len(WEIGHTS), "sha256": sha256(WEIGHTS), "digest_origin": "the shelf"}
    model = {"name": "seaside_det", "format": "onnx", "source": "shelf", "revision": "1", "files": [file]}
    assert json.loads(path.read_bytes()) == {"schema_version": 1, "models": [model]}


def test_a_lock_file_that_is_not_there_is_told_with_what_writes_it(path: Path) -> None:
    with pytest.raises(UsageError, match=r"ocrzoo\.lock: No such file or directory: 'ocrzoo lock' writes it") as caught:
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
def test_what_is_no_lock_file_is_told_in_one_line(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"ocrzoo\.lock: is no lock file: ") as caught:
        lockfile.read(path)
    assert "\n" not in str(caught.value)


def test_a_locked_card_pins_every_file_that_was_served() -> None:
    config = stored("inference.yml", b"x", f"{WRITTEN_FROM_CARD}, state 1")
    card = lockfile.locked(CARD, manifest(stored("inference.onnx", WEIGHTS), config))
    [pin] = card.artifacts["onnx"].files
    assert (pin.path, pin.size, pin.sha256, pin.digest_origin) == (
        "inference.onnx",
        len(WEIGHTS),
        sha256(WEIGHTS),
        "the shelf, locked",
    )
    assert CARD.artifacts["onnx"].files[0].sha256 is None  # the card itself stays as it was


@pytest.mark.parametrize(("source", "pinned"), [("huggingface", COMMIT), ("aistudio", COMMIT), ("modelscope", None)])
def test_a_locked_card_asks_for_the_commit_where_there_is_one(source: str, pinned: str | None) -> None:
    files = (stored("inference.json", b"{}"), stored("inference.pdiparams", WEIGHTS))
    card = lockfile.locked(hub_card(), manifest(*files, format="paddle", source=source, revision=COMMIT))
    for name in ("huggingface", "aistudio", "modelscope"):
        assert card.sources[name]["paddle"].get("revision") == (pinned if name == source else None)


def test_a_locked_model_comes_again_to_the_byte(make_resolver: MakeResolver) -> None:
    chosen = make_resolver(shelf=Shelf())
    entry = chosen.resolve(CARD, ["onnx"]).manifest
    assert entry is not None
    (chosen.store.folder("seaside_det", "onnx") / "inference.onnx").unlink()
    again = chosen.fetch_locked(CARD, entry.unstamped())
    assert again.manifest is not None
    assert not again.manifest.differing(entry.files)


def test_a_locked_model_that_lies_there_is_not_asked_for(make_resolver: MakeResolver) -> None:
    shelf = Shelf()
    chosen = make_resolver(shelf=shelf)
    entry = chosen.resolve(CARD, ["onnx"]).manifest
    assert entry is not None
    shelf.listed.clear()
    assert chosen.fetch_locked(CARD, entry).folder == chosen.store.folder("seaside_det", "onnx")
    assert shelf.listed == []


def test_other_bytes_than_the_locked_are_refused_and_the_old_model_stays(make_resolver: MakeResolver) -> None:
    chosen = make_resolver(shelf=Shelf())
    entry = chosen.resolve(CARD, ["onnx"]).manifest
    assert entry is not None
    other = [replace_file(file) if file.path == "inference.onnx" else file for file in entry.files]
    with pytest.raises(IntegrityError, match="sha256"):
        chosen.fetch_locked(CARD, entry.model_copy(update={"files": tuple(other)}))
    found = chosen.store.find("seaside_det", "onnx")
    assert found is not None
    assert (found.folder / "inference.onnx").read_bytes() == WEIGHTS


def replace_file(file: StoredFile) -> StoredFile:
    return file.model_copy(update={"sha256": sha256(b"other")})


def test_a_configuration_that_the_card_writes_otherwise_now_differs_too(make_resolver: MakeResolver) -> None:
    chosen = make_resolver(shelf=Shelf())
    entry = chosen.resolve(CARD, ["onnx"]).manifest
    assert entry is not None
    changed = offer_card(inference={"predictor": "text_detection", "postprocess": {"thresh": 0.2}})
    (chosen.store.folder("seaside_det", "onnx") / "inference.yml").unlink()
    with pytest.raises(IntegrityError, match=r"differs from the lock file in inference\.yml"):
        chosen.fetch_locked(changed, entry)
