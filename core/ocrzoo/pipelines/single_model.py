"""``create_model``: one model without a pipeline, on everything that a pipeline takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from ocrzoo.custom_weights import task_of
from ocrzoo.engines.base import Device, EngineOptions
from ocrzoo.inputs import Input, Password, pages
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.config import checked
from ocrzoo.pipelines.engine_config import configured_loader
from ocrzoo.pipelines.executor import OnError, run_batches
from ocrzoo.pipelines.predict_params import plain
from ocrzoo.pipelines.schema import MAX_UNCLIP_RATIO, ConfigRecord, Count, EngineSettings, Shape, Share
from ocrzoo.precision.wanted import DEFAULT, Wanted
from ocrzoo.predictors.base import Detector, ImageClassifier, Recognizer, Unwarper
from ocrzoo.results.model_results import DocTrResult, ModelResult, TextDetResult, TextRecResult, TopkResult
from ocrzoo.results.output_files import PageSource
from ocrzoo.types import Batching, Image, Precision
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.zoo import Zoo


class NoParameters(ConfigRecord):
    """The parameters of a task that has none."""


class DetectionParameters(ConfigRecord):
    """The parameters of text detection; ``None`` is the model's own value."""

    limit_side_len: Count | None = None
    limit_type: Literal["min", "max", "resize_long"] | None = None
    max_side_limit: Count | None = None
    thresh: Share | None = None
    box_thresh: Share | None = None
    unclip_ratio: Annotated[float, Field(ge=0, le=MAX_UNCLIP_RATIO)] | None = None
    input_shape: Shape | None = None


class RecognitionParameters(ConfigRecord):
    """The parameters of text recognition."""

    input_shape: Shape | None = None


@dataclass(frozen=True)
class Kind:
    """How the predictors of a task are called."""

    result: type[ModelResult]
    parameters: type[ConfigRecord]
    run: Callable[[Any, Sequence[Image], Mapping[str, Any]], list[dict[str, Any]]]
    """Predictor, images (BGR) and parameters to the keys of each image's result."""


