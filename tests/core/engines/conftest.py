"""Small networks in both formats, and real ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ocrzoo.engines.base import Engine
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.plugins.specs import EngineSpec, load_attribute
from ocrzoo_registry.zoo import Zoo

WRITE_ONNX = """
import sys
import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

weights = np.random.default_rng(0).normal(size=(4, 3, 3, 3)).astype(np.float32)
graph = helper.make_graph(
    [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("HardSwish", ["c"], ["y"]),
    ],
    "small",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, "H", "W"])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 4, "H", "W"])],
    [numpy_helper.from_array(weights, "w")],
)
save(helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 17)]), sys.argv[1])
"""

WRITE_PADDLE = """
import sys, warnings
warnings.simplefilter("ignore")
import paddle

paddle.seed(0)
network = paddle.nn.Sequential(
    paddle.nn.Conv2D(3, 16, 3, padding=1), paddle.nn.BatchNorm2D(16), paddle.nn.Hardswish(),
    paddle.nn.Conv2D(16, 4, 1), paddle.nn.BatchNorm2D(4), paddle.nn.Hardswish(),
)
network.eval()
paddle.jit.save(network, sys.argv[1], [paddle.static.InputSpec([None, 3, None, None], "float32", "x")])
"""


def write(script: str, target: Path) -> None:
    """Run a script in a process of its own, so that what it imports stays there."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(target)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def onnx_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network of one convolution and a hard swish."""
    folder = tmp_path_factory.mktemp("onnx")
    write(WRITE_ONNX, folder / "inference.onnx")
    return folder


@pytest.fixture(scope="session")
def paddle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``inference.json``: convolutions, batch norms and hard swishes, which oneDNN fuses."""
    folder = tmp_path_factory.mktemp("paddle")
    write(WRITE_PADDLE, folder / "inference")
    assert (folder / "inference.json").is_file()
    return folder


@pytest.fixture(scope="session")
def real_folder(zoo: Zoo) -> Callable[[str, Format], Path]:
    """The folder of a real model, fetched if need be."""

    def find(name: str, file_format: Format) -> Path:
        return zoo.resolver.get(DownloadRequest(zoo.models.get(name), [file_format])).folder

    return find


@pytest.fixture
def load_engine(zoo: Zoo) -> Callable[[str], tuple[Engine, EngineSpec]]:
    """An engine by name, and its entry in the zoo."""

    def load(name: str) -> tuple[Engine, EngineSpec]:
        spec = zoo.engines.get(name)
        return load_attribute(spec.factory)(), spec

    return load
