"""Models of several networks: each is a folder with the files of the format, and all must be there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry.kit import MakeResolver, Shelf, card_data, offer_card, sha256

from ocrzoo_registry.cards.formats import describe_files, is_complete, wanted_files
from ocrzoo_registry.cards.loader import read_cards
from ocrzoo_registry.cards.weights import weights_fault
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import CardError, SourceError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.cache import CacheSource
from ocrzoo_registry.store.derived import model_digest

BOTH = ["encoder", "decoder"]
PATHS = [f"{network}/inference.onnx" for network in BOTH]
ARTIFACT = {"networks": BOTH, "files": [{"path": path} for path in PATHS]}


def test_a_model_needs_the_files_of_each() -> None:
    assert is_complete("onnx", PATHS, BOTH)
    assert not is_complete("onnx", PATHS[:1], BOTH)
    assert not is_complete("onnx", ["inference.onnx"], BOTH)
    assert not is_complete("onnx", PATHS)
    paddle = [f"{network}/inference.{end}" for network in BOTH for end in ("json", "pdiparams")]
    assert is_complete("paddle", paddle, BOTH)
    assert not is_complete("paddle", paddle[:3], BOTH)
    assert describe_files("onnx", BOTH) == "encoder/inference.onnx; and decoder/inference.onnx"


def test_no_file_beside_them_is_wanted() -> None:
    card = offer_card(artifacts={"onnx": ARTIFACT})
    data = {f"{path}.data" for path in PATHS}
    assert wanted_files(card, "onnx") == {*PATHS, *data, "inference.yml"}


def test_a_card_that_lists_one_of_two_is_refused(tmp_path: Path) -> None:
    data = card_data(artifacts={"onnx": {**ARTIFACT, "files": [{"path": PATHS[0]}]}})
    (tmp_path / "card.yaml").write_text(json.dumps(data))
    needed = r"artifacts\.onnx: needs encoder/inference\.onnx; and decoder/inference\.onnx"
    with pytest.raises(CardError, match=needed):
        list(read_cards(tmp_path))


def test_a_source_that_has_one_of_two_is_incomplete(make_resolver: MakeResolver, settings: Settings) -> None:
    card = offer_card(artifacts={"onnx": ARTIFACT}, sources={})
    with pytest.raises(SourceError, match=r"incomplete: shelf 1 has only encoder/inference\.onnx"):
        make_resolver(settings, shelf=Shelf({PATHS[0]: b"one"})).get(DownloadRequest(card, ["onnx"]))
    files = make_resolver(settings, shelf=Shelf({PATHS[0]: b"one", PATHS[1]: b"two"})).get(
        DownloadRequest(card, ["onnx"])
    )
    assert (files.folder / "decoder" / "inference.onnx").read_bytes() == b"two"
    nothing = hashlib.sha256(b"{}").hexdigest()
    assert model_digest(files) != nothing, "what is made of a model is kept for these very files"


def test_the_cache_of_another_program_has_all_or_nothing(settings: Settings, tmp_path: Path) -> None:
    contents = dict(zip(PATHS, (b"one", b"two"), strict=True))
    pinned = [{"path": path, "sha256": sha256(content), "digest_origin": "us"} for path, content in contents.items()]
    card = offer_card(artifacts={"onnx": {**ARTIFACT, "files": pinned}})
    cache = CacheSource(replace(settings, environ={"PADDLE_PDX_CACHE_HOME": str(tmp_path)}))
    for path, content in contents.items():
        assert cache.list(card, "onnx") is None
        file = tmp_path / "official_models" / "seaside_det_onnx" / path
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
    listing = cache.list(card, "onnx")
    assert listing is not None
    assert {file.path for file in listing.files} == {*PATHS}


def test_what_cannot_be_weights_is_found_in_each(tmp_path: Path) -> None:
    for network, content in zip(BOTH, (b"\x08\x07", b"<!doctype html>"), strict=True):
        (tmp_path / network).mkdir()
        (tmp_path / network / "inference.onnx").write_bytes(content)
    assert weights_fault(tmp_path, "onnx").startswith("decoder/inference.onnx is a web page")