def _detect(detector: Detector, images: Sequence[Image], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    defaults = getattr(detector, "standalone", detector.defaults)  # that of a plugin may have none of its own
    found = detector.predict(images, replace(defaults, **given))
    return [{"dt_polys": list(one.quads), "dt_scores": list(one.scores)} for one in found]


def _recognize(recognizer: Recognizer, images: Sequence[Image], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    batching: Batching = getattr(recognizer, "batching", "exact")  # that of a plugin may not say
    lines = recognizer.predict(images, len(images), batching=batching, **given)
    return [{"rec_text": line.text, "rec_score": line.score} for line in lines]


def _classify(classifier: ImageClassifier, images: Sequence[Image], _given: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = classifier.predict(images, len(images))
    return [{"class_ids": [one.class_id], "scores": [one.score], "label_names": [one.label]} for one in found]


def _unwarp(unwarper: Unwarper, images: Sequence[Image], _given: Mapping[str, Any]) -> list[dict[str, Any]]:
    flat = unwarper.predict(images, len(images))
    return [{"doctr_img": np.ascontiguousarray(one.image[:, :, ::-1])} for one in flat]


def _other(predictor: Any, images: Sequence[Image], _given: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"result": asdict(one) if is_dataclass(one) and not isinstance(one, type) else one}
        for one in predictor.predict(images)
    ]


_CLASSES = Kind(TopkResult, NoParameters, _classify)
KINDS = {
    "text_detection": Kind(TextDetResult, DetectionParameters, _detect),
    "text_recognition": Kind(TextRecResult, RecognitionParameters, _recognize),
    "doc_text_orientation": _CLASSES,
    "textline_orientation": _CLASSES,
    "image_unwarping": Kind(DocTrResult, NoParameters, _unwarp),
}
OTHER = Kind(ModelResult, NoParameters, _other)
"""For the tasks of plugins."""


class Model:
    """A loaded model; several threads may call ``predict``."""

    def __init__(self, name: str, task: str, predictor: Any, batch_size: int, parameters: Mapping[str, Any]) -> None:
        """``parameters`` are those of the task for every call that does not give them.

        Raises:
            UsageError: A parameter is unknown, or has an invalid value.
        """
        self.name = name
        self.task = task
        self.predictor = predictor
        """What runs the model on arrays: ``predictor.predict([image, ...])``."""
        self._kind = KINDS.get(task, OTHER)
        self._batch_size = _checked_batch_size(batch_size)
        self._parameters = self._checked(parameters)

    def predict(
        self,
        input: Input,
        batch_size: int | None = None,
        *,
        password: Password = None,
        on_error: OnError | None = None,
        **parameters: Any,
    ) -> Iterator[ModelResult]:
        """Run the model on images, ``batch_size`` at a time, and yield a result for each, in order.

        ``input`` is what a pipeline takes: a path, URL, folder, PDF, array or a list of these. Text detection takes
        ``limit_side_len``, ``limit_type``, ``max_side_limit``, ``thresh``, ``box_thresh``, ``unclip_ratio`` and
        ``input_shape``; text recognition takes ``input_shape``; other tasks have no parameters. An image that cannot
        be read is passed to ``on_error``; without ``on_error``, the error is raised after the last image. ``password``
        opens encrypted PDFs; of several, each is tried.

        Raises:
            InputError: Images could not be read (after all the others were).
            UsageError: A parameter is unknown, or has an invalid value.
        """
        size = self._batch_size if batch_size is None else _checked_batch_size(batch_size)
        given = {**self._parameters, **self._checked(parameters)}

        def read(sources: Sequence[PageSource], images: Sequence[Image]) -> list[ModelResult]:
            found = self._kind.run(self.predictor, images, given)
            return [
                self._kind.result({"input_img": image, **keys}, source)
                for source, image, keys in zip(sources, images, found, strict=True)
            ]

        return run_batches(pages(input, password=password), size, read, on_error)

    def _checked(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: plain(value) for name, value in parameters.items() if value is not None}
        known = self._kind.parameters.model_fields
        for name in given:
            if name not in known:
                raise UsageError(f"{self.task} has no parameter {name!r}{did_you_mean(name, known)}")
        return checked(self._kind.parameters, given, self.name).model_dump(exclude_none=True)


def create_model(
    model_name: str | None = None,
    *,
    model_dir: str | Path | None = None,
    task: str | None = None,
    batch_size: int = 1,
    device: str | None = None,
    engine: str | None = None,
    engine_config: Mapping[str, Any] | None = None,
    use_hpip: bool | None = None,
    hpi_config: Mapping[str, Any] | None = None,
    threads: int = 0,
    precision: Precision | Literal["fp32", "bf16", "fp16"] | None = None,
    zoo: Zoo | None = None,
    **parameters: Any,
) -> Model:
    """Load one model, download it first if needed, and return it; ``model.predict("page.png")`` runs it.

    ``model_dir`` is a folder with your own weights; ``model_name`` may be left out if its ``inference.yml`` has it,
    and ``task`` (such as ``text_recognition``) is needed if that is no name of a registered model. ``device``,
    ``engine``, ``engine_config``, ``use_hpip``, ``hpi_config``, ``threads`` and ``precision`` are those of
    :func:`~ocrzoo.pipelines.factory.create_pipeline`, with one device. ``parameters`` are those of
    :meth:`Model.predict`, for every call that does not give them.

    Raises:
        UnknownModel: There is no model of that name.
        UsageError: An argument is unknown, or has an invalid value.
        EngineError: No installed engine can run the model.
        SourceError: The weights could not be downloaded.
        IntegrityError: The weights are not those expected.
    """
    zoo = zoo or Zoo()
    options = EngineOptions(Device.parse("cpu" if device in (None, "") else str(device)), threads)
    running = {"engine": engine, "engine_config": engine_config, "use_hpip": use_hpip, "hpi_config": hpi_config}
    running |= {"precision": precision}
    loader = ModelLoader(zoo, options=options, wanted=Wanted(DEFAULT))
    loader = configured_loader(loader, checked(EngineSettings, running, "create_model"))
    found_task = task or _task(zoo, model_name, model_dir)
    predictor = loader.predictor(model_name, found_task, model_dir)  # checked there
    name = str(getattr(predictor, "name", None) or model_name or Path(str(model_dir)).name)
    return Model(name, found_task, predictor, batch_size, parameters)


def _task(zoo: Zoo, name: str | None, model_dir: str | Path | None) -> str:
    if model_dir is not None:
        return task_of(zoo, name, model_dir)
    if name is None:
        raise UsageError("create_model needs a model_name or a model_dir")
    return zoo.models.get(name).task


def _checked_batch_size(value: Any) -> int:
    size = plain(value)
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise UsageError(f"batch_size={value!r}: a whole number from 1 on is needed")
    return size
