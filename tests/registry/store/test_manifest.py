"""The manifest: what it must say, and what is not believed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.registry.kit import sha256

from ocrzoo_registry.cards.schema import File
from ocrzoo_registry.store.manifest import Manifest, StoredFile
from ocrzoo_registry.store.store import MANIFEST_NAME

FILE = {"path": "inference.onnx", "size": 3, "sha256": "0" * 64, "digest_origin": "first use"}
GOOD = {"name": "seaside_det", "format": "onnx", "source": "shelf", "revision": "1", "files": (StoredFile(**FILE),)}  # type: ignore[arg-type]


def test_a_manifest_survives_json_and_states_its_schema() -> None:
    manifest = Manifest.model_validate(GOOD)
    assert manifest.schema_version == 1
    assert Manifest.model_validate_json(manifest.model_dump_json()) == manifest
    assert MANIFEST_NAME == "ocrzoo.json"


def test_a_manifest_states_every_key_also_an_address_that_there_is_not() -> None:
    written = json.loads(Manifest.model_validate(GOOD).model_dump_json())
    assert written.keys() == Manifest.model_fields.keys()


@pytest.mark.parametrize(
    "changes",
    [
        {"files": ()},
        {"schema_version": 2},
        {"format": "../pickle"},
        {"name": "../x"},
        {"author": "me"},
        {"files": (FILE | {"path": "../x"},)},
        {"files": (FILE | {"size": -1},)},
        {"files": (FILE | {"sha256": "short"},)},
    ],
    ids=str,
)
def test_a_manifest_that_breaks_the_schema_is_not_believed(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Manifest.model_validate(GOOD | changes)


def test_stamping_notes_the_times_of_the_files_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "inference.onnx").write_bytes(b"abc")
    os.utime(tmp_path / "inference.onnx", ns=(5, 1_000_000_007))
    manifest = Manifest.model_validate(GOOD)
    stamped = manifest.stamped(tmp_path)
    assert stamped.files[0].mtime_ns == (tmp_path / "inference.onnx").stat().st_mtime_ns
    assert stamped.model_copy(update={"files": manifest.files}) == manifest


def manifest_of(**contents: bytes) -> Manifest:
    files = [
        StoredFile(path=path, size=len(content), sha256=sha256(content), digest_origin="x", mtime_ns=len(path))
        for path, content in contents.items()
    ]
    return Manifest.model_validate(GOOD | {"files": tuple(files)})


def test_only_paths_and_digests_are_compared() -> None:
    one = manifest_of(a=b"1", b=b"2")
    other = one.model_copy(update={"source": "other", "revision": "2"}).unstamped()
    assert one.differing(other.files) == []
    assert one.differing(manifest_of(b=b"2", a=b"1").files) == []


def test_changed_missing_and_additional_files_differ() -> None:
    one, other = manifest_of(a=b"1", b=b"2", same=b"3"), manifest_of(a=b"other", c=b"4", same=b"3")
    assert one.differing(other.files) == other.differing(one.files) == ["a", "b", "c"]


def test_common_files_can_be_compared_alone() -> None:
    one, other = manifest_of(a=b"1", b=b"2"), manifest_of(a=b"other", c=b"4")
    assert one.differing(other.files, common_only=True) == ["a"]
    assert one.differing([File(path="a")], common_only=True) == []
