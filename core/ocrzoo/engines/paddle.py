"""Paddle Inference: loads every official package."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ocrzoo.engines.base import EngineOptions, TensorSpec
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.errors import EngineError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ONEDNN_CRASHES = ("3.3.0", "3.3.1")
"""PaddlePaddle releases whose oneDNN kernels crash under the new IR (ConvertPirAttribute2RuntimeAttribute)."""

ONEDNN_WRONG = b"linear_interp"
"""Operators that oneDNN computes differently from Paddle: it ignores ``align_corners`` (measured on 3.2.2)."""

ONEDNN_CACHED_SHAPES = 10
"""Input shapes whose oneDNN primitives are cached; PaddleX's default."""

_GPU_POOL_MB = 100
"""Initial memory pool on a GPU; PaddleX's value."""

Result = TypeVar("Result")


class PaddleEngine:
    """Loads Paddle programs (``inference.json`` or the older ``inference.pdmodel``)."""

    def load(self, folder: Path, file_format: Format, options: EngineOptions) -> PaddleSession:
        """Load a program with an explicit thread count, in float32, with oneDNN where it is correct.

        Raises:
            EngineError: Paddle cannot load it, or the device is unavailable.
        """
        if options.precision != "float32":
            raise EngineError(f"paddle runs in float32 only, not in {options.precision}")
        paddle = _import_paddle()
        try:
            config = _configure(paddle, folder, options)
            return PaddleSession(_in_one_thread(lambda: paddle.inference.create_predictor(config)))
        except (RuntimeError, ValueError, OSError, NotImplementedError) as error:
            reason = " ".join(str(error).split())[-300:]
            raise EngineError(f"paddle could not load {folder}: {reason}") from error


def _in_one_thread(work: Callable[[], Result]) -> Result:
    """Run work in the one thread of this process that runs Paddle.

    With oneDNN, PaddlePaddle 3.2.2 fails now and then (``std::exception``) in a new thread, once another that ran a
    program has ended.
    """
    return _thread(os.getpid()).submit(work).result()


@cache
def _thread(process: int) -> ThreadPoolExecutor:
    """The thread of a process; a forked process has its own."""
    return ThreadPoolExecutor(1, f"ocrzoo-paddle-{process}")


def _import_paddle() -> Any:
    """Import paddle without its warning about compiler caches.

    Paddle knows only one thread in dynamic mode: that which imports it first. Others call ``paddle.disable_static()``.
    """
    os.environ.setdefault("FLAGS_enable_pir_api", "1")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="No ccache found")
        paddle = import_module("paddle")
        import_module("paddle.inference")
    return paddle


def _configure(paddle: Any, folder: Path, options: EngineOptions) -> Any:
    program = folder / "inference.json"
    if not program.exists():
        program = folder / "inference.pdmodel"
    content = program.read_bytes()
    if content[:1] != (b"{" if program.suffix == ".json" else b"\n"):  # other content crashes the process
        raise EngineError(f"paddle could not load {folder}: {program.name} is not a program")
    config = paddle.inference.Config(str(program), str(folder / "inference.pdiparams"))
    if options.device.kind == "cpu":
        config.disable_gpu()
        config.set_cpu_math_library_num_threads(options.thread_count)
        if onednn_is_safe(paddle.__version__) and ONEDNN_WRONG not in content:
            config.enable_mkldnn()
            config.set_mkldnn_cache_capacity(ONEDNN_CACHED_SHAPES)
        else:
            config.disable_mkldnn()
    elif options.device.kind == "gpu" and paddle.is_compiled_with_cuda():
        config.enable_use_gpu(_GPU_POOL_MB, options.device.index)
    else:
        raise EngineError(f"paddle: {options.device} is unavailable on this machine or in this build")
    config.enable_new_ir(True)  # as paddle's own API does
    config.enable_new_executor()
    config.set_optimization_level(3)
    config.enable_memory_optim()
    config.disable_glog_info()
    return config


def onednn_is_safe(version: str) -> bool:
    """Whether a PaddlePaddle release runs oneDNN with the new IR."""
    return version.partition("+")[0] not in ONEDNN_CRASHES


class PaddleSession:
    """A loaded program; its calls run one after the other, in Paddle's thread."""

    align_corners: bool | None = None

    def __init__(self, predictor: Any) -> None:
        self._predictor = predictor
        self.inputs = tuple(TensorSpec(name, None) for name in predictor.get_input_names())

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch; the caller owns the result."""
        return self.run_all(batch)[0]

    def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run one batch; the caller owns the results."""
        return tuple(self.run_named({self.inputs[0].name: batch}).values())

    def run_named(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run the program once; the caller owns the results."""
        return _in_one_thread(lambda: self._infer(inputs))

    def _infer(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        for name, array in inputs.items():
            handle = self._predictor.get_input_handle(name)
            handle.reshape(array.shape)
            handle.copy_from_cpu(array)
        self._predictor.run()
        names = self._predictor.get_output_names()
        return {name: self._predictor.get_output_handle(name).copy_to_cpu() for name in names}
