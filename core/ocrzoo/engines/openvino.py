"""OpenVINO: the fastest engine on CPUs in float32."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any

from ocrzoo.engines.base import EngineOptions, TensorSpec
from ocrzoo_registry.cards.schema import Format
from ocrzoo_registry.errors import EngineError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ocrzoo.engines.base import Reduced

_PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}

_PROGRAMS = {"onnx": "inference.onnx", "paddle": "inference.pdmodel"}

_COMPILED, _GRID = "network.blob", "align_corners.json"
"""What is kept of a compiled network."""

PRIMITIVES = 50
"""Operations of a PP-OCR network that are compiled for one shape, about.

OpenVINO keeps 5000 in each stream, so that memory grows with every new page size (docs/engines.md).
"""

LARGE = 1_500_000
"""Pixels of a call, N x H x W, above which a network is compiled for that one shape.

Its memory is planned then: detection in float32 takes 82 to 88 bytes a pixel instead of 143 to 250 (docs/engines.md).
Compiling takes a fraction of such a call's time, and is done again only when the shape changes.
"""

_KINDS = {"f": "float", "i": "int", "u": "uint"}
_TYPES = {f"{short}{bits}": f"{kind}{bits}" for short, kind in _KINDS.items() for bits in (8, 16, 32, 64)}
"""OpenVINO's names of types, as NumPy calls them."""


class OpenVinoEngine:
    """Loads ONNX files, and programs of Paddle's older format, into OpenVINO."""

    def native_precisions(self) -> frozenset[str]:
        """Return what the CPU computes with instructions of its own."""
        capabilities = _import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        return frozenset({"float32"} | ({"bfloat16"} if "BF16" in capabilities else set()))

    def load(self, folder: Path, file_format: Format, options: EngineOptions) -> OpenVinoSession:
        """Compile a network for one device, with explicit streams, threads and precision.

        Raises:
            EngineError: OpenVINO cannot load the file, or the device is unavailable.
        """
        core = _import_openvino().Core()
        device, settings = _device(core, options), _settings(options)
        program = folder / _PROGRAMS[file_format]
        try:
            compile_for = partial(_compile_for, core, program, _stamp(program), device, settings)
            model = core.read_model(program)
            align_corners = _expose_grid(model)
            return OpenVinoSession(core.compile_model(model, device, settings), align_corners, compile_for)
        except (RuntimeError, OSError) as error:
            raise _not_loaded(folder, options, error) from error

    def compiled_for(self, options: EngineOptions) -> str | None:
        """Return the version and the precision; of other devices than the CPU, nothing is kept."""
        version: str = _import_openvino().get_version()
        return f"openvino {version}, {options.precision}" if options.device.kind == "cpu" else None

    def compile(self, folder: Path, file_format: Format, options: EngineOptions, target: Path) -> None:
        """Write the compiled network, which is about as large as the model, and whether its grid aligns corners.

        Raises:
            EngineError: OpenVINO cannot load the file.
        """
        core = _import_openvino().Core()
        try:
            model = core.read_model(folder / _PROGRAMS[file_format])
            align_corners = _expose_grid(model)
            exported = core.compile_model(model, "CPU", _settings(options)).export_model()
        except RuntimeError as error:
            raise _not_loaded(folder, options, error) from error
        (target / _COMPILED).write_bytes(exported.getbuffer())
        (target / _GRID).write_text(json.dumps(align_corners), encoding="ascii")

    def load_compiled(
        self, compiled: Path, folder: Path, file_format: Format, options: EngineOptions
    ) -> OpenVinoSession:
        """Load a compiled network; OpenVINO refuses one that it does not know.

        Raises:
            EngineError: OpenVINO cannot load it.
        """
        core, settings = _import_openvino().Core(), _settings(options)
        program = folder / _PROGRAMS[file_format]
        try:
            compile_for = partial(_compile_for, core, program, _stamp(program), "CPU", settings)
            network = core.import_model((compiled / _COMPILED).read_bytes(), "CPU", settings)
            align_corners = json.loads((compiled / _GRID).read_bytes())
        except (RuntimeError, OSError, ValueError) as error:
            raise _not_loaded(compiled, options, error) from error
        return OpenVinoSession(network, align_corners, compile_for)


def _settings(options: EngineOptions) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": str(options.streams),
        # By default OpenVINO uses bfloat16 on CPUs with support: one text in six changes (docs/agreement.md).
        "INFERENCE_PRECISION_HINT": _PRECISIONS[options.precision],
    }
    if options.device.kind == "cpu":
        settings["INFERENCE_NUM_THREADS"] = options.thread_count * options.streams
        # Not in OpenVINO's documentation; accepted from 2024.6 to 2026.4.
        settings["CPU_RUNTIME_CACHE_CAPACITY"] = str(PRIMITIVES * options.shapes)
    return settings


def _not_loaded(folder: Path, options: EngineOptions, error: Exception) -> EngineError:
    reason = str(error).strip().splitlines()[-1]
    return EngineError(f"openvino could not load {folder} on {options.device}: {reason}")


