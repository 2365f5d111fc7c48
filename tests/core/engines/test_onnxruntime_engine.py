"""ONNX Runtime: threads as told, on the CPU."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ocrzoo.engines import facts
from ocrzoo.engines.base import EngineOptions
from ocrzoo.engines.onnxruntime import OnnxRuntimeEngine


def session(folder: Path, options: EngineOptions) -> Any:
    return OnnxRuntimeEngine().load(folder, "onnx", options)._session


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_are_those_asked_for(onnx_folder: Path, threads: int) -> None:
    options = session(onnx_folder, EngineOptions(threads=threads)).get_session_options()
    assert options.intra_op_num_threads == threads
    assert options.inter_op_num_threads == 1


def test_on_the_cpu_unless_asked(onnx_folder: Path) -> None:
    assert session(onnx_folder, EngineOptions()).get_providers() == ["CPUExecutionProvider"]


@pytest.mark.parametrize(("asked", "used"), [(None, "1"), ("0", "0")])
def test_it_reports_nothing_unless_the_user_wants_it(
    onnx_folder: Path, monkeypatch: pytest.MonkeyPatch, asked: str | None, used: str
) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY")
    if asked is not None:
        monkeypatch.setenv("ORT_DISABLE_TELEMETRY", asked)
    session(onnx_folder, EngineOptions())
    assert os.environ["ORT_DISABLE_TELEMETRY"] == used


def test_nor_where_a_network_is_only_looked_at(onnx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without OpenVINO, ONNX Runtime says which inputs a network has, for the draft of a card."""
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY")
    monkeypatch.setattr(facts, "find_spec", lambda module: None if module == "openvino" else module)
    found = facts.network_facts({"inference.onnx": onnx_folder / "inference.onnx"})
    assert found is not None
    assert found.inputs == ((None, 3, None, None),)
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
