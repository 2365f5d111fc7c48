"""What the file of a network says of it: the shapes of its inputs and outputs, and its metadata. Nothing is run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ocrzoo_registry.drafting.facts import NetworkFacts, Shape

log = logging.getLogger("ocrzoo")


def network_facts(files: Mapping[str, Path]) -> NetworkFacts | None:
    """Return what a network says of itself; ``None`` if no engine that is installed reads its file.

    ``files`` are those of a model by their names in its folder. OpenVINO reads ONNX and Paddle's ``.pdmodel``, ONNX
    Runtime reads ONNX; neither reads Paddle's newer ``inference.json``.
    """
    program = files.get("inference.onnx") or files.get("inference.pdmodel")
    for module, read in _READERS.items():
        if program is None or find_spec(module) is None:
            continue
        try:
            return read(program)
        except Exception as error:  # whatever an engine raises for a file that it cannot read
            log.debug("%s could not read %s: %s", module, program, error)
    return None


def _by_openvino(program: Path) -> NetworkFacts:
    from ocrzoo.engines.openvino import import_openvino

    model = import_openvino().Core().read_model(program)
    metadata = {}
    if model.has_rt_info("framework"):  # where OpenVINO's reader of ONNX keeps its metadata
        stated = model.get_rt_info("framework").value
        metadata = {str(key): str(getattr(value, "value", value)) for key, value in dict(stated).items()}
    return NetworkFacts(
        tuple(_shape(one.partial_shape) for one in model.inputs),
        tuple(_shape(one.partial_shape) for one in model.outputs),
        metadata,
    )


def _shape(partial: Any) -> Shape:
    """OpenVINO's shape; of unknown rank is as good as none."""
    if partial.rank.is_dynamic:
        return ()
    return tuple(None if side.is_dynamic else side.get_length() for side in partial)


def _by_onnxruntime(program: Path) -> NetworkFacts:
    from ocrzoo.engines.onnxruntime import ERRORS_ONLY, import_onnxruntime

    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(program), options, providers=["CPUExecutionProvider"])
    inputs, outputs = (
        tuple(tuple(side if isinstance(side, int) else None for side in one.shape) for one in ports)
        for ports in (session.get_inputs(), session.get_outputs())
    )
    return NetworkFacts(inputs, outputs, dict(session.get_modelmeta().custom_metadata_map))


_READERS: dict[str, Callable[[Path], NetworkFacts]] = {"openvino": _by_openvino, "onnxruntime": _by_onnxruntime}
