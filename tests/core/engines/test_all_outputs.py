"""Sessions that give every output, and OpenVINO, which also gives the grid by which a network samples."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.standins.paddle_form import paddle_for_writing

from ocrzoo.engines.base import Engine, EngineOptions, MultiOutputSession
from ocrzoo.engines.onnxruntime import OnnxRuntimeEngine
from ocrzoo.engines.openvino import OpenVinoEngine
from ocrzoo.engines.paddle import PaddleEngine

Array = NDArray[np.float32]
ENGINES: dict[str, Engine] = {
    "openvino": OpenVinoEngine(),
    "onnxruntime": OnnxRuntimeEngine(),
    "paddle": PaddleEngine(),
}
OPTIONS = EngineOptions(threads=2)


def write_onnx(folder: Path, *nodes: tuple[Any, ...], outputs: list[str], weights: dict[str, Any]) -> Path:
    """Write a network with the input ``x``, N x 3 x H x W; a node is its type, inputs, outputs and attributes."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    folder.mkdir(exist_ok=True)
    graph = helper.make_graph(
        [helper.make_node(kind, takes, gives, **attributes) for kind, takes, gives, attributes in nodes],
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, "H", "W"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, str(folder / "inference.onnx"))
    return folder


def write_paddle(folder: Path) -> Path:
    """Write a network that gives 2 x and 2 x + 1."""
    paddle = paddle_for_writing()
    base = paddle.nn.Layer

    class Layer(base):  # type: ignore[misc, valid-type]  # paddle has no types here
        def forward(self, x: Any) -> Any:
            double = x * 2.0
            return double, double + 1.0

    folder.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        specification = [paddle.static.InputSpec([None, 3, None, None], "float32", "x")]
        paddle.jit.save(Layer(), str(folder / "inference"), specification)
    return folder


@pytest.fixture
def two_outputs(tmp_path: Path) -> dict[str, Path]:
    """A network that gives 2 x and 2 x + 1, by the format that holds it."""
    nodes: list[Any] = [("Mul", ["x", "two"], ["double"], {}), ("Add", ["double", "one"], ["more"], {})]
    onnx = write_onnx(tmp_path / "onnx", *nodes, outputs=["double", "more"], weights={"two": 2, "one": 1})
    return {"onnx": onnx, "paddle": write_paddle(tmp_path / "paddle")}


def sampling(folder: Path, times: int, align_corners: int = 1) -> Path:
    """A network that samples its input, 4 x 5, once or several times at places of its own."""
    grid = np.random.default_rng(5).uniform(-1, 1, (1, 4, 5, 2))
    names = ["x", *(f"sampled{number}" for number in range(times))]
    attributes = {"align_corners": align_corners}
    nodes = [("GridSample", [names[i], "grid"], [names[i + 1]], attributes) for i in range(times)]
    return write_onnx(folder, *nodes, outputs=[names[-1]], weights={"grid": grid})


def batch(*shape: int) -> Array:
    return np.random.default_rng(6).random(shape, np.float32)


@pytest.mark.parametrize("name", ENGINES)
class TestRunAll:
    """What every engine of ours can do."""

    def test_gives_all_outputs_the_first_one_first(self, name: str, two_outputs: dict[str, Path]) -> None:
        file_format = "paddle" if name == "paddle" else "onnx"
        session = ENGINES[name].load(two_outputs[file_format], file_format, OPTIONS)
        assert isinstance(session, MultiOutputSession)
        assert session.align_corners is None
        given = batch(2, 3, 4, 5)
        double, more = session.run_all(given)
        np.testing.assert_array_equal(double, given * 2)
        np.testing.assert_array_equal(more, given * 2 + 1)
        np.testing.assert_array_equal(session.run(given), double)

    def test_results_are_the_callers_own(self, name: str, two_outputs: dict[str, Path]) -> None:
        file_format = "paddle" if name == "paddle" else "onnx"
        session = ENGINES[name].load(two_outputs[file_format], file_format, OPTIONS)
        assert isinstance(session, MultiOutputSession)
        first = session.run_all(batch(1, 3, 4, 5))
        kept = [output.copy() for output in first]
        session.run_all(batch(1, 3, 4, 5) - 1)
        for output, copy in zip(first, kept, strict=True):
            np.testing.assert_array_equal(output, copy)
            output[:] = 0


class TestGrid:
    """OpenVINO tells where a network samples."""

    @pytest.mark.parametrize("align_corners", [0, 1])
    def test_the_grid_is_the_last_output(self, tmp_path: Path, align_corners: int) -> None:
        folder = sampling(tmp_path, 1, align_corners)
        session = OpenVinoEngine().load(folder, "onnx", OPTIONS)
        sampled, grid = session.run_all(batch(1, 3, 4, 5))
        assert session.align_corners is bool(align_corners)
        np.testing.assert_allclose(grid, np.random.default_rng(5).uniform(-1, 1, (1, 4, 5, 2)), rtol=1e-6)
        np.testing.assert_array_equal(session.run(batch(1, 3, 4, 5)), sampled)
        without = OnnxRuntimeEngine().load(folder, "onnx", OPTIONS)
        np.testing.assert_allclose(sampled, without.run(batch(1, 3, 4, 5)), atol=1e-5)

    def test_with_several_samplings_none_is_the_grid(self, tmp_path: Path) -> None:
        session = OpenVinoEngine().load(sampling(tmp_path, 2), "onnx", OPTIONS)
        assert session.align_corners is None
        assert len(session.run_all(batch(1, 3, 4, 5))) == 1
