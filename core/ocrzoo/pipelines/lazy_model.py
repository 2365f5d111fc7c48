"""One model of a pipeline: checked when the pipeline is built, loaded when it is first used."""

from __future__ import annotations

import os
from dataclasses import replace
from threading import Lock
from typing import Any, Generic, TypeVar

from ocrzoo.custom_weights import card_for
from ocrzoo.engines.base import Device
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.engine_config import configured_loader
from ocrzoo.pipelines.schema import Module
from ocrzoo_registry.errors import SourceError, UsageError

Predictor = TypeVar("Predictor")


class LazyModel(Generic[Predictor]):
    """A module's predictor, loaded once for each device and process; several threads may ask for it.

    A forked process has the networks but not the threads that compute them, so it loads its own.
    """

    def __init__(
        self, name: str, settings: Module | None, loader: ModelLoader, kind: type[Any], *, switch: str = ""
    ) -> None:
        """``name`` is the module's key; ``kind`` its predictor's type; ``switch`` the parameter that turns it off.

        Raises:
            UnknownModel: No card has the model's name.
            UsageError: The model does another task, or the engine settings make no sense.
        """
        self._name = name
        self._settings = settings
        self._kind = kind
        self._switch = switch
        self._loaded: dict[tuple[int, Device], Predictor] = {}
        self._lock = Lock()
        self._loader = loader if settings is None else configured_loader(loader, settings)
        if settings is not None and settings.model_dir is None and settings.model_name is not None:
            card_for(loader.zoo, settings.model_name, settings.module_name)

    def on(self, device: Device) -> Predictor:
        """Return the predictor that runs on a device.

        Raises:
            OcrzooError: The model cannot be downloaded or loaded.
            UsageError: The configuration has no such module, or the predictor is not of the pipeline's kind.
        """
        key = os.getpid(), device
        found = self._loaded.get(key)
        if found is not None:
            return found
        with self._lock:
            if key not in self._loaded:
                self._loaded[key] = self._load(device)
            return self._loaded[key]

    def _load(self, device: Device) -> Predictor:
        settings = self._settings
        if settings is None:
            raise UsageError(f"the configuration has no module {self._name}: add it, or switch its stage off")
        loader = replace(self._loader, options=replace(self._loader.options, device=device))
        try:
            predictor: Predictor = loader.predictor(settings.model_name, settings.module_name, settings.model_dir)
        except SourceError as error:
            if self._switch:
                error.args = (f"{str(error).rstrip('.')}; or do without it: {self._switch}=False", *error.args[1:])
            raise
        if not isinstance(predictor, self._kind):
            raise UsageError(f"{settings.model_name}: this pipeline cannot use a {type(predictor).__name__}")
        return predictor
