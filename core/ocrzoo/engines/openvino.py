"""OpenVINO: the fastest of the engines on CPUs in float32."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from ocrzoo.engines.base import EngineOptions, TensorSpec
from ocrzoo_registry.cards.schema import Format
from ocrzoo_registry.errors import EngineError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PRECISIONS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}


class OpenVinoEngine:
    """Loads ONNX files into OpenVINO."""

    def load(self, folder: Path, file_format: Format, options: EngineOptions) -> OpenVinoSession:
        """Compile ``inference.onnx`` for one device, one stream, an explicit thread count and precision.

        Raises:
            EngineError: The file is no network that OpenVINO reads, or the device is not there.
        """
        core = _import_openvino().Core()
        device = _device(core, options)
        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            # Else OpenVINO computes in bfloat16 on CPUs that can: one text in six changes (docs/agreement.md).
            "INFERENCE_PRECISION_HINT": _PRECISIONS[options.precision],
        }
        if device == "CPU":
            settings["INFERENCE_NUM_THREADS"] = options.thread_count
        try:
            model = core.read_model(folder / "inference.onnx")
            align_corners = _tell_grid(model)
            return OpenVinoSession(core.compile_model(model, device, settings), align_corners)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise EngineError(f"openvino cannot load {folder} on {options.device}: {reason}") from error


def _device(core: Any, options: EngineOptions) -> str:
    """OpenVINO's name of a device, of a kind that is there."""
    kind = options.device.kind.upper()
    if kind == "CPU":
        return kind
    if kind not in {name.partition(".")[0] for name in core.available_devices}:
        raise EngineError(f"openvino: there is no {options.device} here")
    return f"{kind}.{options.device.index}"


def _import_openvino() -> Any:
    """Import openvino without its telemetry, which would tell a host outside of every import.

    OpenVINO goes on without the package ``openvino_telemetry`` where that cannot be imported.
    """
    absent = "openvino_telemetry" not in sys.modules
    if absent:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # makes its import fail
    try:
        return import_module("openvino")
    finally:
        if absent:
            del sys.modules["openvino_telemetry"]


def _tell_grid(model: Any) -> bool | None:
    """Where a network samples once by a grid, make the grid its last output; return how that counts."""
    samplings = [operation for operation in model.get_ops() if operation.get_type_name() == "GridSample"]
    if len(samplings) != 1:
        return None
    model.add_outputs(samplings[0].input_value(1))
    return bool(samplings[0].get_attributes()["align_corners"])


class OpenVinoSession:
    """A compiled network; each concurrent call gets an inference request of its own."""

    def __init__(self, compiled: Any, align_corners: bool | None = None) -> None:
        self.align_corners = align_corners
        self._compiled = compiled
        self._idle: SimpleQueue[Any] = SimpleQueue()
        self.inputs = tuple(_spec(port) for port in compiled.inputs)
        self.outputs = tuple(_spec(port) for port in compiled.outputs)

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch; the result is the caller's own."""
        return self._infer(batch, 1)[0]

    def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run one batch; the results are the caller's own."""
        return self._infer(batch, len(self._compiled.outputs))

    def _infer(self, batch: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], ...]:
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = self._compiled.create_infer_request()
        try:
            results = request.infer([batch], share_inputs=True)
            return tuple(results[index] for index in range(count))
        finally:
            self._idle.put(request)


def _spec(port: Any) -> TensorSpec:
    shape = port.partial_shape
    sides = tuple(None if size.is_dynamic else size.get_length() for size in shape) if shape.rank.is_static else None
    return TensorSpec(next(iter(port.names), ""), sides)
