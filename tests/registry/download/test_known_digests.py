"""Digests of other people's copies: they corroborate what nobody vouched for, and decide nothing."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from tests.registry.kit import WEIGHTS, MakeResolver, Shelf, offer_card, sha256

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download import verify
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.sources.base import RemoteFile
from ocrzoo_registry.store.manifest import StoredFile

SEEN = StoredFile(
    path="inference.onnx", size=len(WEIGHTS), sha256=sha256(WEIGHTS), digest_origin=verify.TRUST_ON_FIRST_USE
)
TABLE = f"""origin: somebody's list
digests:
  seaside_det:
    onnx:
      inference.onnx: {sha256(WEIGHTS)}
"""


@pytest.fixture
def card(tmp_path: Path) -> ModelCard:
    (tmp_path / "copies.yml").write_text(TABLE)
    return offer_card(tmp_path, known_digests="copies.yml")


def test_an_equal_copy_is_named_in_the_origin(card: ModelCard) -> None:
    file = verify.corroborated(card, "onnx", SEEN)
    assert file.digest_origin == "first use, equal to somebody's list"
    assert file.model_copy(update={"digest_origin": SEEN.digest_origin}) == SEEN


def test_a_file_with_a_stated_digest_needs_no_known_digest(card: ModelCard) -> None:
    vouched = SEEN.model_copy(update={"digest_origin": "stated by huggingface"})
    assert verify.corroborated(card, "onnx", vouched) == vouched


@pytest.mark.parametrize("changes", [{"sha256": "0" * 64}, {"path": "inference.yml"}], ids=str)
def test_other_bytes_are_used_all_the_same(card: ModelCard, changes: dict[str, str]) -> None:
    other = SEEN.model_copy(update=changes)
    assert verify.corroborated(card, "onnx", other) == other


def test_another_format_and_a_card_without_copies_are_left_alone(card: ModelCard, tmp_path: Path) -> None:
    assert verify.corroborated(card, "paddle", SEEN) == SEEN
    assert verify.corroborated(offer_card(tmp_path), "onnx", SEEN) == SEEN


@pytest.mark.parametrize("content", ["[1, 2", "a: b: c", "\x00"], ids=repr)
def test_a_damaged_file_is_a_warning_and_no_more(
    card: ModelCard, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    (card.folder / "copies.yml").write_text(content)
    with caplog.at_level(logging.WARNING):
        assert verify.corroborated(card, "onnx", SEEN) == SEEN
    assert "copies.yml" in caplog.text


@pytest.mark.parametrize(
    "content",
    ["", "[]", "text", "digests: 5", "digests:", "digests: {seaside_det: []}", "digests: {seaside_det: {onnx:}}"],
)
def test_a_file_of_another_shape_corroborates_nothing(card: ModelCard, content: str) -> None:
    (card.folder / "copies.yml").write_text(content)
    assert verify.corroborated(card, "onnx", SEEN) == SEEN


def test_a_file_that_is_missing_is_a_warning_and_no_more(card: ModelCard, caplog: pytest.LogCaptureFixture) -> None:
    (card.folder / "copies.yml").unlink()
    assert verify.corroborated(card, "onnx", SEEN) == SEEN
    assert "copies.yml" in caplog.text


def test_the_manifest_says_whose_copy_it_is(card: ModelCard, make_resolver: MakeResolver) -> None:
    files = make_resolver(shelf=Shelf(promised=[RemoteFile("inference.onnx")])).get(DownloadRequest(card, ["onnx"]))
    assert files.manifest is not None
    assert files.manifest.files[0].digest_origin == "first use, equal to somebody's list"
