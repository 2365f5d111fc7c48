"""Networks and predictors that stand in for real ones: they see dark ink on paper, and read lines as ``ab``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ocrzoo.engines.base import TensorSpec
from ocrzoo.loading.candidates import Candidate
from ocrzoo.loading.plan import Loaded
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.config import checked, default_ocr
from ocrzoo.pipelines.schema import OCRConfig
from ocrzoo.predictors.base import Classification, Unwarped
from ocrzoo.predictors.detection import TextDetector
from ocrzoo.predictors.recognition import TextRecognizer
from ocrzoo_registry.cards.fields import Task

Array = NDArray[np.float32]
PREDICTORS: dict[str, Any] = {"PP-OCRv5_mobile_det": TextDetector, "PP-OCRv5_mobile_rec": TextRecognizer}


@dataclass
class StandIn:
    """A session that computes what it is told to, and keeps what it was given."""

    compute: Callable[[Array], Array]
    batches: list[Array] = field(default_factory=list)
    inputs: tuple[TensorSpec, ...] = (TensorSpec("x", (None, 3, None, None)),)

    def run(self, batch: Array) -> Array:
        self.batches.append(batch)
        return self.compute(batch)


def see_ink(batch: Array) -> Array:
    """Probability 0.9 where the page is dark, 0.1 where it is light."""
    return np.where(batch[:, :1] < 0, np.float32(0.9), np.float32(0.1))


def read_ab(batch: Array) -> Array:
    """``a``, then ``b``, of the classes blank, a, b, space; the wider the line, the surer."""
    output = np.zeros((len(batch), 3, 4), np.float32)
    sure = 0.5 + (batch[:, 0] != 0).any(axis=1).sum(axis=1) / 10_000
    for step, index in enumerate((1, 0, 2)):
        output[:, step, index] = sure
    return output


@dataclass
class MarkedCorner:
    """Tells how a page is turned by which of its corners is the darkest; upright, that is the one at the top left.

    A line stands on its head where it is darker at the bottom right than at the bottom left.
    """

    labels: tuple[str, ...]

    def predict(self, images: Sequence[NDArray[np.uint8]], batch_size: int = 1) -> list[Classification]:
        return [self._classify(image) for image in images]

    def _classify(self, image: NDArray[np.uint8]) -> Classification:
        class_id = self._darkest_corner(image) if len(self.labels) == 4 else self._dark_end(image)
        return Classification(class_id, self.labels[class_id], 0.9)

    def _darkest_corner(self, page: NDArray[np.uint8]) -> int:
        corners = [page[:4, :4], page[:4, -4:], page[-4:, -4:], page[-4:, :4]]
        return int(np.argmin([corner.mean() for corner in corners]))

    def _dark_end(self, line: NDArray[np.uint8]) -> int:
        below, middle = line[line.shape[0] // 2 :], line.shape[1] // 2
        return int(below[:, middle:].mean() + 25 < below[:, :middle].mean())


class Shifted:
    """Flattens a page by moving all of it 7 pixels to the left and 3 up; what comes in is white."""

    tells = True

    def predict(
        self, images: Sequence[NDArray[np.uint8]], batch_size: int = 1, *, wrap: bool = False
    ) -> list[Unwarped]:
        return [self._flatten(image) for image in images]

    def _flatten(self, image: NDArray[np.uint8]) -> Unwarped:
        flat = np.full_like(image, 255)
        flat[:-3, :-7] = image[3:, 7:]
        y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
        return Unwarped(flat, np.stack([x + 7, y + 3], axis=-1) if self.tells else None)


@dataclass(frozen=True)
class StandInLoader(ModelLoader):
    """Loads what stands in under the names of the default models, and keeps account of it."""

    loaded: list[str] = field(default_factory=list)
    detectors: int = 1
    """How many must be loaded before the first of them finds lines, so that no device reads all pages alone."""
    all_loaded: Event = field(default_factory=Event)

    def load(self, name: str | None, task: Task, model_dir: str | Path | None = None) -> Loaded:
        return Loaded(self.predictor(name, task, model_dir), cast("Candidate", None))

    def predictor(self, name: str | None, task: Task, model_dir: str | Path | None = None) -> Any:
        assert name is not None
        self.loaded.append(name)
        if task == "doc_text_orientation":
            return MarkedCorner(("0", "90", "180", "270"))
        if task == "textline_orientation":
            return MarkedCorner(("0_degree", "180_degree"))
        if task == "image_unwarping":
            return Shifted()
        compute = self._see_ink if task == "text_detection" else read_ab
        if task == "text_detection" and self.loaded.count(name) >= self.detectors:
            self.all_loaded.set()
        config = {"PostProcess": {"character_dict": ["a", "b"]}}
        return PREDICTORS[name](self.zoo.models.get(name), config, StandIn(compute))

    def _see_ink(self, batch: Array) -> Array:
        assert self.all_loaded.wait(30), f"{self.detectors} devices were to read"
        return see_ink(batch)


def stand_in_config(**changes: Any) -> OCRConfig:
    """The default configuration with some keys changed."""
    return checked(OCRConfig, {**default_ocr(), **changes}, "a test")
