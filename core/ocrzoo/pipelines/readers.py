"""The recognition models of a pipeline, and those on this machine that replace them where they cannot be had."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import shorten
from threading import Lock

from ocrzoo.engines.base import Device
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.lazy_model import LazyModel
from ocrzoo.pipelines.line_router import LineRouter
from ocrzoo.pipelines.schema import Reader, RecognitionModule
from ocrzoo.predictors.base import Recognizer
from ocrzoo.types import Batching
from ocrzoo_registry.errors import SourceError
from ocrzoo_registry.languages.support import support_of
from ocrzoo_registry.zoo import Zoo

log = logging.getLogger("ocrzoo")


@dataclass(frozen=True)
class LoadedReaders:
    """The recognition models of a device, and the router between them."""

    router: LineRouter
    recognizers: tuple[Recognizer, ...]
    """The first one reads all lines, the others those in their languages."""
    warnings: tuple[str, ...]
    """What the models cannot read of their languages."""


class Readers:
    """Loads recognition models when they are first used; several threads may ask."""

    def __init__(
        self,
        settings: RecognitionModule,
        batching: Batching | None,
        loader: ModelLoader,
        *,
        paddlex_quirks: bool = False,
        shared: Sequence[LazyModel[Recognizer]] = (),
    ) -> None:
        """``settings`` name the models; without ``batching``, each is read in the batches that it was loaded for.

        Those of ``shared`` that run with the same settings are used, and not loaded again.

        Raises:
            UnknownModel: No card has the name of a model.
            UsageError: A model does another task, or engine settings make no sense.
        """
        self._loader = loader
        self._shared = shared
        self._batching: Batching | None = batching
        self._quirks = paddlex_quirks
        self._locks: dict[int, Lock] = {}
        """By process, as those of :class:`LazyModel`."""
        self._chosen = self._made(settings)

    def _made(self, settings: RecognitionModule) -> _Chosen:
        models = [self._model(one) for one in settings.readers]
        warnings = tuple(_warnings(self._loader.zoo, settings.readers))
        router = LineRouter(settings, self._batching, paddlex_quirks=self._quirks)
        return _Chosen(settings, router, tuple(models), warnings)

    def _model(self, settings: Reader) -> LazyModel[Recognizer]:
        shared = next((one for one in self._shared if one.runs(settings)), None)
        return shared or LazyModel("TextRecognition", settings, self._loader)

    @property
    def models(self) -> tuple[LazyModel[Recognizer], ...]:
        """The models, whether they are loaded or not."""
        return self._chosen.models

    def load(self, device: Device) -> LoadedReaders:
        """Return the models on a device; if they cannot be had, the configured fallback, with a warning.

        Raises:
            OcrzooError: A model cannot be downloaded or loaded.
        """
        chosen = self._chosen
        try:
            return chosen.load(device)
        except SourceError as error:
            with self._locks.setdefault(os.getpid(), Lock()):
                if chosen is self._chosen:
                    self._fall_back(chosen.settings, error)
            return self._chosen.load(device)

    def _fall_back(self, settings: RecognitionModule, error: SourceError) -> None:
        replacement = settings.local()
        if replacement is None:
            raise error
        tags = ",".join(language.tag for one in replacement.readers for language in one.languages)
        names = " and ".join(str(one.model_name) for one in replacement.readers)
        reason = shorten(str(error), 240, placeholder=" ...").rstrip(".")
        used = f"{names}, on this machine, reads {tags} (--prefer installed asks no source)"
        log.warning("%s; meanwhile %s", reason, used)
        self._chosen = self._made(replacement)
        for warning in self._chosen.warnings:
            log.warning("%s", warning)


@dataclass(frozen=True)
class _Chosen:
    settings: RecognitionModule
    router: LineRouter
    models: tuple[LazyModel[Recognizer], ...]
    warnings: tuple[str, ...]

    def load(self, device: Device) -> LoadedReaders:
        return LoadedReaders(self.router, tuple(one.on(device) for one in self.models), self.warnings)


def _warnings(zoo: Zoo, readers: Sequence[Reader]) -> Iterator[str]:
    """What models lack for their languages; nothing is known of custom weights."""
    for one in readers:
        if one.model_dir is None and one.model_name is not None and one.model_name in zoo.models:
            card = zoo.models.get(one.model_name)
            warnings = (support_of(card, language).warning for language in one.languages)
            yield from (f"{one.model_name} {warning}" for warning in warnings if warning)
