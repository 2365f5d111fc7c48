"""OpenVINO: the fastest of the engines on CPUs in float32."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from ocrzoo.engines import EngineOptions, TensorSpec
from ocrzoo_registry.cards import Format
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
        device = "CPU" if options.device.kind == "cpu" else f"{options.device.kind.upper()}.{options.device.index}"
        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            # Else OpenVINO computes in bfloat16 on CPUs that can: one text in six changes (docs/agreement.md).
            "INFERENCE_PRECISION_HINT": _PRECISIONS[options.precision],
        }
        if device == "CPU":
            settings["INFERENCE_NUM_THREADS"] = options.thread_count
        try:
            return OpenVinoSession(core.compile_model(core.read_model(folder / "inference.onnx"), device, settings))
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise EngineError(f"openvino cannot load {folder} on {options.device}: {reason}") from error


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


class OpenVinoSession:
    """A compiled network; each concurrent call gets an inference request of its own."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._idle: SimpleQueue[Any] = SimpleQueue()
        self.inputs = tuple(
            TensorSpec(
                port.any_name,
                tuple(None if size.is_dynamic else size.get_length() for size in port.partial_shape),
            )
            for port in compiled.inputs
        )

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch; the result is the caller's own."""
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = self._compiled.create_infer_request()
        try:
            output: NDArray[np.float32] = request.infer([batch], share_inputs=True)[0]
            return output
        finally:
            self._idle.put(request)
