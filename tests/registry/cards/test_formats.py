"""Model files: which sets of files can be run."""

from __future__ import annotations

import pytest

from ocrzoo_registry.cards.formats import MODEL_FILES, is_complete
from ocrzoo_registry.cards.schema import Format


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


def test_every_file_that_matters_is_known() -> None:
    assert {
        "paddle": {"inference.json", "inference.pdmodel", "inference.pdiparams"},
        "onnx": {"inference.onnx"},
        "safetensors": {"model.safetensors", "config.json"},
    } == MODEL_FILES
