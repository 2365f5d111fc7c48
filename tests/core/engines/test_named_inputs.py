"""Networks with several inputs and outputs, of whole numbers too, by name, on every engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.engines.conftest import write

from ocrzoo.engines.base import Engine, EngineOptions, TensorSpec
from ocrzoo.engines.onnxruntime import OnnxRuntimeEngine
from ocrzoo.engines.openvino import OpenVinoEngine
from ocrzoo.engines.paddle import PaddleEngine
from ocrzoo.guards import GuardedSession
from ocrzoo_registry.errors import InputError, IntegrityError

WRITE_ONNX = """
import sys
from onnx import TensorProto, helper, save

graph = helper.make_graph(
    [
        helper.make_node("Gather", ["table", "place"], ["row"], axis=0),
        helper.make_node("ArgMax", ["row"], ["best"], axis=1, keepdims=0),
        helper.make_node("ReduceMax", ["row"], ["most"], axes=[1], keepdims=0),
    ],
    "made for the tests",
    [
        helper.make_tensor_value_info("table", TensorProto.FLOAT, ["R", 3]),
        helper.make_tensor_value_info("place", TensorProto.INT64, ["N"]),
    ],
    [
        helper.make_tensor_value_info("best", TensorProto.INT64, ["N"]),
        helper.make_tensor_value_info("most", TensorProto.FLOAT, ["N"]),
    ],
)
model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
save(model, sys.argv[1] + "/inference.onnx")
"""
WRITE_PADDLE = """
import sys, warnings
warnings.simplefilter("ignore")
import paddle

paddle.enable_static()
table = paddle.static.data("table", [-1, 3], "float32")
place = paddle.static.data("place", [-1], "int64")
row = paddle.gather(table, place)
outputs = [paddle.argmax(row, axis=1), paddle.max(row, axis=1)]
executor = paddle.static.Executor(paddle.CPUPlace())
executor.run(paddle.static.default_startup_program())
paddle.static.save_inference_model(sys.argv[1] + "/inference", [table, place], outputs, executor)
"""

TABLE = np.array([[0, 5, 1], [7, 2, 3], [1, 2, 9]], np.float32)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same network in both formats: the best column of the rows asked for, and its value."""
    made = {kind: tmp_path_factory.mktemp(kind) for kind in ("onnx", "paddle")}
    write(WRITE_ONNX, made["onnx"])
    write(WRITE_PADDLE, made["paddle"])
    return made


ENGINES = pytest.mark.parametrize(
    ("engine", "kind"), [(OpenVinoEngine, "onnx"), (OnnxRuntimeEngine, "onnx"), (PaddleEngine, "paddle")]
)


def guarded(engine: type[Engine], folders: Mapping[str, Path], kind: str) -> GuardedSession:
    session = engine().load(folders[kind], kind, EngineOptions(threads=1))
    return GuardedSession("it", session, threads=1)


@ENGINES
def test_every_output_comes_by_name_and_keeps_its_type(
    folders: dict[str, Path], engine: type[Engine], kind: str
) -> None:
    """Inputs are converted: whole numbers of another size, and float64."""
    session = guarded(engine, folders, kind)
    places: NDArray[Any] = np.array([2, 0])
    found = session.run_named({"table": TABLE, "place": places})
    assert [array.dtype.kind for array in found.values()] == ["i", "f"]
    assert [array.tolist() for array in found.values()] == [[2, 1], [9.0, 5.0]]
    if kind == "onnx":
        assert list(found) == ["best", "most"]
        again = session.run_named({"place": places.astype(np.int32), "table": TABLE.astype(np.float64)})
        assert again["best"].tolist() == [2, 1]


@pytest.mark.parametrize("engine", [OpenVinoEngine, OnnxRuntimeEngine])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"table": TABLE}, "it: its network has the inputs place, table, but is given table"),
        ({"table": TABLE, "places": TABLE}, "has the inputs place, table, but is given places, table"),
        ({"table": TABLE, "place": np.zeros(2)}, "it: its input place takes int64 numbers, not float64"),
        ({"table": TABLE[:, :2], "place": np.zeros(2, int)}, "its input table takes N x 3, but is given 3 x 2"),
        ({"table": TABLE, "place": np.zeros((1, 2), int)}, "its input place takes N, but is given 1 x 2"),
    ],
)
def test_other_inputs_are_refused_in_one_line(
    folders: dict[str, Path], engine: type[Engine], given: dict[str, NDArray[Any]], said: str
) -> None:
    with pytest.raises(IntegrityError) as caught:
        guarded(engine, folders, "onnx").run_named(given)
    assert said in str(caught.value)


def test_what_the_network_cannot_do_is_one_line(folders: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="it cannot run on an input of 3 x 3 and 1: ") as caught:
        guarded(OnnxRuntimeEngine, folders, "onnx").run_named({"table": TABLE, "place": np.array([99])})
    assert "\n" not in str(caught.value)


def test_an_engine_of_others_may_not_do_it() -> None:
    class Plain:
        inputs = (TensorSpec("x", None),)

        def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
            return batch

    with pytest.raises(IntegrityError, match="it: its engine cannot run a network by the names of its inputs"):
        GuardedSession("it", Plain()).run_named({"x": TABLE})


def test_strings_are_no_numbers() -> None:
    class Writes:
        inputs = (TensorSpec("x", None),)

        def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
            return batch

        def run_named(self, inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
            return {"text": np.array(["a"])}

    with pytest.raises(IntegrityError, match=r"it: the network's output is not made of numbers \(<U1\)"):
        GuardedSession("it", Writes()).run_named({"x": TABLE})
