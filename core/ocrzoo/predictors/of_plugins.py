"""Predictors of plugins as pipelines call them: given what they ask for, one call at a time, and their results checked.

A plugin's predictor has one method, ``predict``. It gets images and those of its task's further arguments that it
names (:mod:`.base`); what it raises, and what is wrong with its results, names the model and the plugin.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from inspect import Parameter, signature
from itertools import chain
from threading import Lock
from typing import Any, Generic, TypeVar

from ocrzoo.guards import blamed_on
from ocrzoo.predictors.base import Classification, Detection, Unwarped
from ocrzoo.predictors.result_checks import checked_class, checked_detection, checked_line, checked_page
from ocrzoo.processing.detection import DetectionParams
from ocrzoo.processing.recognition import Line
from ocrzoo.types import Batching, Image
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import InputError, PluginError

Result = TypeVar("Result")

log = logging.getLogger("ocrzoo")


def as_pipelines_call_it(predictor: Any, card: ModelCard, plugin: str) -> Any:
    """Return a plugin's predictor for the task of a card; ``plugin`` names it in errors.

    Raises:
        PluginError: It has no method ``predict``, or labels that are none.
    """
    with blamed_on(plugin, card.name, "the predictor"):
        return _KINDS.get(card.task, OtherPredictor)(predictor, card, plugin)


class PluginPredictor(Generic[Result]):
    """A plugin's predictor; the attributes that this class does not have are the predictor's own."""

    def __init__(self, predictor: Any, card: ModelCard, plugin: str) -> None:
        """``plugin`` names the plugin in errors.

        Raises:
            PluginError: The predictor has no method ``predict``.
        """
        self.name = card.name
        self._own = predictor
        self._card = card
        self._plugin = plugin
        predict = getattr(predictor, "predict", None)
        if not callable(predict):
            kind = type(predictor).__name__
            raise PluginError(f"{card.name}: the predictor {kind} of plugin {plugin} has no method predict")
        self._takes = _named(predict)
        self._one_at_a_time = nullcontext() if getattr(predictor, "thread_safe", False) else Lock()
        self._told: set[str] = set()
        """What was warned of."""

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the predictor itself."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._own, name)

    def _results(self, images: Sequence[Image], given: Mapping[str, Any], check: Callable[..., Result]) -> list[Result]:
        """Run it on copies of images, which it may change, and check each result."""
        given = {name: value for name, value in given.items() if self._takes(name)}
        owner = f"{self.name}: the predictor of plugin {self._plugin}"
        with blamed_on(self._plugin, self.name, "the predictor", InputError):  # a result may be any object of its own
            with self._one_at_a_time:
                found: Any = self._own.predict([image.copy() for image in images], **given)
                results: Collection[Any] = found if isinstance(found, Collection) else [*found]
            if len(results) != len(images):
                raise PluginError(f"{owner} returned {len(results)} results for {len(images)} images")
            return [check(owner, one, image) for one, image in zip(results, images, strict=True)]

    def _in_batches(
        self, images: Sequence[Image], batch_size: int, given: Mapping[str, Any], check: Callable[..., Result]
    ) -> list[Result]:
        """Run it on ``batch_size`` images at a time, unless it makes the batches itself."""
        if not images:
            return []
        size = len(images) if self._takes("batch_size") else max(batch_size, 1)
        parts = [images[start : start + size] for start in range(0, len(images), size)]
        return [*chain(*(self._results(part, {"batch_size": batch_size, **given}, check) for part in parts))]

    def _warn_of_unused(self, names: Collection[str]) -> None:
        """Warn once of parameters that have no effect."""
        if unused := [name for name in names if name not in self._told]:
            self._told.update(unused)
            log.warning(
                "%s: %s has no effect: its predictor (plugin %s) does not take it",
                *(self.name, ", ".join(unused), self._plugin),
            )


class PluginRecognizer(PluginPredictor[Line]):
    """The task ``text_recognition``."""

    squeezes = False
    """Whether it takes ``squeeze``, as only PaddleX's decoder does."""

    def __init__(self, predictor: Any, card: ModelCard, plugin: str) -> None:
        """As of :class:`PluginPredictor`."""
        super().__init__(predictor, card, plugin)
        self.scripts: Sequence[str] = card.scripts

    def predict(
        self,
        crops: Sequence[Image],
        batch_size: int = 6,
        *,
        batching: Batching = "exact",
        input_shape: Sequence[int] | None = None,
    ) -> list[Line]:
        """Read lines, as of :class:`~ocrzoo.predictors.base.Recognizer`.

        Raises:
            InputError: It failed.
            PluginError: It returned what is no line.
        """
        if input_shape is not None and not self._takes("input_shape"):
            self._warn_of_unused(["input_shape"])
        given = {"batching": batching, "input_shape": input_shape}
        return self._in_batches(crops, batch_size, given, lambda owner, found, _image: checked_line(owner, found))


