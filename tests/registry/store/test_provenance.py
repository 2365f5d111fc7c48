"""Who served which bytes: two sources that differ are told apart, and one that moves on is not blamed."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from tests.registry.kit import MakeResolver, Shelf, offer_card, sha256

from ocrzoo_registry.cards.inference_yml import WRITTEN_FROM_CARD
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.sources.base import RemoteFile
from ocrzoo_registry.store import provenance
from ocrzoo_registry.store.manifest import Manifest, StoredFile


def served(content: bytes, source: str, revision: str, path: str = "inference.onnx", origin: str = "x") -> Manifest:
    file = StoredFile(path=path, size=len(content), sha256=sha256(content), digest_origin=origin)
    return Manifest(name="seaside_det", format="onnx", source=source, revision=revision, files=(file,))


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    caplog.set_level(logging.WARNING)
    return caplog.messages


def test_the_first_source_of_a_model_is_not_reported(tmp_path: Path, warnings: list[str]) -> None:
    provenance.compare(tmp_path, served(b"a", "one", "1"))
    provenance.compare(tmp_path, served(b"a", "one", "1"))
    assert warnings == []
    assert (tmp_path / "seen" / "seaside_det_onnx" / "one.json").exists()


def test_two_sources_with_the_same_bytes_agree(tmp_path: Path, warnings: list[str]) -> None:
    provenance.compare(tmp_path, served(b"a", "one", "1"))
    provenance.compare(tmp_path, served(b"a", "two", "9"))
    assert warnings == []


def test_two_sources_with_other_bytes_are_named_with_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    provenance.compare(tmp_path, served(b"a", "one", "1"))
    provenance.compare(tmp_path, served(b"b", "two", "9"))
    [message] = caplog.messages
    assert message == (
        "seaside_det: two (9) serves another inference.onnx than one (1) did; "
        "the new files are used, and none are mixed"
    )


def test_a_source_may_move_on_to_a_new_revision(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    provenance.compare(tmp_path, served(b"a", "one", "1"))
    provenance.compare(tmp_path, served(b"b", "one", "2"))
    assert caplog.messages == []


def test_other_bytes_at_the_same_revision_are_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    provenance.compare(tmp_path, served(b"a", "one", "1"))
    provenance.compare(tmp_path, served(b"b", "one", "1"))
    assert len(caplog.messages) == 1


def test_other_models_and_formats_are_ignored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    provenance.compare(tmp_path, served(b"a", "one", "1"))
    provenance.compare(tmp_path, served(b"b", "two", "1").model_copy(update={"format": "paddle"}))
    provenance.compare(tmp_path, served(b"b", "two", "1").model_copy(update={"name": "other_det"}))
    assert caplog.messages == []


def test_what_was_written_from_the_card_was_not_served(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for source in ("one", "two"):
        provenance.compare(
            tmp_path, served(source.encode(), source, "1", "inference.yml", f"{WRITTEN_FROM_CARD}, state 1")
        )
    assert caplog.messages == []


def test_a_file_that_only_one_has_is_no_difference(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    provenance.compare(tmp_path, served(b"a", "one", "1", "inference.onnx"))
    provenance.compare(tmp_path, served(b"b", "two", "1", "inference.yml"))
    assert caplog.messages == []


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff", b'{"schema_version": 1}'], ids=repr)
def test_a_damaged_record_is_passed_over_and_renewed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    provenance.compare(tmp_path, served(b"a", "one", "1"))
    record = tmp_path / "seen" / "seaside_det_onnx" / "one.json"
    record.write_bytes(damage)
    provenance.compare(tmp_path, served(b"b", "one", "1"))
    assert caplog.messages == []
    assert Manifest.model_validate_json(record.read_bytes()) == served(b"b", "one", "1")


def test_a_resolver_tells_of_sources_that_differ(make_resolver: MakeResolver, caplog: pytest.LogCaptureFixture) -> None:
    """The published digests agree with each delivery: only the comparison tells."""
    one, two = Shelf({"inference.onnx": b"one"}), Shelf({"inference.onnx": b"two"})
    make_resolver(one=one).get(DownloadRequest(offer_card(), ["onnx"]))
    make_resolver(two=two).get(DownloadRequest(offer_card(), ["onnx"], refresh=True))
    assert [message for message in caplog.messages if "serves another inference.onnx" in message]


def test_a_record_that_cannot_be_written_costs_no_model(make_resolver: MakeResolver) -> None:
    chosen = make_resolver(shelf=Shelf(promised=[RemoteFile("inference.onnx")]))
    chosen.store.private.mkdir(parents=True)
    (chosen.store.private / "seen").write_bytes(b"in the way")
    assert chosen.get(DownloadRequest(offer_card(), ["onnx"])).folder.is_dir()
