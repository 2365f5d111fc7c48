"""ONNX Runtime: small, portable, and the reference implementation of ONNX."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrzoo.engines.base import EngineOptions, TensorSpec
from ocrzoo_registry.cards.schema import Format
from ocrzoo_registry.errors import EngineError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TYPES = {"float": "float32", "double": "float64"}
"""ONNX Runtime's names of types that NumPy calls otherwise."""

_ERRORS_ONLY = 3
"""ONNX Runtime's log level for errors only."""

_SMALL = 64
"""Pixels of a side of the call that only returns memory, where the network leaves the side open."""


class OnnxRuntimeEngine:
    """Loads ONNX files into ONNX Runtime."""

    def load(self, folder: Path, file_format: Format, options: EngineOptions) -> OnnxRuntimeSession:
        """Load ``inference.onnx`` with an explicit thread count, in float32.

        Raises:
            EngineError: ONNX Runtime cannot load the file, or the device is unavailable.
        """
        onnxruntime = _import_onnxruntime()
        if options.precision != "float32":
            raise EngineError(f"onnxruntime runs networks in their own precision, not in {options.precision}")
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = options.thread_count
        settings.inter_op_num_threads = 1
        settings.enable_mem_pattern = False  # keeps a plan for every input shape: memory grows (docs/engines.md)
        settings.log_severity_level = _ERRORS_ONLY
        try:
            return OnnxRuntimeSession(
                onnxruntime.InferenceSession(
                    folder / "inference.onnx", settings, providers=_providers(onnxruntime, options)
                )
            )
        except Exception as error:  # its exceptions share no other base class
            reason = str(error).strip().splitlines()[0]
            raise EngineError(f"onnxruntime could not load {folder}: {reason}") from error


def _import_onnxruntime() -> Any:
    """Import onnxruntime without its telemetry, which reports to a remote host from 1.29 on, unless it is asked for."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    return import_module("onnxruntime")


def _providers(onnxruntime: Any, options: EngineOptions) -> list[Any]:
    if options.device.kind == "cpu":
        return ["CPUExecutionProvider"]
    if options.device.kind != "gpu" or "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise EngineError(f"onnxruntime: {options.device} is unavailable on this machine or in this build")
    return [("CUDAExecutionProvider", {"device_id": options.device.index})]


class OnnxRuntimeSession:
    """A loaded network; ONNX Runtime's ``run`` is safe to call from several threads."""

    align_corners: bool | None = None

    def __init__(self, session: Any) -> None:
        self._session = session
        self._on_cpu = session.get_providers()[0] == "CPUExecutionProvider"
        self.inputs = tuple(_spec(port) for port in session.get_inputs())
        self.outputs = tuple(_spec(port) for port in session.get_outputs())

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch; the caller owns the result."""
        return self.run_all(batch)[0]

    def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run one batch; the caller owns the results."""
        given = self.inputs[0]
        if given.dtype in {"float16", "float64"}:
            return tuple(self._session.run(None, {given.name: batch.astype(given.dtype)}))
        return tuple(self._session.run(None, {given.name: batch}))

    def release(self) -> None:
        """Return the memory that is kept for further calls: ONNX Runtime does so only at the end of a call."""
        import numpy as np

        given = self.inputs[0]
        if not self._on_cpu or given.shape is None:
            return
        options = import_module("onnxruntime").RunOptions()
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        sides = [1 if place == 0 else _SMALL for place in range(len(given.shape))]
        shape = [own or side for own, side in zip(given.shape, sides, strict=True)]
        self._session.run(None, {given.name: np.zeros(shape, given.dtype)}, options)


def _spec(port: Any) -> TensorSpec:
    kind = port.type.removeprefix("tensor(").removesuffix(")")
    sides = tuple(size if isinstance(size, int) else None for size in port.shape)
    return TensorSpec(port.name, sides, _TYPES.get(kind, kind))
