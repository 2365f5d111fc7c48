"""The predictor: the encoder looks at the lines once, the decoder then writes one character of each a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo import Image, Line, ModelSession
from ocrzoo_registry import ModelCard

HEIGHT, WIDTH, DEPTH = 32, 160, 64
"""Pixels of a line, and numbers that the decoder remembers: those of ``training/network.py``."""
END = 0
"""The class that ends a line, and that the decoder is given first."""
MOST = 32
"""Characters of a line: a decoder that never ends is ended."""


class AttentionReader:
    """Reads lines; it knows no columns, so words have no places."""

    thread_safe = True
    """It keeps nothing between calls, and sessions are thread-safe."""

    def __init__(self, card: ModelCard, config: Mapping[str, Any], session: ModelSession) -> None:
        """The charset is the ``character_dict`` of ``config``; the networks are those that the card names."""
        self.characters = ["", *config["PostProcess"]["character_dict"]]
        self.encoder, self.decoder = session.networks["encoder"], session.networks["decoder"]

    def predict(self, crops: Sequence[Image]) -> list[Line]:
        """Read a batch of lines; ocrzoo gives at most as many as the pipeline's batch size."""
        pixels = np.stack([scaled(crop) for crop in crops])[:, np.newaxis]
        features = self.encoder.run_named({"pixels": pixels})["features"]
        last, state = np.full(len(crops), END), np.zeros((len(crops), DEPTH), np.float32)
        ended, texts, scores = np.zeros(len(crops), bool), [""] * len(crops), np.zeros(len(crops))
        lengths = np.zeros(len(crops))
        for _ in range(MOST):
            found = self.decoder.run_named({"features": features, "last": last, "state": state})
            last, state = found["next"], found["state_after"]
            ended |= last == END
            if ended.all():
                break
            for index in np.flatnonzero(~ended):
                texts[index] += str(self.characters[last[index]])
            scores += np.where(ended, 0, found["probability"])
            lengths += ~ended
        means = scores / np.maximum(lengths, 1)
        return [Line(text, float(score)) for text, score in zip(texts, means, strict=True)]


def scaled(crop: Image) -> NDArray[np.uint8]:
    """Scale a line to 32 pixels of height, 32 x 160, gray; what is left on the right repeats its last column."""
    width = min(max(round(crop.shape[1] * HEIGHT / crop.shape[0]), 1), WIDTH)
    gray = cv2.resize(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), (width, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.pad(gray, ((0, 0), (0, WIDTH - width)), mode="edge")
