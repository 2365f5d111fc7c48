"""Text recognition: a line's picture to the network's input, and its output to text (CTC)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.types import Batching, Image

MAX_WIDTH = 3200
"""Longer lines are squeezed."""

CALL_COLUMNS = 1920
"""Pixels of width, of all lines of a call together, that ``width`` fills; larger calls leave the processor's caches."""
_MOST = 1e9
"""No probability, nor what a network without its last step gives for one, is larger."""
PADDED = 1.25
"""How much wider than its narrowest line a batch of ``width`` may be."""


@dataclass(frozen=True)
class LineShape:
    """How lines are scaled: ``RecResizeImg.image_shape`` of a model's ``inference.yml``."""

    height: int = 48
    """Every line is scaled to this height, in pixels."""
    min_width: int = 320
    """No line is given to the network narrower than this; the rest is padding."""


USUAL = LineShape()
"""Of all PP-OCR models from v3 on."""


@dataclass(frozen=True)
class Line:
    """What was read, and where in the line.

    The network walks over the line's picture in columns, from left to right, and reads at most one entry of its
    charset in each. ``entries``, ``columns`` and ``probabilities`` stand in that order, one for each entry read;
    ``text`` stands in the order of reading, which is another one in Arabic.
    """

    text: str
    score: float
    """Mean probability of the characters kept, 0 where there are none."""
    entries: tuple[str, ...] = ()
    """Charset entries; most are one character, flags and some others are several."""
    columns: tuple[int, ...] = ()
    """The first column that each entry was read at, counted from 0, rising."""
    probabilities: tuple[float, ...] = ()
    """Of each entry, at that column, 0 to 1."""
    cells: float = 0.0
    """Columns that the line itself spans; those after it are padding. Not whole, since a column is several pixels."""
    order: tuple[int, ...] | None = None
    """For each code point of ``text``, the index of its entry; ``None`` where the text is the entries joined."""

    @property
    def sources(self) -> tuple[int, ...]:
        """For each code point of ``text``, the index of the entry that it comes from."""
        if self.order is not None:
            return self.order
        return tuple(index for index, entry in enumerate(self.entries) for _ in entry)


def preprocess(crops: Sequence[Image], shape: LineShape = USUAL) -> NDArray[np.float32]:
    """Return N x 3 x 48 x W float32 in -1 to 1: each line scaled to that height, all padded with 0 to the widest."""
    lines = [_resize(crop, shape) for crop in crops]
    batch = np.zeros((len(lines), 3, shape.height, max(width for _, width in lines)), np.float32)
    for row, (line, _) in enumerate(lines):
        planes = line.astype(np.float32).transpose(2, 0, 1) / 255
        batch[row, :, :, : line.shape[1]] = (planes - np.float32(0.5)) / np.float32(0.5)
    return batch


def preprocess_fixed(crops: Sequence[Image], height: int, width: int) -> NDArray[np.float32]:
    """Return N x 3 x height x width float32 in -1 to 1: each line stretched to that size, without padding."""
    lines = [cv2.resize(crop, (width, height)).transpose(2, 0, 1) for crop in crops]
    return ((np.stack(lines) / 255 - 0.5) / 0.5).astype(np.float32)  # float64 between, as in PaddleX


def _resize(crop: Image, shape: LineShape) -> tuple[Image, int]:
    """Return the line at the shape's height, and the width that it takes up in the batch."""
    height, width = crop.shape[:2]
    room = int(shape.height * max(shape.min_width / shape.height, width / height))
    if room > MAX_WIDTH:
        resized, room = cv2.resize(crop, (MAX_WIDTH, shape.height)), MAX_WIDTH
    else:
        resized = cv2.resize(crop, (min(math.ceil(shape.height * (width / height)), room), shape.height))
    return resized, room  # type: ignore[return-value]  # uint8 stays


def batches(
    crops: Sequence[Image], batch_size: int, batching: Batching = "exact", shape: LineShape = USUAL
) -> list[list[int]]:
    """Group lines by shape, since each is padded to the widest of its batch, and the padding has a say in what is read.

    Indices go from the lowest width / height to the highest. ``exact`` takes ``batch_size`` a time, as PaddleX does;
    ``width`` takes as many as fill a call of 1,920 columns and are of like width.
    """
    ratios = [crop.shape[1] / crop.shape[0] for crop in crops]
    order = sorted(range(len(crops)), key=lambda index: ratios[index])
    if batching == "exact":
        return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    widths = [min(max(shape.height * ratio, shape.min_width), MAX_WIDTH) for ratio in ratios]
    groups: list[list[int]] = []
    for index in order:
        width = widths[index]
        fits = groups and (len(groups[-1]) + 1) * width <= CALL_COLUMNS and width <= PADDED * widths[groups[-1][0]]
        if fits:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def shares(crops: Sequence[Image], shape: LineShape = USUAL) -> list[float]:
    """Return which part of the batch's width each line of :func:`preprocess` fills, 0 to 1; the rest is padding."""
    longest = MAX_WIDTH / shape.height
    ratios = [min(crop.shape[1] / crop.shape[0], longest) for crop in crops]
    widest = max(shape.min_width / shape.height, *ratios)
    return [ratio / widest for ratio in ratios]


def decode(output: NDArray[np.float32], characters: Sequence[str], filled: Sequence[float] | None = None) -> list[Line]:
    """Read the network's output, N x T x classes, by greedy CTC; class 0 is the blank.

    ``characters`` holds one entry a class, that of the blank included; ``filled`` is which part of the T columns
    each line fills, by :func:`shares`, and all of them without it.

    Raises:
        ArithmeticError: The output is not made of numbers that may be probabilities.
    """
    classes = output.argmax(axis=2)
    probabilities = np.take_along_axis(output, classes[:, :, None], axis=2)[:, :, 0]
    if not (np.abs(probabilities) < _MOST).all():  # nor is what is no number
        raise ArithmeticError("the network's output is not made of probabilities")
    cells = [output.shape[1] * part for part in filled or [1.0] * len(output)]
    return [
        _collapse(row, scores, characters, width)
        for row, scores, width in zip(classes, probabilities, cells, strict=True)
    ]


def _collapse(
    classes: NDArray[np.intp], probabilities: NDArray[np.float32], characters: Sequence[str], cells: float
) -> Line:
    kept = classes != 0
    kept[1:] &= classes[1:] != classes[:-1]
    (columns,) = kept.nonzero()
    if not columns.size:
        return Line("", 0.0, cells=cells)
    found: list[int] = classes[columns].tolist()
    entries = tuple([characters[index] for index in found])
    scores = probabilities[columns]
    return Line("".join(entries), float(scores.mean()), entries, tuple(columns.tolist()), tuple(scores.tolist()), cells)
