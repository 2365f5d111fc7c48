"""The predictor ``classification``: the best class of each image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo import Classification, Image, Session, check_image_input, check_probabilities
from ocrzoo_lcnet.transforms import Preparation
from ocrzoo_registry import IntegrityError, ModelCard

SCORE_DECIMALS = 5
"""PaddleX's."""


class Classifier:
    """Classifies images; implements :class:`ocrzoo.ImageClassifier`."""

    def __init__(self, card: ModelCard, config: Mapping[str, Any], session: Session) -> None:
        """``config`` is the model's ``inference.yml``: ``PreProcess.transform_ops`` and ``PostProcess.Topk``.

        Raises:
            IntegrityError: It has no labels, other labels than the card, or no valid pre-processing.
        """
        where = f"{card.name}: its inference.yml"
        self.name = card.name
        self.labels = _labels(card, config, where)
        prepare = config.get("PreProcess")
        self._prepare = Preparation(prepare.get("transform_ops") if isinstance(prepare, Mapping) else None, where)
        check_image_input(card.name, session)
        self._session = session

    def predict(self, images: Sequence[Image], batch_size: int = 1) -> list[Classification]:
        """Classify images (H x W x 3, uint8, BGR, any sizes), the best class of each, in their order.

        Raises:
            IntegrityError: The network does not output a probability for each label.
        """
        size = self._limit(batch_size)
        batches = (images[start : start + size] for start in range(0, len(images), size))
        return [answer for batch in batches for answer in self._classify(batch)]

    def _limit(self, batch_size: int) -> int:
        """The batch size, at most that of a network with a fixed one."""
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
            raise IntegrityError(f"{self.name}: the network's output has values that are not finite")
        check_probabilities(self.name, output)
        return [self._best(probabilities) for probabilities in output]

    def _best(self, probabilities: NDArray[np.float32]) -> Classification:
        index = int(probabilities.argsort()[-1])
        score = float(np.around(probabilities[index], SCORE_DECIMALS))
        return Classification(index, self.labels[index], round(score, SCORE_DECIMALS))


def _labels(card: ModelCard, config: Mapping[str, Any], where: str) -> tuple[str, ...]:
    best = config["PostProcess"].get("Topk")
    listed = best.get("label_list") if isinstance(best, Mapping) else None
    if not isinstance(listed, list) or not listed:
        raise IntegrityError(f"{where} has no labels (PostProcess.Topk.label_list)")
    labels = tuple(map(str, listed))
    if card.labels and labels != card.labels:  # that of custom weights has none
        raise IntegrityError(
            f"{where} has the labels {', '.join(labels)[:200]}, but the card has {', '.join(card.labels)}"
        )
    return labels
