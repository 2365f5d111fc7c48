"""ONNX Runtime: small, portable, and the reference implementation of ONNX; on NVIDIA cards by CUDA."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrzoo.engines.base import EngineOptions, TensorSpec
from ocrzoo.engines.grid import ANY_SHAPE, Grid, run_on
from ocrzoo.engines.providers import CPU, Provider, cuda, tensorrt, tensorrt_version
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.errors import EngineError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TYPES = {"float": "float32", "double": "float64"}
"""ONNX Runtime's names of types that NumPy calls otherwise."""

ERRORS_ONLY = 3
"""ONNX Runtime's log level for errors only."""

_SMALL = 64
"""Pixels of a side of the call that only returns memory, where the network leaves the side open."""


class OnnxRuntimeEngine:
    """Loads ONNX files into ONNX Runtime."""

    def load(self, folder: Path, file_format: Format, options: EngineOptions) -> OnnxRuntimeSession:
        """Load ``inference.onnx`` with an explicit thread count, in float32; by TensorRT also in lower precision.

        Raises:
            EngineError: ONNX Runtime cannot load the file, or the device is unavailable.
        """
        return _load(folder, options)

    def compiled_for(self, options: EngineOptions) -> str | None:
        """Return the versions, the precision, the card and the shapes of a TensorRT engine; nothing else is kept."""
        if not _by_tensorrt(options):
            return None
        version, profile = import_onnxruntime().__version__, options.profile
        shapes = "any shape" if profile is None else f"{profile.least} to {profile.most}"
        return f"onnxruntime {version}, tensorrt {tensorrt_version()}, {options.precision}, {options.device}, {shapes}"

    def compile(self, folder: Path, file_format: Format, options: EngineOptions, target: Path) -> None:
        """Write the TensorRT engine, and the times measured to build it, into an empty folder.

        Raises:
            EngineError: TensorRT cannot load the file, or the device is unavailable.
        """
        _load(folder, options, target)

    def load_compiled(
        self, compiled: Path, folder: Path, file_format: Format, options: EngineOptions
    ) -> OnnxRuntimeSession:
        """Load a TensorRT engine.

        Raises:
            EngineError: TensorRT cannot load it.
        """
        return _load(folder, options, compiled)


def _by_tensorrt(options: EngineOptions) -> bool:
    return options.tensorrt and options.device.kind == "gpu"


def _load(folder: Path, options: EngineOptions, kept: Path | None = None) -> OnnxRuntimeSession:
    if _by_tensorrt(options):
        return _load_tensorrt(folder, options, kept)
    if options.precision != "float32":
        raise EngineError(f"onnxruntime runs networks in their own precision, not in {options.precision}")
    if options.device.kind == "cpu":
        return OnnxRuntimeSession(_start(folder, options, [CPU]))
    return OnnxRuntimeSession(_start(folder, options, [cuda(options), CPU]), options.grid.of_counts(), binds=True)


def _load_tensorrt(folder: Path, options: EngineOptions, kept: Path | None) -> OnnxRuntimeSession:
    """Load a network into TensorRT; what that cannot run, CUDA does."""
    with suppress(ImportError):
        import_module("tensorrt")  # pip's package loads its libraries
    (given, *_) = OnnxRuntimeSession(_start(folder, EngineOptions(threads=1), [CPU])).inputs
    profile = None if options.profile is None else options.profile.for_input(given.shape)
    session = _start(folder, options, [tensorrt(options, given.name, profile, kept), cuda(options), CPU])
    grid = options.grid if profile is None else options.grid.within(profile)
    return OnnxRuntimeSession(session, grid, binds=True)


