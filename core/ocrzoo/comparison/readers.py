"""What is compared: recognition models, which are all given the same lines, and whole pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.factory import OPTIONAL_STAGES, create_pipeline
from ocrzoo.predictors.base import Detector, Recognizer
from ocrzoo.types import Image, Quad
from ocrzoo_registry.cards.address import is_address
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.zoo import Zoo

if TYPE_CHECKING:
    from ocrzoo.pipelines.ocr import OCRPipeline

RECOGNITION, DETECTION = "text_recognition", "text_detection"


@dataclass(frozen=True)
class PageLines:
    """A page with the lines that were detected on it, in reading order."""

    image: Image
    """H x W x 3, uint8, BGR."""
    quads: Sequence[Quad]
    crops: Sequence[Image]
    """H x W x 3, uint8, BGR."""


@dataclass(frozen=True)
class Reading:
    """What was read of a page."""

    texts: Sequence[str]
    """A text for each line; of a whole pipeline, of its own lines, in reading order."""
    scores: Sequence[float]
    quads: Sequence[Quad] | None = None
    """The lines of a whole pipeline; ``None``: they are those of the page."""


class Reader(Protocol):
    """One of the things that are compared."""

    @property
    def name(self) -> str:
        """The name that it was asked for by."""
        ...

    @property
    def what(self) -> str:
        """What its time is that of: ``recognition``, or ``whole page``."""
        ...

    def read(self, page: PageLines) -> Reading:
        """Read a page.

        Raises:
            OcrzooError: It cannot.
        """
        ...


@dataclass(frozen=True)
class ModelReader:
    """A recognition model."""

    name: str
    recognizer: Recognizer
    what: str = "recognition"

    def read(self, page: PageLines) -> Reading:
        """Read the lines of the page."""
        found = self.recognizer.predict(page.crops) if page.crops else []
        return Reading([line.text for line in found], [line.score for line in found])


@dataclass(frozen=True)
class PipelineReader:
    """The detection and recognition model of one name."""

    name: str
    pipeline: OCRPipeline
    what: str = "whole page"

    def read(self, page: PageLines) -> Reading:
        """Detect the lines, and read them."""
        (result,) = self.pipeline.predict(page.image)
        order: Sequence[int] = result["reading_order"]
        texts, scores, quads = ([result[key][i] for i in order] for key in ("rec_texts", "rec_scores", "rec_polys"))
        return Reading(texts, [float(score) for score in scores], quads)


def readers(zoo: Zoo, names: Sequence[str], options: Mapping[str, Any]) -> list[Reader]:
    """Load what is compared; ``options`` are those of :func:`.create_pipeline` that choose engine and device.

    Raises:
        UnknownModel: A name is neither that of a model nor of a pair of models, nor a folder.
        OcrzooError: A model cannot be downloaded or loaded.
    """
    if not names:
        raise UsageError("--models: name at least one model")
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"--models: {twice} is named twice")
    return [_reader(zoo, name, options) for name in names]


def _reader(zoo: Zoo, name: str, options: Mapping[str, Any]) -> Reader:
    folder = Path(name).expanduser()
    if folder.is_dir() and (is_address(name) or name not in zoo.models):
        return ModelReader(folder.resolve().name, loader(zoo, options).predictor(None, RECOGNITION, folder))
    if name in zoo.models:
        card = zoo.models.get(name)
        if card.task != RECOGNITION:
            raise UsageError(
                f"--models: {name} does {card.task}; name a recognition model, or a pair such as {pairs(zoo)[0]}"
            )
        shown = card.name if card.address is None else name
        return ModelReader(shown, loader(zoo, options).predictor(card.name, RECOGNITION))
    if name in pairs(zoo):
        chosen: dict[str, Any] = {**dict.fromkeys(OPTIONAL_STAGES, False), **options, "zoo": zoo}
        chosen |= {"text_detection_model_name": f"{name}_det", "text_recognition_model_name": f"{name}_rec"}
        made: OCRPipeline = create_pipeline("OCR", **chosen)
        made.load()
        return PipelineReader(name, made)
    known = [*(card.name for card in zoo.models if card.task == RECOGNITION), *pairs(zoo)]
    raise UsageError(f"--models: {name!r} is no recognition model, pair of models or folder{did_you_mean(name, known)}")


def detector(zoo: Zoo, name: str | None, options: Mapping[str, Any]) -> tuple[str, Detector]:
    """Load the model that finds the lines which recognition models are given; by default, that of the pipeline ``OCR``.

    Raises:
        OcrzooError: It cannot be downloaded or loaded, or does another task.
    """
    from ocrzoo.pipelines.config import default_ocr

    chosen = name or str(default_ocr()["SubModules"]["TextDetection"]["model_name"])
    return chosen, loader(zoo, options).predictor(chosen, DETECTION)


def pairs(zoo: Zoo) -> list[str]:
    """Return the names that a detection and a recognition model share, such as ``PP-OCRv5_mobile``."""
    names = {card.name for card in zoo.models}
    return sorted(
        name.removesuffix("_det")
        for name in names
        if f"{name.removesuffix('_det')}_rec" in names and name.endswith("_det")
    )


def loader(zoo: Zoo, options: Mapping[str, Any]) -> ModelLoader:
    """Return the loader with the engine and device of the options."""
    from ocrzoo.engines.base import Device, EngineOptions

    device = Device.parse(options.get("device") or "cpu")
    return ModelLoader(zoo, engine=options.get("engine"), options=EngineOptions(device))
