"""OpenVINO: the fastest engine on CPUs in float32."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from ocrzoo.engines.base import EngineOptions
from ocrzoo.engines.grid import Shape
from ocrzoo.engines.openvino_sessions import FixedShapesSession, OpenVinoSession
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.errors import EngineError

_PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}

_PROGRAMS = {"onnx": "inference.onnx", "paddle": "inference.pdmodel"}

_COMPILED, _GRID = "network.blob", "align_corners.json"
"""What is kept of a compiled network."""

PRIMITIVES = 50
"""Operations of a PP-OCR network that are compiled for one shape, about.

OpenVINO keeps 5000 in each stream, so that memory grows with every new page size (docs/engines.md).
"""


@dataclass(frozen=True)
class Rules:
    """How OpenVINO uses a device."""

    fixed_shapes: bool
    """Whether a network is compiled for each shape of input: then, shapes are on the grid of the options."""
    takes_precision: bool = True
    """Whether precision and streams can be set; else the device has its own."""


DEVICES = {"CPU": Rules(False), "GPU": Rules(True), "NPU": Rules(True, False)}
"""By OpenVINO's names. NPUs take no open shapes and compute in float16; GPUs support open shapes in part."""


class OpenVinoEngine:
    """Loads ONNX files, and programs of Paddle's older format, into OpenVINO."""

    def native_precisions(self) -> frozenset[str]:
        """Return what the CPU computes with instructions of its own."""
        capabilities = import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        return frozenset({"float32"} | ({"bfloat16"} if "BF16" in capabilities else set()))

    def load(self, folder: Path, file_format: Format, options: EngineOptions) -> OpenVinoSession:
        """Compile a network for one device, with explicit streams, threads and precision.

        Raises:
            EngineError: OpenVINO cannot load the file, or the device is unavailable.
        """
        core = import_openvino().Core()
        device, settings = _device(core, options), _settings(options)
        program = folder / _PROGRAMS[file_format]
        try:
            compile_for = partial(_compile_for, core, program, _stamp(program), device, settings)
            model = core.read_model(program)
            align_corners = _expose_grid(model)
            if _rules(options).fixed_shapes:
                session = FixedShapesSession(model, align_corners, compile_for, options.grid, options.shapes)
                _prepare(session, options)
                return session
            return OpenVinoSession(core.compile_model(model, device, settings), align_corners, compile_for)
        except (RuntimeError, OSError) as error:
            raise _not_loaded(folder, options, error) from error

    def compiled_for(self, options: EngineOptions) -> str | None:
        """Return the version and the precision; of other devices than the CPU, nothing is kept."""
        version: str = import_openvino().get_version()
        kept = options.device.kind == "cpu" and not _rules(options).fixed_shapes
        return f"openvino {version}, {options.precision}" if kept else None

    def compile(self, folder: Path, file_format: Format, options: EngineOptions, target: Path) -> None:
        """Write the compiled network, which is about as large as the model, and whether its grid aligns corners.

        Raises:
            EngineError: OpenVINO cannot load the file.
        """
        core = import_openvino().Core()
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
        core, settings = import_openvino().Core(), _settings(options)
        program = folder / _PROGRAMS[file_format]
        try:
            compile_for = partial(_compile_for, core, program, _stamp(program), "CPU", settings)
            network = core.import_model((compiled / _COMPILED).read_bytes(), "CPU", settings)
            align_corners = json.loads((compiled / _GRID).read_bytes())
        except (RuntimeError, OSError, ValueError) as error:
            raise _not_loaded(compiled, options, error) from error
        return OpenVinoSession(network, align_corners, compile_for)


def _rules(options: EngineOptions) -> Rules:
    return DEVICES.get(options.device.kind.upper(), DEVICES["CPU"])


def _prepare(session: FixedShapesSession, options: EngineOptions) -> None:
    """Compile the network for its usual shape, so that what the device cannot compile is refused now."""
    profile = None if options.profile is None else options.profile.for_input(session.inputs[0].shape)
    if profile is not None:
        session.prepare(profile.usual)


def _settings(options: EngineOptions) -> dict[str, Any]:
    settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    if _rules(options).takes_precision:
        settings["NUM_STREAMS"] = str(options.streams)
        # By default OpenVINO uses bfloat16 on CPUs with support: one text in six changes (docs/agreement.md).
        settings["INFERENCE_PRECISION_HINT"] = _PRECISIONS[options.precision]
    if options.device.kind == "cpu":
        settings["INFERENCE_NUM_THREADS"] = options.thread_count * options.streams
        # By default a call binds its threads to the first cores, where those of other processes and networks are bound.
        settings["ENABLE_CPU_PINNING"] = "NO"
        # Not in OpenVINO's documentation; accepted from 2024.6 to 2026.4.
        settings["CPU_RUNTIME_CACHE_CAPACITY"] = str(PRIMITIVES * options.shapes)
    return settings


def _not_loaded(folder: Path, options: EngineOptions, error: Exception) -> EngineError:
    reason = str(error).strip().splitlines()[-1]
    return EngineError(f"openvino could not load {folder} on {options.device}: {reason}")


def _compile_for(
    core: Any, program: Path, stamp: tuple[int, ...], device: str, settings: dict[str, Any], shape: Shape
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
    return f"{kind}.{options.device.index}" if options.device.index else kind  # NPU.0 is no name of the first NPU


def import_openvino() -> Any:
    """Import openvino without its telemetry, which reports every import to a remote host.

    OpenVINO works without the package ``openvino_telemetry`` if that cannot be imported.
    """
    with _importing.setdefault(os.getpid(), Lock()):
        module = _imported()
        # Its table of types is made by the first call that asks for one. If that call has to wait for the interpreter
        # meanwhile, a second one in another thread waits for the table and keeps the interpreter: both wait for ever.
        module.Type.f32.to_dtype()
        return module


_importing: dict[int, Lock] = {}
"""By process: one that was forked meanwhile cannot wait for a thread of another."""


def _imported() -> Any:
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
