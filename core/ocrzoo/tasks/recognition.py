"""Text recognition: a line's picture to the network's input, and its output to text (CTC)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.tasks.quads import Image

LINE_HEIGHT = 48
"""Every line is scaled to this height."""
MIN_WIDTH = 320
"""No line is given to the network narrower than this; the rest is padding."""
MAX_WIDTH = 3200
"""Longer lines are squeezed."""


@dataclass(frozen=True)
class Line:
    """What was read."""

    text: str
    score: float
    """Mean probability of the characters kept, 0 where there are none."""


def preprocess(crops: Sequence[Image], min_width: int = MIN_WIDTH) -> NDArray[np.float32]:
    """Return N x 3 x 48 x W float32 in -1 to 1: each line scaled to height 48, all padded with 0 to the widest."""
    lines = [_resize(crop, min_width) for crop in crops]
    batch = np.zeros((len(lines), 3, LINE_HEIGHT, max(width for _, width in lines)), np.float32)
    for row, (line, _) in enumerate(lines):
        planes = line.astype(np.float32).transpose(2, 0, 1) / 255
        batch[row, :, :, : line.shape[1]] = (planes - np.float32(0.5)) / np.float32(0.5)
    return batch


def _resize(crop: Image, min_width: int) -> tuple[Image, int]:
    """Return the line at height 48, and the width that it takes up in the batch."""
    height, width = crop.shape[:2]
    room = int(LINE_HEIGHT * max(min_width / LINE_HEIGHT, width / height))
    if room > MAX_WIDTH:
        resized, room = cv2.resize(crop, (MAX_WIDTH, LINE_HEIGHT)), MAX_WIDTH
    else:
        resized = cv2.resize(crop, (min(math.ceil(LINE_HEIGHT * (width / height)), room), LINE_HEIGHT))
    return resized, room  # type: ignore[return-value]  # uint8 stays


def decode(output: NDArray[np.float32], characters: Sequence[str]) -> list[Line]:
    """Read the network's output, N x T x classes, by greedy CTC; class 0 is the blank.

    ``characters`` holds one entry a class, that of the blank included.
    """
    classes = output.argmax(axis=2)
    probabilities = np.take_along_axis(output, classes[:, :, None], axis=2)[:, :, 0]
    return [_collapse(row, scores, characters) for row, scores in zip(classes, probabilities, strict=True)]


def _collapse(classes: NDArray[np.intp], probabilities: NDArray[np.float32], characters: Sequence[str]) -> Line:
    kept = classes != 0
    kept[1:] &= classes[1:] != classes[:-1]
    if not kept.any():
        return Line("", 0.0)
    return Line("".join(characters[int(index)] for index in classes[kept]), float(probabilities[kept].mean()))
