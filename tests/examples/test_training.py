"""The training scripts of the examples work: a few steps, in an environment of their own, and networks that load."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.examples.conftest import EXAMPLES, TIMEOUT_S
from tests.fonts import needs_fonts
from tests.hubs.environments import Environments

from ocrzoo import EngineOptions
from ocrzoo.engines.onnxruntime import OnnxRuntimeEngine


@pytest.fixture(scope="session")
def python(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with torch."""
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)
    folder = tmp_path_factory.mktemp("environments") if cache is None else cache.mkdir("environments")
    links = os.environ.get("PIP_FIND_LINKS")  # uv has a variable of its own
    variables = {**os.environ, **({} if links is None else {"UV_FIND_LINKS": links})}
    found = Environments(folder, Path(__file__).parent, variables).python("training")
    works = subprocess.run([found, "-c", "import torch"], capture_output=True, timeout=TIMEOUT_S, check=False)
    if works.returncode:
        pytest.skip("the build of torch that pip finds here needs further libraries")
    return found


def train(python: str, example: str, output: Path) -> None:
    script = EXAMPLES / example / "training" / "train.py"
    done = subprocess.run(
        [python, str(script), "--steps", "2", "--output", str(output)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "step 2: loss " in done.stdout


@pytest.mark.thorough
@pytest.mark.environments
@needs_fonts
def test_the_vietnamese_network_is_trained_and_exported(python: str, tmp_path: Path) -> None:
    train(python, "ocrzoo-vietnamese", tmp_path / "inference.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["inference.onnx"], "weights are no pickles"
    network = OnnxRuntimeEngine().load(tmp_path, "onnx", EngineOptions())
    columns = network.run(np.zeros((2, 3, 48, 400), np.float32))
    assert columns.shape == (2, 100, 232)
    np.testing.assert_allclose(columns.sum(axis=2), 1, atol=1e-3)


@pytest.mark.thorough
@pytest.mark.environments
@needs_fonts
def test_the_networks_with_attention_are_trained_and_exported(python: str, tmp_path: Path) -> None:
    train(python, "ocrzoo-attention", tmp_path)
    encoder = OnnxRuntimeEngine().load(tmp_path / "encoder", "onnx", EngineOptions())
    decoder = OnnxRuntimeEngine().load(tmp_path / "decoder", "onnx", EngineOptions())
    features = encoder.run_named({"pixels": np.zeros((2, 1, 32, 160), np.uint8)})["features"]
    last: NDArray[np.int64] = np.zeros(2, np.int64)
    found = decoder.run_named({"features": features, "last": last, "state": np.zeros((2, 64), np.float32)})
    assert {name: (array.shape, array.dtype.name) for name, array in found.items()} == {
        "next": ((2,), "int64"),
        "probability": ((2,), "float32"),
        "state_after": ((2, 64), "float32"),
    }
