"""One model of a pipeline: checked when the pipeline is built, loaded when it is first used."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import Any, Generic, TypeVar

from ocrzoo.custom_weights import card_for
from ocrzoo.engines.base import Device
from ocrzoo.loading.plan import Loaded
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.engine_config import configured_loader
from ocrzoo.pipelines.schema import Module
from ocrzoo.scheduling.together import run_all
from ocrzoo_registry.errors import OcrzooError, OfflineError, SourceError, UsageError

Predictor = TypeVar("Predictor")


class LazyModel(Generic[Predictor]):
    """A module's predictor, loaded once for each device and process; several threads may ask for it.

    A forked process has the networks but not the threads that compute them, so it loads its own.
    """

    def __init__(self, name: str, settings: Module | None, loader: ModelLoader, *, switch: str = "") -> None:
        """``name`` is the module's key; ``switch`` the parameter that turns it off.

        Raises:
            UnknownModel: No card has the model's name.
            UsageError: The model does another task, or the engine settings make no sense.
        """
        self._name = name
        self._settings = settings
        self.switch = switch
        self._loaded: dict[tuple[int, Device], Loaded] = {}
        self._failed: dict[tuple[int, Device], OcrzooError] = {}
        """What was raised when it was loaded ahead (:func:`load_together`)."""
        self._locks: dict[int, Lock] = {}
        """By process: one that was forked meanwhile cannot wait for a thread of another."""
        self._loader = loader if settings is None else configured_loader(loader, settings)
        if settings is not None and settings.model_dir is None and settings.model_name is not None:
            card_for(loader.zoo, settings.model_name, settings.module_name)

    def on(self, device: Device) -> Predictor:
        """Return the predictor that runs on a device.

        Raises:
            OcrzooError: The model cannot be downloaded or loaded.
            UsageError: The configuration has no such module.
        """
        key = os.getpid(), device
        if key not in self._loaded:
            with self._locks.setdefault(key[0], Lock()):
                if key in self._failed:
                    raise self._failed.pop(key)
                if key not in self._loaded:
                    self._loaded[key] = self._load(device)
        predictor: Predictor = self._loaded[key].predictor
        return predictor

    def runs(self, settings: Module) -> bool:
        """Whether it is the model of other settings, and runs as they say."""
        own = self._settings
        return own is not None and all(getattr(own, name) == getattr(settings, name) for name in Module.model_fields)

    def load_ahead(self, device: Device) -> None:
        """Load it for :meth:`on`, which raises what fails here."""
        try:
            self.on(device)
        except OcrzooError as error:
            self._failed[os.getpid(), device] = error

    def is_loaded(self, device: Device) -> bool:
        """Whether :meth:`on` returns at once."""
        return (os.getpid(), device) in self._loaded

    def describe(self) -> list[dict[str, Any]]:
        """Describe the model as it is loaded in this process, for each device (:meth:`Loaded.describe`)."""
        own = [loaded for (process, _), loaded in self._loaded.items() if process == os.getpid()]
        return [{"module": self._name, **one.describe()} for one in own]

    def _load(self, device: Device) -> Loaded:
        settings = self._settings
        if settings is None:
            raise UsageError(f"the configuration has no module {self._name}: add it, or switch its stage off")
        loader = replace(self._loader, options=replace(self._loader.options, device=device))
        return loader.load(settings.model_name, settings.module_name, settings.model_dir)

    def is_local(self) -> bool:
        """Whether its files are on this machine."""
        from ocrzoo_registry.download.request import DownloadRequest
        from ocrzoo_registry.download.resolver import Resolver
        from ocrzoo_registry.download.source_order import SourceOrder
        from ocrzoo_registry.download.temporary import get_to_run

        settings, zoo = self._settings, self._loader.zoo
        if settings is None or settings.model_dir is not None or settings.model_name is None:
            return True
        resolver = Resolver(SourceOrder(replace(zoo.settings, offline=True), zoo.sources), zoo.store)
        try:
            card = zoo.models.get(settings.model_name)
            get_to_run(resolver, DownloadRequest(card, zoo.readable_formats))
        except OcrzooError:
            return False
        return True


def load_together(models: Sequence[LazyModel[Any]], device: Device) -> None:
    """Load models at the same time, if all are on this machine; whoever asks for one that cannot be loaded is told."""
    waiting = [one for one in models if not one.is_loaded(device)]
    if len(waiting) < 2 or not all(one.is_local() for one in waiting):
        return

    run_all(lambda model: model.load_ahead(device), waiting, len(waiting))


def load_optional(stages: Sequence[LazyModel[Any]], device: Device) -> None:
    """Load the models of optional stages.

    Raises:
        SourceError: One is unavailable; the message names the arguments that turn off all stages without a model.
        OcrzooError: One cannot be loaded.
    """
    for stage in stages:
        try:
            stage.on(device)
        except SourceError as error:
            no_network = isinstance(error, OfflineError) or any(one.is_silence for one in error.attempts)
            missing = [one for one in stages if one is stage or (no_network and not one.is_local())]
            switches = ", ".join(f"{one.switch}=False" for one in missing)
            error.args = (f"{str(error).rstrip('.')}; or turn off what is missing: {switches}", *error.args[1:])
            raise
