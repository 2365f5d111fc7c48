"""Text detection by differentiable binarization (DB): pages in, quads out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo.engines.base import Session
from ocrzoo.predictors.base import Detection, transform
from ocrzoo.processing import detection
from ocrzoo.processing.detection import DetectionParams
from ocrzoo.types import Image
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError

_MODEL_KEYS = ("thresh", "box_thresh", "unclip_ratio", "max_candidates")
"""Post-processing parameters that ``inference.yml`` may set."""

_MOST = 1_000_000
"""Upper bound of parameters and outputs."""

_LONG_SIDE = 960
"""Pixels; PaddleX's default for models that do not set it."""


class TextDetector:
    """Finds the lines of a page."""

    def __init__(self, card: ModelCard, config: Mapping[str, Any], session: Session) -> None:
        """``config`` is the model's ``inference.yml``.

        Raises:
            IntegrityError: A setting in it is not valid.
        """
        settings = config["PostProcess"]
        self.name = card.name
        _check_normalization(card.name, transform(config, "NormalizeImage"))
        given = {key: settings[key] for key in _MODEL_KEYS if settings.get(key) is not None}
        for key, value in given.items():
            kinds = int if key == "max_candidates" else int | float
            if isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < _MOST:
                raise IntegrityError(f"{card.name}: its inference.yml sets {key} to {value!r}, which is not valid")
        self.defaults = replace(DetectionParams(), **given)
        """The parameters that the model was published with."""
        self.standalone = replace(self.defaults, **_page_size(card.name, transform(config, "DetResizeForTest")))
        """The same, with the page size of PaddleX's ``create_model``; its pipeline sets another."""
        self._session = session

    def predict(self, images: Sequence[Image], params: DetectionParams | None = None) -> list[Detection]:
        """Detect the text of pages (H x W x 3, uint8, BGR), one by one: sizes differ, and batches are not faster.

        Raises:
            IntegrityError: The network's output is not a probability map.
        """
        return [self._detect(image, params or self.defaults) for image in images]

    def _detect(self, image: Image, params: DetectionParams) -> Detection:
        batch = detection.preprocess(image, params)
        output = self._session.run(batch)
        if output.ndim != 4 or 0 in output.shape or output.shape[2:] != batch.shape[2:]:
            raise IntegrityError(f"{self.name}: not a text detection network: its output has the shape {output.shape}")
        probability: NDArray[np.float32] = output[0, 0]
        if not -_MOST < probability.min() <= probability.max() < _MOST:
            raise IntegrityError(f"{self.name}: the network's output is not a probability map")
        return Detection(*detection.postprocess(probability, image.shape[0], image.shape[1], params))


def _page_size(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """PaddleX 3.7.2's rule: the long side of a page is shrunk to ``resize_long``."""
    side = settings.get("resize_long", _LONG_SIDE)
    if isinstance(side, bool) or not isinstance(side, int) or not 0 < side < _MOST:
        raise IntegrityError(f"{name}: invalid resize_long in its inference.yml: {side!r}")
    return {"limit_side_len": side, "limit_type": "max"}


def _check_normalization(name: str, settings: Mapping[str, Any]) -> None:
    """Refuse a model that was trained with another normalization than :func:`.detection.preprocess` applies."""
    for key, ours in (("mean", detection.MEAN), ("std", detection.STD)):
        stated = settings.get(key)
        if stated is not None and stated != list(ours):
            raise IntegrityError(f"{name}: its inference.yml sets {key} to {stated!r}; only {list(ours)} is supported")
