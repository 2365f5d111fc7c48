"""Model files: which sets of files can be run."""

from __future__ import annotations

import pytest

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.formats import (
    FormatSpec,
    describe_files,
    folder_name,
    format_names,
    is_complete,
    model_and_format,
    model_files,
    register,
)
from ocrzoo_registry.errors import UsageError


@pytest.mark.parametrize(
    ("file_format", "paths"),
    [
        ("paddle", ["inference.json", "inference.pdiparams"]),
        ("paddle", ["inference.pdmodel", "inference.pdiparams"]),
        ("paddle", ["inference.json", "inference.pdiparams", "inference.yml", "README.md"]),
        ("onnx", ["inference.onnx"]),
        ("safetensors", ["model.safetensors", "config.json"]),
    ],
)
def test_these_are_enough(file_format: Format, paths: list[str]) -> None:
    assert is_complete(file_format, paths)


@pytest.mark.parametrize(
    ("file_format", "paths"),
    [
        ("paddle", ["inference.pdiparams"]),
        ("paddle", ["inference.json", "inference.pdmodel"]),
        ("paddle", ["inference.onnx"]),
        ("onnx", ["inference.yml"]),
        ("onnx", ["nested/inference.onnx"]),
        ("safetensors", ["model.safetensors"]),
        ("onnx", []),
    ],
)
def test_these_are_not(file_format: Format, paths: list[str]) -> None:
    assert not is_complete(file_format, paths)


def test_the_official_formats_and_their_files() -> None:
    assert {name: model_files(name) for name in ("paddle", "onnx", "safetensors")} == {
        "paddle": {"inference.json", "inference.pdmodel", "inference.pdiparams"},
        "onnx": {"inference.onnx"},
        "safetensors": {"model.safetensors", "config.json"},
    }


@pytest.mark.parametrize(
    ("file_format", "folder"),
    [("paddle", "seaside_det"), ("onnx", "seaside_det_onnx"), ("safetensors", "seaside_det_safetensors")],
)
def test_a_folder_is_named_after_model_and_format(file_format: Format, folder: str) -> None:
    assert folder_name("seaside_det", file_format) == folder
    assert model_and_format(folder) == ("seaside_det", file_format)


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        (FormatSpec("Tf-Lite", (frozenset({"x"}),)), "use lowercase letters, digits and underscores"),
        (FormatSpec("../x", (frozenset({"x"}),)), "use lowercase letters, digits and underscores"),
        (FormatSpec("_tflite", (frozenset({"x"}),)), "use lowercase letters, digits and underscores"),
        (FormatSpec("t" * 33, (frozenset({"x"}),)), "at most 32"),
        (FormatSpec("rec", (frozenset({"x"}),)), "names of models end in _rec"),
        (FormatSpec("tflite", (frozenset({"../x"}),)), "not the path of a file in the model's folder"),
        (FormatSpec("tflite", (frozenset({"/x"}),)), "not the path of a file in the model's folder"),
        (FormatSpec("tflite", ()), "requires no files"),
        (FormatSpec("tflite", (frozenset(),)), "requires no files"),
        (FormatSpec("onnx", (frozenset({"other.onnx"}),)), "is already registered with other files"),
    ],
)
def test_an_invalid_or_conflicting_format_is_refused(spec: FormatSpec, complaint: str) -> None:
    before = format_names()
    with pytest.raises(UsageError, match=complaint):
        register(spec)
    assert format_names() == before


def test_registering_the_same_format_again_changes_nothing() -> None:
    before = format_names()
    register(FormatSpec("onnx", (frozenset({"inference.onnx"}),)))
    assert format_names() == before


def test_an_unknown_format_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match=r"^unknown format 'onxn' \(did you mean onnx\?\)$"):
        is_complete("onxn", [])
    with pytest.raises(UsageError, match=r"^unknown format 'qq': install the plugin that adds it$"):
        describe_files("qq")
