"""OpenVINO: float32 unless asked, one stream, threads as told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocrzoo.engines.base import EngineOptions
from ocrzoo.engines.openvino import OpenVinoEngine


def compiled(folder: Path, options: EngineOptions) -> Any:
    return OpenVinoEngine().load(folder, "onnx", options)._compiled


def test_computes_in_float32_unless_asked(onnx_folder: Path) -> None:
    from openvino import Type

    assert compiled(onnx_folder, EngineOptions()).get_property("INFERENCE_PRECISION_HINT") == Type.f32


def test_computes_in_bfloat16_when_asked(onnx_folder: Path) -> None:
    from openvino import Core, Type

    able = "BF16" in Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    network = compiled(onnx_folder, EngineOptions(precision="bf16"))
    assert network.get_property("INFERENCE_PRECISION_HINT") == (Type.bf16 if able else Type.f32)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_are_those_asked_for(onnx_folder: Path, threads: int) -> None:
    network = compiled(onnx_folder, EngineOptions(threads=threads))
    assert network.get_property("INFERENCE_NUM_THREADS") == threads


def test_one_stream(onnx_folder: Path) -> None:
    assert int(compiled(onnx_folder, EngineOptions()).get_property("NUM_STREAMS")) == 1
