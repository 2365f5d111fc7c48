"""Files that are no weights are recognized: pointers, web pages, cut files, and files without their data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.registry.kit import MakeResolver, offer_card

from ocrzoo_registry.cards.weights import missing_data, weights_fault
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.directory import DirectorySource
from ocrzoo_registry.store.maintenance import stored_models
from ocrzoo_registry.store.store import Store

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 4000\n"


def network(folder: Path, data: str | None = None) -> Path:
    """Write a network whose weights are in a file of their own, if it has a name."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = np.random.default_rng(0).normal(size=(8, 3, 16, 16)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "w"], ["y"])],
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, "H", "W"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 8, "h", "w"])],
        [numpy_helper.from_array(weights, "w")],
    )
    path = folder / "inference.onnx"
    model = helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, str(path), save_as_external_data=data is not None, location=data, size_threshold=0)
    return path


def test_a_network_has_no_fault_with_its_data_or_without_any(tmp_path: Path) -> None:
    network(tmp_path / "one")
    network(tmp_path / "two", "inference.onnx.data")
    assert weights_fault(tmp_path / "one", "onnx") == weights_fault(tmp_path / "two", "onnx") == ""
    assert missing_data(tmp_path / "two", "onnx") == []


@pytest.mark.parametrize("name", ["inference.onnx.data", "own_weights.bin"])
def test_missing_data_is_named(tmp_path: Path, name: str) -> None:
    network(tmp_path, name)
    (tmp_path / name).unlink()
    assert missing_data(tmp_path, "onnx") == [name]
    assert weights_fault(tmp_path, "onnx") == f"inference.onnx keeps its weights in {name}, which is missing"


def test_a_name_outside_the_folder_is_no_name(tmp_path: Path) -> None:
    path = network(tmp_path, "inference.onnx.data")
    path.write_bytes(path.read_bytes().replace(b"inference.onnx.data", b"../ference.onnx.dat"))
    assert missing_data(tmp_path, "onnx") == []


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_a_cut_file_is_truncated(tmp_path: Path, share: float) -> None:
    path = network(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert weights_fault(tmp_path, "onnx").startswith(
        f"inference.onnx is truncated: it has {int(len(content) * share)} bytes and needs at least "
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (POINTER, "inference.onnx is a Git LFS pointer, not the file that it stands for"),
        (b"<!DOCTYPE html><html>404", "inference.onnx is a web page, not a file of weights"),
        (b"\n <HTML><body>Sign in", "inference.onnx is a web page, not a file of weights"),
    ],
)
def test_what_came_in_place_of_weights_is_named(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "inference.onnx").write_bytes(content)
    assert weights_fault(tmp_path, "onnx").startswith(fault)


@pytest.mark.parametrize(
    "content", [b"", b"\x08", b"\x08\xff\xff\xff", b"o" * 5000, b"\x08\x09\x3b" * 9, b"\x08" * 200]
)
def test_bytes_that_nobody_knows_are_left_to_the_engine(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "inference.onnx").write_bytes(content)
    weights_fault(tmp_path, "onnx")
    assert not weights_fault(tmp_path, "paddle")


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """The folder of a plugin's weights."""
    return tmp_path / "plugin" / "weights"


CARD = {"sources": {"directory": {"onnx": {"path": "weights"}}}}


def test_data_is_taken_along(beside: Path, settings: Settings, make_resolver: MakeResolver) -> None:
    network(beside, "inference.onnx.data")
    resolver = make_resolver(directory=DirectorySource(settings))
    files = resolver.get(DownloadRequest(offer_card(beside.parent, **CARD), ["onnx"]))
    assert {path.name for path in files.folder.iterdir()} >= {"inference.onnx", "inference.onnx.data"}


def test_data_of_another_name_is_taken_along_if_the_card_lists_it(
    beside: Path, settings: Settings, make_resolver: MakeResolver
) -> None:
    network(beside, "own.bin")
    resolver = make_resolver(directory=DirectorySource(settings))
    with pytest.raises(SourceError, match=r"keeps its weights in own\.bin, .* artifacts\.onnx\.files of its card"):
        resolver.get(DownloadRequest(offer_card(beside.parent, **CARD), ["onnx"]))
    listed = {"onnx": {"files": [{"path": "inference.onnx"}, {"path": "own.bin"}]}}
    files = resolver.get(DownloadRequest(offer_card(beside.parent, artifacts=listed, **CARD), ["onnx"]))
    assert (files.folder / "own.bin").is_file()


def test_a_pull_refuses_what_is_no_weights(beside: Path, settings: Settings, make_resolver: MakeResolver) -> None:
    beside.mkdir(parents=True)
    (beside / "inference.onnx").write_bytes(POINTER)
    resolver = make_resolver(directory=DirectorySource(settings))
    with pytest.raises(IntegrityError, match=r"directory: inference\.onnx is a Git LFS pointer"):
        resolver.get(DownloadRequest(offer_card(beside.parent, **CARD), ["onnx"]))
    assert not stored_models(Store(settings.home))


def test_a_deep_verification_finds_what_was_stored_before(
    beside: Path, settings: Settings, make_resolver: MakeResolver
) -> None:
    network(beside, "inference.onnx.data")
    resolver = make_resolver(replace(settings, offline=True), directory=DirectorySource(settings))
    files = resolver.get(DownloadRequest(offer_card(beside.parent, **CARD), ["onnx"]))
    assert files.manifest is not None
    kept = [file for file in files.manifest.files if not file.path.endswith(".data")]
    (files.folder / "inference.onnx.data").unlink()
    (files.folder / "ocrzoo.json").unlink()
    Store(settings.home).register(files.manifest.model_copy(update={"files": tuple(kept)}))
    (found,) = stored_models(Store(settings.home), deep=True)
    assert (found.status, found.fault) == (
        "broken",
        "has no weights: inference.onnx keeps its weights in inference.onnx.data, which is missing",
    )