def _compile_for(
    core: Any, program: Path, stamp: tuple[int, ...], device: str, settings: dict[str, Any], shape: tuple[int, ...]
) -> Any:
    """Compile a network for inputs of one shape; ``None`` if its file is no longer the one that was loaded."""
    try:
        model = core.read_model(program)
        if _stamp(program) != stamp:
            return None
    except (RuntimeError, OSError):  # removed
        return None
    _expose_grid(model)
    model.reshape(list(shape))
    return core.compile_model(model, device, settings)


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when a file is replaced or written."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _device(core: Any, options: EngineOptions) -> str:
    """OpenVINO's name of an available device."""
    kind = options.device.kind.upper()
    if kind == "CPU":
        return kind
    if kind not in {name.partition(".")[0] for name in core.available_devices}:
        raise EngineError(f"openvino: {options.device} is unavailable on this machine")
    return f"{kind}.{options.device.index}"


def _import_openvino() -> Any:
    """Import openvino without its telemetry, which reports every import to a remote host.

    OpenVINO works without the package ``openvino_telemetry`` if that cannot be imported.
    """
    absent = "openvino_telemetry" not in sys.modules
    if absent:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # makes its import fail
    try:
        return import_module("openvino")
    finally:
        if absent:
            del sys.modules["openvino_telemetry"]


def _expose_grid(model: Any) -> bool | None:
    """Make the grid of a network's only GridSample its last output, and return its ``align_corners``."""
    samplings = [operation for operation in model.get_ops() if operation.get_type_name() == "GridSample"]
    if len(samplings) != 1:
        return None
    model.add_outputs(samplings[0].input_value(1))
    return bool(samplings[0].get_attributes()["align_corners"])


class OpenVinoSession:
    """A compiled network; each concurrent call uses its own inference request."""

    keeps_up_to = LARGE
    """Pixels of a call, N x H x W, above which its memory is returned at its end."""

    def __init__(
        self,
        compiled: Any,
        align_corners: bool | None = None,
        compile_for: Callable[[tuple[int, ...]], Any] | None = None,
    ) -> None:
        """``compile_for`` compiles the network for one shape; without it, the one of any shape takes large inputs."""
        self.align_corners = align_corners
        self._compiled = compiled
        self._compile_for = compile_for
        self._large: tuple[tuple[int, ...], Any] | None = None
        """The shape of the last large input, and the network compiled for it."""
        self._lock = Lock()
        self._idle: SimpleQueue[Any] = SimpleQueue()
        self.inputs = tuple(_spec(port) for port in compiled.inputs)
        self.outputs = tuple(_spec(port) for port in compiled.outputs)

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch; the caller owns the result."""
        return self.run_reduced(batch, lambda output: output.copy())

    def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run one batch; the caller owns the results."""
        count = len(self._compiled.outputs)
        return self._infer(batch, lambda results: tuple(results[index].copy() for index in range(count)))

    def run_reduced(self, batch: NDArray[np.float32], reduce: Callable[[NDArray[np.float32]], Reduced]) -> Reduced:
        """Run one batch, and return what ``reduce`` makes of the first output, which is OpenVINO's own memory."""
        return self._infer(batch, lambda results: reduce(results[0]))

    def release(self) -> None:
        """Return the memory that is kept for further calls; the next one takes longer."""
        with self._lock:
            self._large = None
        while not self._idle.empty():
            with suppress(Empty):
                self._idle.get_nowait()
        _release(self._compiled)

    def _infer(self, batch: NDArray[np.float32], take: Callable[[Any], Reduced]) -> Reduced:
        """Run one batch on an idle request, and take what is needed before another call may use the request."""
        network = self._large_network(batch.shape) if batch.size // batch.shape[1] > LARGE else None
        if network is not None:
            taken = take(network.create_infer_request().infer([batch], share_inputs=True, share_outputs=True))
            _release(network)  # else it would lie beside what the next stage takes
            return taken
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = self._compiled.create_infer_request()
        try:
            return take(request.infer([batch], share_inputs=True, share_outputs=True))
        finally:
            self._idle.put(request)

    def _large_network(self, shape: tuple[int, ...]) -> Any:
        """The network compiled for one shape, in place of the one for the last such shape; ``None`` if it cannot be."""
        with self._lock:
            if self._large is None or self._large[0] != shape:
                self._large = None
                self._large = (shape, None if self._compile_for is None else self._compile_for(shape))
            return self._large[1]


def _release(network: Any) -> None:
    """Return a network's memory, unless another call is using it."""
    with suppress(RuntimeError):
        network.release_memory()


def _spec(port: Any) -> TensorSpec:
    shape = port.partial_shape
    sides = tuple(None if size.is_dynamic else size.get_length() for size in shape) if shape.rank.is_static else None
    kind = port.get_element_type().get_type_name()
    return TensorSpec(next(iter(port.names), ""), sides, _TYPES.get(kind, kind))
