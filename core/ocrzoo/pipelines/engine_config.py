"""Translate PaddleX's settings for engines and high-performance inference into a model loader's."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.schema import EngineSettings
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.names import did_you_mean

log = logging.getLogger("ocrzoo")

_ENGINES: Mapping[str, Mapping[str, Any]] = {
    "paddle_static": {"engine": "paddle"},
    "hpi": {"engine": None, "accelerated": True},
}
"""PaddleX's names of engines, as the loader's fields."""

TENSORRT = "tensorrt"
"""PaddleX's backend, here a part of ONNX Runtime."""

_NOT_HERE = ("paddle_dynamic", "transformers", "flexible", "genai_client", "om")
"""Engines and backends of PaddleX that ocrzoo does not have."""

_THREADS = ("cpu_threads", "cpu_num_threads", "intra_op_num_threads")
"""The keys for the number of threads in the settings of PaddleX's engines and backends."""

_HPI_KEYS = (
    *("auto_config", "backend", "backend_config", "auto_paddle2onnx"),
    *("pdx_model_name", "device_type", "device_id", "hpi_info"),
)
"""The keys of PaddleX's ``hpi_config``; those of the second line are ignored."""


def configured_loader(loader: ModelLoader, settings: EngineSettings) -> ModelLoader:
    """Return a loader with the engine settings of a pipeline or module applied.

    Raises:
        UsageError: They name an engine or a key that ocrzoo does not have.
    """
    if settings.precision is not None:
        loader = replace(loader, wanted=replace(loader.wanted, stated=settings.precision))
    if settings.use_hpip is not None:
        loader = replace(loader, engine=None, accelerated=settings.use_hpip)
    if settings.hpi_config:
        loader = _with_hpi_config(loader, settings.hpi_config)
    if settings.engine is not None:
        loader = _with_engine(loader, settings.engine)
    return _with_threads(loader, settings.engine_config or {})


def _with_engine(loader: ModelLoader, name: str) -> ModelLoader:
    if name in _NOT_HERE:
        raise UsageError(f"no engine is called {name!r}: choose {', '.join(loader.zoo.engines.names)}")
    if name == TENSORRT:
        if loader.options.device.kind != "gpu":
            raise UsageError(f"{TENSORRT} runs on NVIDIA cards, not on {loader.options.device}: add device='gpu'")
        return replace(loader, engine="onnxruntime", options=replace(loader.options, tensorrt=True))
    if name in _ENGINES:
        return replace(loader, **_ENGINES[name])
    loader.zoo.engines.get(name)  # raises if there is no such engine
    return replace(loader, engine=name)


def _with_hpi_config(loader: ModelLoader, config: Mapping[str, Any]) -> ModelLoader:
    for key in config:
        if key not in _HPI_KEYS:
            raise UsageError(f"hpi_config: unknown key {key!r}{did_you_mean(str(key), _HPI_KEYS)}")
    for key in ("auto_config", "auto_paddle2onnx"):
        if not isinstance(config.get(key), bool | None):
            raise UsageError(f"hpi_config: {key} must be True or False, not {config[key]!r}")
    if config.get("auto_config") is not None:
        loader = replace(loader, tuned=bool(config["auto_config"]))
    if config.get("auto_paddle2onnx") is not None:
        loader = replace(loader, converts=bool(config["auto_paddle2onnx"]))
    backend, settings = config.get("backend"), config.get("backend_config")
    if backend is not None:
        loader = _with_engine(loader, str(backend))
    if isinstance(settings, dict):
        loader = _with_threads(loader, settings)
    return loader


def _with_threads(loader: ModelLoader, config: Mapping[str, Any]) -> ModelLoader:
    given = next((config[key] for key in _THREADS if config.get(key) is not None), None)
    if ignored := sorted(config.keys() - set(_THREADS)):
        log.debug("engine settings that are ignored: %s", ", ".join(ignored))
    if given is None:
        return loader
    return replace(loader, options=replace(loader.options, threads=given))
