"""Published networks and configurations with one defect each, as exports and hand-written files have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards import inference_yml

LUMA_OF_RGB = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in gray (ITU-R BT.601)."""


def write(folder: Path, source: Path, *, network: Any = None, config: dict[str, Any] | None = None) -> Path:
    """Write a model's folder: the network and the configuration of ``source``, or others in place of them."""
    folder.mkdir(parents=True)
    onnx.save(onnx.load(source / "inference.onnx") if network is None else network, folder / "inference.onnx")
    stated = inference_yml.read(source) if config is None else config
    stated["Global"].pop("model_name", None)
    (folder / "inference.yml").write_text(safe_yaml.dump(stated), encoding="utf-8")
    return folder


def with_dictionary(source: Path, change: Callable[[list[str]], Sequence[str]]) -> dict[str, Any]:
    """Return the configuration with another dictionary."""
    config = inference_yml.read(source)
    own = [str(entry) for entry in config["PostProcess"]["character_dict"]]
    config["PostProcess"]["character_dict"] = list(change(own))
    return config


def with_settings(source: Path, **settings: Any) -> dict[str, Any]:
    """Return the configuration with other settings of ``PostProcess``."""
    config = inference_yml.read(source)
    config["PostProcess"].update(settings)
    return config


class Network:
    """A network to alter in front of its first node, and behind its last one."""

    def __init__(self, source: Path) -> None:
        self.model = deepcopy(onnx.load(source / "inference.onnx"))
        self._graph = self.model.graph
        self._count = 0

    def before(self, kind: str, *constants: Any, **attributes: Any) -> Network:
        """Put an operation in front of the network; the last one called comes first."""
        name = self._graph.input[0].name
        inner = self._new("input")
        for node in self._graph.node:
            for place, own in enumerate(node.input):
                if own == name:
                    node.input[place] = inner
        node = helper.make_node(kind, [name, *map(self._constant, constants)], [inner], **attributes)
        self._graph.node.insert(0, node)
        return self

    def after(self, kind: str, *constants: Any, **attributes: Any) -> Network:
        """Put an operation behind the network; the last one called comes last."""
        outer, inner = self._graph.output[0].name, self._new("output")
        for node in self._graph.node:
            for places in (node.output, node.input):
                for place, own in enumerate(places):
                    if own == outer:
                        places[place] = inner
        self._graph.node.append(helper.make_node(kind, [inner, *map(self._constant, constants)], [outer], **attributes))
        return self._of_any_shape()

    def without_last(self, kind: str) -> Network:
        """Cut the last operation off, which is of that kind."""
        name = self._graph.output[0].name
        last = next(node for node in self._graph.node if name in node.output)
        while last.op_type == "Identity":
            last = next(node for node in self._graph.node if last.input[0] in node.output)
        assert last.op_type == kind, last.op_type
        last.CopyFrom(helper.make_node("Identity", [last.input[0]], [*last.output]))
        return self._of_any_shape()

    def of_height(self, height: int | None) -> Network:
        """State another height of the input."""
        side = self._graph.input[0].type.tensor_type.shape.dim[2]
        side.Clear()
        if height is None:
            side.dim_param = "height"
        else:
            side.dim_value = height
        return self

    def _of_any_shape(self) -> Network:
        self._graph.output[0].type.tensor_type.ClearField("shape")
        return self

    def _constant(self, value: Any) -> str:
        if value is None:
            return ""
        name = self._new("constant")
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _new(self, what: str) -> str:
        self._count += 1
        return f"altered_{what}_{self._count}"


def seeing_luma_of_rgb(network: Network, low: float = -1.0, high: float = 1.0) -> Network:
    """Let a network that takes BGR see gray, made of channels in the order of RGB."""
    weights = np.broadcast_to(LUMA_OF_RGB, (3, 3))[:, :, None, None].astype(np.float32)
    return network.before("Conv", weights)