def _start(folder: Path, options: EngineOptions, providers: Sequence[Provider]) -> Any:
    """Return ONNX Runtime's session of ``inference.onnx`` on the first of the providers; the others only help it.

    Raises:
        EngineError: ONNX Runtime cannot load the file, or the first provider cannot run here.
    """
    onnxruntime, (first, _) = import_onnxruntime(), providers[0]
    if options.device.kind != "cpu":
        if options.device.kind != "gpu" or first not in onnxruntime.get_available_providers():
            raise EngineError(f"onnxruntime: {options.device} is unavailable on this machine or in this build")
        _load_cuda(onnxruntime)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.thread_count
    settings.inter_op_num_threads = 1
    settings.enable_mem_pattern = False  # keeps a plan for every input shape: memory grows (docs/engines.md)
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads leave their cores
    settings.log_severity_level = ERRORS_ONLY
    try:
        session = onnxruntime.InferenceSession(
            folder / "inference.onnx", settings, providers=list(providers), enable_fallback=0
        )
    except Exception as error:  # its exceptions share no other base class
        reason = str(error).strip().splitlines()[0]
        raise EngineError(f"onnxruntime could not load {folder}: {reason}") from error
    if session.get_providers()[0] != first:  # libraries are missing, which ONNX Runtime only logs
        step = 'pip install "onnxruntime-gpu[cuda,cudnn]"'
        raise EngineError(f"onnxruntime: {options.device} is unavailable: {first} did not start; try {step}")
    return session


def _load_cuda(onnxruntime: Any) -> None:
    """Load the libraries of pip's packages for CUDA and cuDNN, if there are any; what is missing, it prints."""
    if hasattr(onnxruntime, "preload_dlls"):
        with redirect_stdout(sys.stderr):
            onnxruntime.preload_dlls()


def import_onnxruntime() -> Any:
    """Import onnxruntime without its telemetry, which reports to a remote host from 1.29 on, unless it is asked for."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    return import_module("onnxruntime")


class OnnxRuntimeSession:
    """A loaded network; ONNX Runtime's ``run`` is safe to call from several threads."""

    align_corners: bool | None = None

    def __init__(self, session: Any, grid: Grid = ANY_SHAPE, *, binds: bool = False) -> None:
        """``grid`` has the shapes that inputs are padded to.

        ``binds``: inputs and outputs are bound, so that a card copies only the outputs that are asked for.
        """
        self._session = session
        self._binds = binds
        self._on_cpu = session.get_providers()[0] == CPU[0]
        self.inputs = tuple(_spec(port) for port in session.get_inputs())
        self.outputs = tuple(_spec(port) for port in session.get_outputs())
        self._grid = grid.left_open(self.inputs[0].shape)

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch; the caller owns the result."""
        return run_on(self._grid, lambda given: self._outputs(given, 1), batch)[0]

    def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run one batch; the caller owns the results."""
        return run_on(self._grid, lambda given: self._outputs(given, len(self.outputs)), batch)

    def run_named(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run the network once; the caller owns the results."""
        names = [port.name for port in self.outputs]
        return dict(zip(names, self._session.run(names, dict(inputs)), strict=True))

    def release(self) -> None:
        """Return the memory that is kept for further calls: ONNX Runtime does so only at the end of a call."""
        import numpy as np

        given = self.inputs[0]
        if not self._on_cpu or given.shape is None:
            return
        options = import_onnxruntime().RunOptions()
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        sides = [1 if place == 0 else _SMALL for place in range(len(given.shape))]
        shape = [own or side for own, side in zip(given.shape, sides, strict=True)]
        self._session.run(None, {given.name: np.zeros(shape, given.dtype)}, options)

    def _outputs(self, batch: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], ...]:
        """The first ``count`` outputs."""
        given, names = self.inputs[0], [port.name for port in self.outputs[:count]]
        if given.dtype in {"float16", "float64"}:
            batch = batch.astype(given.dtype)
        if not self._binds:
            return tuple(self._session.run(names, {given.name: batch}))
        binding = self._session.io_binding()
        binding.bind_cpu_input(given.name, batch)
        for name in names:
            binding.bind_output(name, "cpu")
        self._session.run_with_iobinding(binding)
        return tuple(output.numpy() for output in binding.get_outputs())


def _spec(port: Any) -> TensorSpec:
    kind = port.type.removeprefix("tensor(").removesuffix(")")
    sides = tuple(size if isinstance(size, int) else None for size in port.shape)
    return TensorSpec(port.name, sides, _TYPES.get(kind, kind))