class PluginDetector(PluginPredictor[Detection]):
    """The task ``text_detection``."""

    @property
    def defaults(self) -> DetectionParams:
        """The parameters that the model was published with."""
        own = getattr(self._own, "defaults", None)
        return own if isinstance(own, DetectionParams) else DetectionParams()

    def predict(self, images: Sequence[Image], params: DetectionParams | None = None) -> list[Detection]:
        """Find lines, as of :class:`~ocrzoo.predictors.base.Detector`; one page at a time.

        Raises:
            InputError: It failed.
            PluginError: It returned what are no lines of the page.
        """
        wanted = params or self.defaults
        if not self._takes("params"):
            usual, own = vars(DetectionParams()), vars(self.defaults)
            asked = {name for name, value in vars(wanted).items() if value not in (usual[name], own[name])}
            self._warn_of_unused(sorted(asked - {"paddlex_quirks"}))
        return [*chain(*(self._results([image], {"params": wanted}, checked_detection) for image in images))]


class PluginClassifier(PluginPredictor[Classification]):
    """The tasks ``doc_text_orientation`` and ``textline_orientation``."""

    def __init__(self, predictor: Any, card: ModelCard, plugin: str) -> None:
        """As of :class:`PluginPredictor`."""
        super().__init__(predictor, card, plugin)
        self.labels: tuple[str, ...] = tuple(getattr(predictor, "labels", card.labels))

    def predict(self, images: Sequence[Image], batch_size: int = 1) -> list[Classification]:
        """Classify images, as of :class:`~ocrzoo.predictors.base.ImageClassifier`.

        Raises:
            InputError: It failed.
            PluginError: It returned what is no class.
        """
        return self._in_batches(
            images, batch_size, {}, lambda owner, found, _image: checked_class(owner, found, self.labels)
        )


class PluginUnwarper(PluginPredictor[Unwarped]):
    """The task ``image_unwarping``."""

    def predict(self, images: Sequence[Image], batch_size: int = 1, *, wrap: bool = False) -> list[Unwarped]:
        """Flatten pages, as of :class:`~ocrzoo.predictors.base.Unwarper`.

        Raises:
            InputError: It failed.
            PluginError: It returned what is no page of that size.
        """
        return self._in_batches(images, batch_size, {"wrap": wrap}, checked_page)


class OtherPredictor(PluginPredictor[Any]):
    """A task of a plugin."""

    def predict(self, images: Sequence[Image]) -> list[Any]:
        """Return what it finds in each image.

        Raises:
            InputError: It failed.
            PluginError: It returned more or fewer results.
        """
        return self._results(images, {}, lambda _owner, found, _image: found)


_KINDS: dict[str, type[PluginPredictor[Any]]] = {
    "text_recognition": PluginRecognizer,
    "text_detection": PluginDetector,
    "doc_text_orientation": PluginClassifier,
    "textline_orientation": PluginClassifier,
    "image_unwarping": PluginUnwarper,
}


def _named(predict: Callable[..., Any]) -> Callable[[str], bool]:
    """Which arguments a function takes by name; all, if it takes any."""
    try:
        parameters = signature(predict).parameters
    except (TypeError, ValueError):  # of a compiled function
        return lambda _name: False
    if any(one.kind is Parameter.VAR_KEYWORD for one in parameters.values()):
        return lambda _name: True
    by_name = {Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY}
    return frozenset(name for name, one in parameters.items() if one.kind in by_name).__contains__
