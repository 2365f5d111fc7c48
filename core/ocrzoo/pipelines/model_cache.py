"""The models of a pipeline: each loaded when it is first used, and once for each device and process.

A process that was forked off has the networks, but not the threads that compute them: it loads its own.
"""

from __future__ import annotations

import os
from dataclasses import replace
from threading import Lock
from typing import Any, TypeVar

from ocrzoo.engines.base import Device
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.engine_config import configured_loader
from ocrzoo.pipelines.schema import Module
from ocrzoo_registry.errors import SourceError, UsageError

Predictor = TypeVar("Predictor")


class Modules:
    """Loads predictors and keeps them; several threads may ask at once."""

    def __init__(self, loader: ModelLoader) -> None:
        self.loader = loader
        self._loaded: dict[tuple[object, ...], Any] = {}
        self._loading = Lock()

    def devices(self, asked: str | None) -> tuple[Device, ...]:
        """Return the devices to read on: those asked for, else the pipeline's own.

        Raises:
            UsageError: There is no such kind of device.
        """
        if asked is not None:
            return Device.parse_all(asked)
        return self.loader.devices or (self.loader.options.device,)

    def get(self, settings: Module, kind: type[Predictor], device: Device | None = None, switch: str = "") -> Predictor:
        """Return the predictor of a module; ``switch`` is the parameter that does without it.

        Raises:
            OcrzooError: The model cannot be had or loaded.
            UsageError: Its predictor is not of the kind that the pipeline needs.
        """
        loader = configured_loader(self.loader, settings)
        if device is not None:
            loader = replace(loader, options=replace(loader.options, device=device))
        key = (os.getpid(), settings.module_name, settings.model_name, settings.model_dir, loader.options.device)
        with self._loading:
            if key not in self._loaded:
                self._loaded[key] = self._load(loader, settings, switch)
        predictor = self._loaded[key]
        if not isinstance(predictor, kind):
            raise UsageError(f"{settings.model_name}: this pipeline cannot use a {type(predictor).__name__}")
        return predictor

    def _load(self, loader: ModelLoader, settings: Module, switch: str) -> Any:
        try:
            return loader.predictor(settings.model_name, settings.module_name, settings.model_dir)
        except SourceError as error:
            if switch:
                error.args = (f"{error}; or do without it: {switch}=False", *error.args[1:])
            raise
