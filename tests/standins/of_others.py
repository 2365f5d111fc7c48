"""Networks as strangers export them: readers and detectors in every layout that was seen, right and wrong.

A reader sees white paper as class 1 and everything else as the blank; its output is made wrong on request. A detector
sees dark pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SEVERE = 20.0
"""How sure the networks are: the logit of what they see."""
STRIDE = 8
"""Pixels of a column."""


@dataclass(frozen=True)
class Export:
    """How a network was exported."""

    classes: int = 5
    layout: str = "NTC"
    """Axes of a reader's output, in their order."""
    end: str = "Softmax"
    """The last operation: ``Softmax``, ``LogSoftmax``, ``Sigmoid``, or nothing."""
    blank: int = 0
    """The class of the blank."""
    shape: tuple[int | str, int, int | str, int | str] = ("N", 3, 48, "W")
    takes: str = "FLOAT"
    """The type of its input, by ONNX's names."""
    gives: str = "FLOAT"
    inputs: int = 1
    scale: float = 1.0
    """What its output is multiplied with at the end."""
    nan: bool = False


def write_reader(path: Path, how: Export) -> None:
    """Write a network for lines, N x 3 x H x W, to a file."""
    from onnx import TensorProto, helper

    height = how.shape[2] if isinstance(how.shape[2], int) else 48
    seen = 1 if how.blank != 1 else 2
    weights = np.zeros((how.classes, how.shape[1], height, STRIDE), np.float32)
    weights[seen] = SEVERE / weights[seen].size
    bias = np.zeros(how.classes, np.float32)
    bias[how.blank] = SEVERE / 2
    order = ["NTC".index(axis) for axis in how.layout]
    nodes = [
        helper.make_node("Cast", ["x"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["floats", "weights", "bias"], ["columns"], strides=[height, STRIDE]),
        helper.make_node("Squeeze", ["columns", "two"], ["flat"]),
        helper.make_node("Transpose", ["flat"], ["logits"], perm=[0, 2, 1]),
        *([helper.make_node(how.end, ["logits"], ["ended"], **({} if how.end == "Sigmoid" else {"axis": 2}))]
          if how.end else [helper.make_node("Identity", ["logits"], ["ended"])]),
        helper.make_node("Mul", ["ended", "scale"], ["scaled"]),
        helper.make_node("Transpose", ["scaled"], ["turned"], perm=order),
        helper.make_node("Cast", ["turned"], ["y"], to=getattr(TensorProto, how.gives)),
    ]  # fmt: skip
    scale = np.float32(np.nan if how.nan else how.scale)
    _save(path, nodes, how, {"weights": weights, "bias": bias, "two": np.array([2], np.int64), "scale": scale}, 3)


def write_detector(path: Path, how: Export) -> None:
    """Write a network that finds dark pixels, N x 3 x H x W to N x 1 x H x W, to a file."""
    from onnx import TensorProto, helper

    weights = np.full((1, how.shape[1], 1, 1), -SEVERE / 3, np.float32)
    nodes = [
        helper.make_node("Cast", ["x"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Conv", ["floats", "weights"], ["dark"]),
        helper.make_node(how.end or "Identity", ["dark"], ["ended"]),
        helper.make_node("Mul", ["ended", "scale"], ["y"]),
    ]
    _save(path, nodes, how, {"weights": weights, "scale": np.float32(how.scale)}, 4)


def _save(path: Path, nodes: list[Any], how: Export, weights: dict[str, Any], axes: int) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    taken = [
        helper.make_tensor_value_info(name, getattr(TensorProto, how.takes), list(how.shape))
        for name in ("x", "mask")[: how.inputs]
    ]
    given = helper.make_tensor_value_info("y", getattr(TensorProto, how.gives), [f"d{axis}" for axis in range(axes)])
    if how.inputs > 1:
        nodes = [*nodes[:-1], helper.make_node("Add", [nodes[-1].input[0], "mask_sum"], ["y"])]
        nodes.insert(0, helper.make_node("ReduceSum", ["mask"], ["mask_sum"], keepdims=0))
    graph = helper.make_graph(
        nodes,
        "other",
        taken,
        [given],
        [numpy_helper.from_array(np.asarray(one), name) for name, one in weights.items()],
    )
    model = helper.make_model(graph, ir_version=9, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, str(path))


def bytes_of(write: Callable[[Path, Export], None], how: Export, folder: Path) -> bytes:
    """Return a network as bytes; it is written into the folder on its way."""
    path = folder / f"{write.__name__}.onnx"
    write(path, how)
    return path.read_bytes()
