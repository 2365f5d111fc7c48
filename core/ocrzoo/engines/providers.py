"""ONNX Runtime's execution providers, with the options that they are given."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path
from typing import Any

from ocrzoo.engines.base import EngineOptions
from ocrzoo.engines.grid import Profile, Shape

Provider = tuple[str, dict[str, str]]
"""The name of a provider, and its options."""

CPU: Provider = ("CPUExecutionProvider", {})

CUDA = {
    "cudnn_conv_algo_search": "HEURISTIC",
    "arena_extend_strategy": "kSameAsRequested",
    "use_tf32": "0",
}
"""Options of the CUDA provider, beside the card.

By default it measures every algorithm for every new shape (EXHAUSTIVE), doubles its memory when it needs more, and
multiplies with 10 bits of 23 (TF32); see docs/engines.md.
"""

TENSORRT: dict[str, dict[str, str]] = {
    "float32": {},
    "bfloat16": {"trt_bf16_enable": "True"},
    "float16": {"trt_fp16_enable": "True"},
}
"""Options of the TensorRT provider for a precision, which it takes where it is faster."""

_LIBRARIES = ("libnvinfer.so.11", "libnvinfer.so.10", "libnvinfer.so.8", "nvinfer_11.dll", "nvinfer_10.dll")
"""TensorRT, by the versions that builds of ONNX Runtime need."""


def cuda(options: EngineOptions) -> Provider:
    """Return the CUDA provider on the card of the options."""
    return "CUDAExecutionProvider", {"device_id": str(options.device.index), **CUDA}


def tensorrt(options: EngineOptions, name: str, profile: Profile | None, kept: Path | None = None) -> Provider:
    """Return the TensorRT provider on the card of the options, for a network with the input ``name``.

    ``profile`` has the shapes that its engine is built for. ``kept`` is the folder of the engine, and of the times of
    layers that it measured to build it.
    """
    settings = {"device_id": str(options.device.index), **TENSORRT[options.precision]}
    if profile is not None:
        shapes = {"min": profile.least, "opt": profile.usual, "max": profile.most}
        settings |= {f"trt_profile_{bound}_shapes": f"{name}:{_text(shape)}" for bound, shape in shapes.items()}
    if kept is not None:
        settings |= {"trt_engine_cache_enable": "True", "trt_engine_cache_path": str(kept)}
        settings |= {"trt_timing_cache_enable": "True", "trt_timing_cache_path": str(kept)}
    return "TensorrtExecutionProvider", settings


def tensorrt_version() -> str:
    """Return the version of TensorRT's library as a number such as 101302; empty if it cannot be loaded."""
    for name in _LIBRARIES:
        with suppress(OSError, AttributeError):
            library: Any = ctypes.CDLL(name)
            return str(library.getInferLibVersion())
    return ""


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape))
