"""The predictor ``classification``: images in, the best class of each out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo import Classification, Image, Session
from ocrzoo_lcnet.transforms import Preparation
from ocrzoo_registry import IntegrityError, ModelCard

SCORE_DECIMALS = 5
"""PaddleX's."""


class Classifier:
    """Tells one of a few classes for each image; keeps :class:`ocrzoo.predictors.base.ImageClassifier`."""

    def __init__(self, card: ModelCard, config: Mapping[str, Any], session: Session) -> None:
        """``config`` is the model's ``inference.yml``: ``PreProcess.transform_ops`` and ``PostProcess.Topk``.

        Raises:
            IntegrityError: It has no labels, or others than the card; or it says nothing sensible of images.
        """
        where = f"{card.name}: its inference.yml"
        self.name = card.name
        self.labels = _labels(card, config, where)
        prepare = config.get("PreProcess")
        self._prepare = Preparation(prepare.get("transform_ops") if isinstance(prepare, Mapping) else None, where)
        self._session = session

    def predict(self, images: Sequence[Image], batch_size: int = 1) -> list[Classification]:
        """Classify images (H x W x 3, uint8, BGR, any sizes), the best class of each, in their order.

        Raises:
            IntegrityError: The network gives no probabilities, or another number of them than there are labels.
        """
        size = self._most(batch_size)
        batches = (images[start : start + size] for start in range(0, len(images), size))
        return [answer for batch in batches for answer in self._classify(batch)]

    def _most(self, batch_size: int) -> int:
        """How many images share a batch: no more than a network of one size takes."""
        shapes = [port.shape for port in self._session.inputs if port.shape]
        fixed = shapes[0][0] if shapes else None
        return max(1, min(batch_size, fixed or batch_size))

    def _classify(self, images: Sequence[Image]) -> list[Classification]:
        batch = np.ascontiguousarray(np.stack([self._prepare(image) for image in images]))
        output = self._session.run(batch)
        if output.shape != (len(images), len(self.labels)):
            raise IntegrityError(
                f"{self.name}: the network's output has the shape {output.shape}, "
                f"but {len(images)} x {len(self.labels)} classes were expected: {', '.join(self.labels)}"
            )
        if not np.isfinite(output).all():
            raise IntegrityError(f"{self.name}: the network's output is not made of numbers")
        return [self._best(probabilities) for probabilities in output]

    def _best(self, probabilities: NDArray[np.float32]) -> Classification:
        index = int(probabilities.argsort()[-1])
        score = float(np.around(probabilities[index], SCORE_DECIMALS))
        return Classification(index, self.labels[index], round(score, SCORE_DECIMALS))


def _labels(card: ModelCard, config: Mapping[str, Any], where: str) -> tuple[str, ...]:
    best = config["PostProcess"].get("Topk")
    listed = best.get("label_list") if isinstance(best, Mapping) else None
    if not isinstance(listed, list) or not listed:
        raise IntegrityError(f"{where} holds no labels (PostProcess.Topk.label_list)")
    labels = tuple(map(str, listed))
    if card.labels and labels != card.labels:  # the card of weights of the user's own names none
        raise IntegrityError(
            f"{where} has the labels {', '.join(labels)[:200]}, but the card says {', '.join(card.labels)}"
        )
    return labels
