"""OpenVINO: float32 unless asked, one stream, threads as told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ocrzoo.engines.base import EngineOptions
from ocrzoo.engines.openvino import OpenVinoEngine
from ocrzoo_registry.cards.fields import Format

RealFolder = Callable[[str, Format], Path]


def compiled(folder: Path, options: EngineOptions) -> Any:
    return OpenVinoEngine().load(folder, "onnx", options)._compiled


def test_computes_in_float32_unless_asked(onnx_folder: Path) -> None:
    from openvino import Type

    assert compiled(onnx_folder, EngineOptions()).get_property("INFERENCE_PRECISION_HINT") == Type.f32


def test_computes_in_bfloat16_when_asked(onnx_folder: Path) -> None:
    from openvino import Core, Type

    able = "BF16" in Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    network = compiled(onnx_folder, EngineOptions(precision="bfloat16"))
    assert network.get_property("INFERENCE_PRECISION_HINT") == (Type.bf16 if able else Type.f32)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_are_those_asked_for(onnx_folder: Path, threads: int) -> None:
    network = compiled(onnx_folder, EngineOptions(threads=threads))
    assert network.get_property("INFERENCE_NUM_THREADS") == threads


@pytest.mark.skipif(sys.platform != "linux", reason="shows the cores of a thread")
def test_threads_may_run_on_any_core_of_the_process(onnx_folder: Path) -> None:
    """Else those of two processes, or of two networks, share the first cores while others are idle."""
    session = OpenVinoEngine().load(onnx_folder, "onnx", EngineOptions(threads=2))
    session.run(np.zeros((1, 3, 64, 64), np.float32))
    tasks = Path("/proc/self/task").iterdir()
    assert {frozenset(os.sched_getaffinity(int(task.name))) for task in tasks} == {frozenset(os.sched_getaffinity(0))}


def test_one_stream(onnx_folder: Path) -> None:
    assert int(compiled(onnx_folder, EngineOptions()).get_property("NUM_STREAMS")) == 1


@pytest.mark.weights
@pytest.mark.parametrize("name", ["PP-OCRv4_mobile_det", "PP-OCRv4_mobile_rec"])
def test_reads_paddles_older_programs_as_their_onnx_files(name: str, real_folder: RealFolder) -> None:
    """The numbers are the same, so no conversion is needed."""
    engine, options = OpenVinoEngine(), EngineOptions(threads=1)
    batch = np.random.default_rng(0).standard_normal((2, 3, 48, 320), np.float32)
    found, expected = (
        engine.load(real_folder(name, kind), kind, options).run(batch[..., :32, :] if "det" in name else batch)
        for kind in ("paddle", "onnx")
    )
    assert np.array_equal(found, expected)


AT_ONCE = """
import sys, threading
from ocrzoo.engines.openvino import import_openvino
sys.setswitchinterval(1e-6)
begin = threading.Barrier(4)
def use():
    begin.wait()
    import_openvino().Type.f32.to_dtype()
threads = [threading.Thread(target=use, daemon=True) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_threads_that_use_openvino_first_at_once_do_not_wait_for_each_other() -> None:
    for _ in range(2):  # without the lock, 7 of 8 such programs hung
        subprocess.run([sys.executable, "-c", AT_ONCE], check=True, timeout=60)
