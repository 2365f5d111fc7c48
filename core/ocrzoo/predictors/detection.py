"""Text detection: pages in, quads out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo.engines.base import Session
from ocrzoo.predictors.base import transform
from ocrzoo.processing import detection
from ocrzoo.processing.detection import DetectionParams
from ocrzoo.types import Image, Quad
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError

_MODEL_KEYS = ("thresh", "box_thresh", "unclip_ratio", "max_candidates")
"""What a model's own ``inference.yml`` may say about post-processing."""

_MOST = 1_000_000
"""No setting of a detector is larger."""

_LONG_SIDE = 960
"""Pixels; PaddleX's, where the model does not state it."""


@dataclass(frozen=True)
class Detection:
    """Where text is on one page."""

    quads: list[Quad]
    scores: list[float]
    """Mean probability inside each quad."""


class TextDetector:
    """Finds lines of text by differentiable binarization."""

    def __init__(self, card: ModelCard, config: Mapping[str, Any], session: Session) -> None:
        """``config`` is the model's ``inference.yml``.

        Raises:
            IntegrityError: A setting in it makes no sense.
        """
        settings = config["PostProcess"]
        self.name = card.name
        _check_normalization(card.name, transform(config, "NormalizeImage"))
        given = {key: settings[key] for key in _MODEL_KEYS if settings.get(key) is not None}
        for key, value in given.items():
            kinds = int if key == "max_candidates" else int | float
            if isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < _MOST:
                raise IntegrityError(f"{card.name}: its inference.yml says {key}: {value!r}, which makes no sense")
        self.defaults = replace(DetectionParams(), **given)
        """What the model was published with."""
        self.standalone = replace(self.defaults, **_page_size(card.name, transform(config, "DetResizeForTest")))
        """The same, with the page size of PaddleX's ``create_model``; its pipeline sets another."""
        self._session = session

    def predict(self, images: Sequence[Image], params: DetectionParams | None = None) -> list[Detection]:
        """Detect the text of pages (H x W x 3, uint8, BGR), one by one: sizes differ, and batches gain nothing.

        Raises:
            IntegrityError: The network's output is no probability map.
        """
        return [self._detect(image, params or self.defaults) for image in images]

    def _detect(self, image: Image, params: DetectionParams) -> Detection:
        batch = detection.preprocess(image, params)
        output = self._session.run(batch)
        if output.ndim != 4 or 0 in output.shape or output.shape[2:] != batch.shape[2:]:
            raise IntegrityError(f"{self.name}: not a text detection network: its output has the shape {output.shape}")
        probability: NDArray[np.float32] = output[0, 0]
        if not -_MOST < probability.min() <= probability.max() < _MOST:
            raise IntegrityError(f"{self.name}: the network's output is not made of probabilities")
        return Detection(*detection.postprocess(probability, image.shape[0], image.shape[1], params))


def _page_size(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """PaddleX 3.7.2's rule: the long side of a page is shrunk to ``resize_long``."""
    side = settings.get("resize_long", _LONG_SIDE)
    if isinstance(side, bool) or not isinstance(side, int) or not 0 < side < _MOST:
        raise IntegrityError(f"{name}: invalid resize_long in its inference.yml: {side!r}")
    return {"limit_side_len": side, "limit_type": "max"}


def _check_normalization(name: str, settings: Mapping[str, Any]) -> None:
    """Refuse a model that was trained on pixels of another scale than detection gives it."""
    for key, ours in (("mean", detection.MEAN), ("std", detection.STD)):
        stated = settings.get(key)
        if stated is not None and stated != list(ours):
            raise IntegrityError(f"{name}: its inference.yml says {key}: {stated!r}; only {list(ours)} is known here")
