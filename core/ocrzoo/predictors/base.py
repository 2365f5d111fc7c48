"""The predictors of each task, as pipelines use them: images in, one record an image out, in their order.

Plugins implement these protocols. A predictor is made of a model card, the model's ``inference.yml`` and a session.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ocrzoo.types import Batching, Image, Quad

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ocrzoo.processing.detection import DetectionParams
    from ocrzoo.processing.recognition import Line


@dataclass(frozen=True)
class Detection:
    """Where text is on one page."""

    quads: list[Quad]
    scores: list[float]
    """Mean probability inside each quad."""
    left_out: int = 0
    """Regions that were not looked at, because the page has too many."""


@runtime_checkable
class Detector(Protocol):
    """Finds the lines of pages: the task ``text_detection``."""

    @property
    def defaults(self) -> DetectionParams:
        """The parameters that the model was published with."""
        ...

    def predict(self, images: Sequence[Image], params: DetectionParams | None = None) -> list[Detection]:
        """Detect the text of pages (H x W x 3, uint8, BGR, any sizes).

        Raises:
            IntegrityError: The network's output is not a probability map.
        """
        ...


@runtime_checkable
class Recognizer(Protocol):
    """Reads the crops of lines: the task ``text_recognition``."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def scripts(self) -> Sequence[str]:
        """ISO 15924 codes of the scripts that the model reads."""
        ...

    def predict(
        self,
        crops: Sequence[Image],
        batch_size: int = 6,
        *,
        batching: Batching = "exact",
        input_shape: Sequence[int] | None = None,
    ) -> list[Line]:
        """Read lines (H x W x 3, uint8, BGR, no side 0).

        Raises:
            IntegrityError: The network has another number of classes than the charset.
        """
        ...


@dataclass(frozen=True)
class Classification:
    """The best class of one image."""

    class_id: int
    """Index of the class in the model's labels."""
    label: str
    score: float
    """Probability, 0 to 1, rounded to 5 decimals as in PaddleX."""


@runtime_checkable
class ImageClassifier(Protocol):
    """Classifies images: the tasks ``doc_text_orientation`` and ``textline_orientation``."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes, in the network's order."""
        ...

    def predict(self, images: Sequence[Image], batch_size: int = 1) -> list[Classification]:
        """Classify images (H x W x 3, uint8, BGR, any sizes).

        Raises:
            IntegrityError: The network has another number of classes than labels.
        """
        ...


@dataclass(frozen=True)
class Unwarped:
    """A flat page."""

    image: Image
    """H x W x 3, uint8, BGR; as large as the page was."""
    origin: NDArray[np.float32] | None = None
    """H x W x 2: x and y that each pixel had in the warped page; ``None`` if the network does not output them."""


@runtime_checkable
class Unwarper(Protocol):
    """Flattens photographs of bent pages: the task ``image_unwarping``."""

    def predict(self, images: Sequence[Image], batch_size: int = 1, *, wrap: bool = False) -> list[Unwarped]:
        """Unwarp pages (H x W x 3, uint8, BGR, any sizes).

        Values beyond 0 to 255 are clipped; with ``wrap`` they overflow, as in PaddleX.

        Raises:
            IntegrityError: The network's output is not an image of the page's size.
        """
        ...


def transform(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the settings of an operation of ``inference.yml``; empty if it is missing or has no settings."""
    operations = (config.get("PreProcess") or {}).get("transform_ops") or []
    for operation in operations:
        if isinstance(operation, dict) and isinstance(operation.get(name), dict):
            settings: Mapping[str, Any] = operation[name]
            return settings
    return {}
