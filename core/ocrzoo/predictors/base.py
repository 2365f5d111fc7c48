"""Predictors: a model card, a loaded network and a task's rules, put together. Batch first.

What the pipelines ask of the predictors that plugins bring stands here: a classifier of images
(:class:`ImageClassifier`) and a flattener of pages (:class:`Unwarper`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ocrzoo.types import Image


@dataclass(frozen=True)
class Classification:
    """What one image was taken for."""

    class_id: int
    """Index of the class in the model's labels."""
    label: str
    score: float
    """Probability, 0 to 1, rounded to 5 decimals as PaddleX does."""


@runtime_checkable
class ImageClassifier(Protocol):
    """Tells one of a few classes for each image."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes, in the network's order."""
        ...

    def predict(self, images: Sequence[Image], batch_size: int = 1) -> list[Classification]:
        """Classify images (H x W x 3, uint8, BGR, any sizes), the best class of each, in their order.

        Raises:
            IntegrityError: The network has another number of classes than labels.
        """
        ...


@dataclass(frozen=True)
class Unwarped:
    """A flattened page."""

    image: Image
    """H x W x 3, uint8, BGR; as large as the page was."""
    origin: NDArray[np.float32] | None = None
    """H x W x 2: for each pixel, x and y of where it was in the page; ``None`` where the network does not tell."""


@runtime_checkable
class Unwarper(Protocol):
    """Flattens photographs of bent pages."""

    def predict(self, images: Sequence[Image], batch_size: int = 1, *, wrap: bool = False) -> list[Unwarped]:
        """Flatten pages (H x W x 3, uint8, BGR, any sizes), in their order.

        Values beyond 0 to 255 are clipped; with ``wrap`` they wrap around, as PaddleX's do.

        Raises:
            IntegrityError: The network's output is no image of the page's size.
        """
        ...


def transform(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the settings of an operation; nothing where it is not among them, or has none."""
    operations = (config.get("PreProcess") or {}).get("transform_ops") or []
    for operation in operations:
        if isinstance(operation, dict) and isinstance(operation.get(name), dict):
            settings: Mapping[str, Any] = operation[name]
            return settings
    return {}
