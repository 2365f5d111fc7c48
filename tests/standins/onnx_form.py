"""The stand-ins as ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from tests.standins.networks import CELL, Classifier, Flattener

OPSET = 17
"""GridSample came with 16."""
IR_VERSION = 9


def write_classifier(network: Classifier, path: Path) -> None:
    """Write a classifier: input ``x``, N x 3 x H x W."""
    from onnx import helper

    pool = [network.pool, network.pool]
    nodes = [
        helper.make_node("Conv", ["x", "squares", "bias"], ["seen"], strides=[CELL, CELL]),
        helper.make_node("HardSwish", ["seen"], ["marked"]),
        helper.make_node("AveragePool", ["marked"], ["cells"], kernel_shape=pool, strides=pool),
        helper.make_node("Conv", ["cells", "patterns", "leaning"], ["matched"]),
        helper.make_node("ReduceMean", ["matched"], ["logits"], axes=[2, 3], keepdims=0),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    names = ("squares", "bias", "patterns", "leaning")
    weights = {name: getattr(network, name) for name in names}
    _save(path, nodes, ("x", ["N", 3, "H", "W"]), ("probabilities", ["N", len(network.patterns)]), weights)


def write_flattener(network: Flattener, path: Path) -> None:
    """Write the flattener: input ``img``, N x 3 x H x W."""
    from onnx import helper

    def resize(image: str, sizes: str, to: str) -> Any:
        mode = "align_corners"
        return helper.make_node(
            "Resize", [image, "", "", sizes], [to], mode="linear", coordinate_transformation_mode=mode
        )

    side = network.squares.shape[2]
    nodes = [
        helper.make_node("Shape", ["img"], ["count"], start=0, end=1),
        helper.make_node("Shape", ["img"], ["size"], start=2, end=4),
        helper.make_node("Concat", ["count", "three", "small"], ["small_sizes"], axis=0),
        helper.make_node("Concat", ["count", "two", "size"], ["grid_sizes"], axis=0),
        resize("img", "small_sizes", "shrunk"),
        helper.make_node("Conv", ["shrunk", "squares"], ["seen"], strides=[side, side]),
        helper.make_node("HardSwish", ["seen"], ["marked"]),
        helper.make_node("Conv", ["marked", "mix"], ["mixed"]),
        helper.make_node("Tanh", ["mixed"], ["bounded"]),
        helper.make_node("Mul", ["bounded", "reach"], ["moves"]),
        helper.make_node("Add", ["moves", "grid"], ["coarse"]),
        resize("coarse", "grid_sizes", "fine"),
        helper.make_node("Transpose", ["fine"], ["places"], perm=[0, 2, 3, 1]),
        helper.make_node("GridSample", ["img", "places"], ["sampled"], mode="bilinear", align_corners=1),
        helper.make_node("Pad", ["sampled", "pads"], ["padded"], mode="edge"),
        helper.make_node("AveragePool", ["padded"], ["around"], kernel_shape=[3, 3]),
        helper.make_node("Mul", ["sampled", "more"], ["raised"]),
        helper.make_node("Mul", ["around", "sharpen"], ["lowered"]),
        helper.make_node("Sub", ["raised", "lowered"], ["flat"]),
    ]
    weights = {
        "squares": network.squares,
        "mix": network.mix,
        "grid": network.grid,
        "reach": np.float32(network.reach),
        "sharpen": np.float32(network.sharpen),
        "more": np.float32(1 + network.sharpen),
        "small": np.array(network.small, np.int64),
        "two": np.array([2], np.int64),
        "three": np.array([3], np.int64),
        "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64),
    }
    _save(path, nodes, ("img", ["N", 3, "H", "W"]), ("flat", ["N", 3, "H", "W"]), weights)


def _save(
    path: Path, nodes: list[Any], takes: tuple[str, list[Any]], gives: tuple[str, list[Any]], weights: dict[str, Any]
) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        nodes,
        "stand_in",
        [helper.make_tensor_value_info(takes[0], TensorProto.FLOAT, takes[1])],
        [helper.make_tensor_value_info(gives[0], TensorProto.FLOAT, gives[1])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)])
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
