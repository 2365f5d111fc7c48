"""Text recognition: convert the crops of lines to the network's input, and decode its output (CTC)."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.types import Batching, Image

MAX_WIDTH = 3200
"""Wider lines are squeezed."""

CALL_COLUMNS = 1300
"""Most columns of pixels of a call, all its lines together: what larger calls compute does not fit the CPU's caches.

Measured on two cores with the rest of a page's calls between them (docs/engines.md).
"""
WIDTHS: tuple[int, ...] = (*range(64, 1024, 64), *range(1024, 2048, 128), *range(2048, MAX_WIDTH, 256), MAX_WIDTH)
"""With ``width``, lines are padded to the next of these, in pixels, and not to PaddleX's least width.

An engine compiles a network for each of them, which takes milliseconds and memory: so they are few, and closest where
most lines are. Of four models, none has an error rate on labelled pages above that of ``exact`` beyond chance
(docs/engines.md).
"""


@dataclass(frozen=True)
class LineShape:
    """How lines are scaled: ``RecResizeImg.image_shape`` of a model's ``inference.yml``."""

    height: int = 48
    """Every line is scaled to this height, in pixels."""
    min_width: int = 320
    """Narrower lines are padded to it, in pixels."""


USUAL = LineShape()
"""That of all PP-OCR models from v3 on."""


SURE = 0.9
"""Where the best class of a column has this probability, no second one is looked for."""


@dataclass(frozen=True)
class BestClasses:
    """The best class of each column of a network's output; all arrays are N x T."""

    classes: NDArray[np.intp]
    probabilities: NDArray[np.float32]
    margins: NDArray[np.float32]
    """Its probability less that of the second-best class; from a probability of 0.9 on the least that can be, 2 p - 1.
    """


def joined(parts: Sequence[BestClasses]) -> BestClasses:
    """Return the best classes of lines that were read in several calls, as of one."""
    if len(parts) == 1:
        return parts[0]
    return BestClasses(
        np.concatenate([part.classes for part in parts]),
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.margins for part in parts]),
    )


@dataclass(frozen=True)
class Alternative:
    """A reading of a line."""

    text: str
    probability: float
    """Of all ways in which the network's output gives this text, together; 0 to 1."""
    entries: tuple[str, ...] = ()
    """In visual order, as those of :class:`Line`."""
    columns: tuple[int, ...] = ()


@dataclass(frozen=True)
class Line:
    """A decoded line: its text, and where in the crop each character is.

    The network's output has columns, from left to right, with at most one entry of the charset each. ``entries``,
    ``columns`` and ``probabilities`` are in that visual order, one for each decoded entry; ``text`` is in logical
    order, which differs for right-to-left scripts.
    """

    text: str
    score: float
    """Mean probability of the characters kept, 0 where there are none."""
    entries: tuple[str, ...] = ()
    """Charset entries; most are one character, but flags, for example, are several."""
    columns: tuple[int, ...] = ()
    """The first column of each entry, from 0, ascending."""
    probabilities: tuple[float, ...] = ()
    """The probability of each entry at that column, 0 to 1."""
    cells: float = 0.0
    """Columns that the line spans, without padding; not whole, since a column is several pixels."""
    order: tuple[int, ...] | None = None
    """The index of the entry of each code point of ``text``; ``None`` if the text is the entries joined."""
    margin: float = 1.0
    """The narrowest margin of its columns (:class:`BestClasses`); it tells how easily rounding changes the text."""
    alternatives: tuple[Alternative, ...] = ()
    """Readings, this one among them, the most probable first; only if they are asked for."""
    choices: tuple[tuple[tuple[str, float], ...], ...] = ()
    """For each entry, other entries of the charset and their probabilities at its column; with ``alternatives``."""

    @property
    def sources(self) -> tuple[int, ...]:
        """The index of the entry of each code point of ``text``."""
        if self.order is not None:
            return self.order
        return tuple(index for index, entry in enumerate(self.entries) for _ in entry)


@dataclass(frozen=True)
class Call:
    """Lines that the network reads at once."""

    lines: tuple[int, ...]
    """Their indices."""
    width: int
    """Pixels that each of them is padded to."""
    ratio: float
    """The width by the height, before it was rounded to pixels."""


def preprocess(crops: Sequence[Image], shape: LineShape = USUAL, width: int | None = None) -> NDArray[np.float32]:
    """Return N x 3 x 48 x W float32 in -1 to 1: lines are scaled to that height and padded with 0.

    ``width`` is W, by default that of the widest line, or the least one.
    """
    lines = [_resize(crop, shape) for crop in crops]
    batch = np.zeros((len(lines), 3, shape.height, width or max(room for _, room in lines)), np.float32)
    for row, (line, _) in enumerate(lines):
        for plane, channel in zip(batch[row, :, :, : line.shape[1]], cv2.split(line), strict=True):
            np.divide(channel, np.float32(255), out=plane, dtype=np.float32)
            plane -= np.float32(0.5)  # noqa: PLW2901  # a view of the batch
            plane /= np.float32(0.5)  # noqa: PLW2901
    return batch


def preprocess_fixed(crops: Sequence[Image], height: int, width: int) -> NDArray[np.float32]:
    """Return N x 3 x height x width float32 in -1 to 1: lines are stretched to that size, without padding."""
    lines = [cv2.resize(crop, (width, height)).transpose(2, 0, 1) for crop in crops]
    return ((np.stack(lines) / 255 - 0.5) / 0.5).astype(np.float32)  # float64 between, as in PaddleX


def _resize(crop: Image, shape: LineShape) -> tuple[Image, int]:
    """Return the line at the shape's height, and its width in the batch with padding."""
    height, width = crop.shape[:2]
    room = int(shape.height * max(shape.min_width / shape.height, width / height))
    if room > MAX_WIDTH:
        resized, room = cv2.resize(crop, (MAX_WIDTH, shape.height)), MAX_WIDTH
    else:
        resized = cv2.resize(crop, (min(math.ceil(shape.height * (width / height)), room), shape.height))
    return resized, room  # type: ignore[return-value]  # uint8 stays


def calls(
    crops: Sequence[Image],
    batch_size: int,
    batching: Batching = "exact",
    shape: LineShape = USUAL,
    most_columns: int | None = CALL_COLUMNS,
) -> list[Call]:
    """Form the network's calls: which lines share one, and to which width they are padded, which influences the result.

    Lines are sorted by width / height, ascending. With ``exact``, ``batch_size`` of them at a time are padded to the
    widest of them, as in PaddleX; with ``width``, each line to a width that depends on itself alone, so that it reads
    the same whatever else is on the page. A call has as many lines of one width as fill ``most_columns`` pixels, or
    one; ``batch_size`` if that is ``None``.
    """

    def most(width: int) -> int:
        return batch_size if most_columns is None else max(most_columns // width, 1)

    order = sorted(range(len(crops)), key=lambda index: crops[index].shape[1] / crops[index].shape[0])
    if batching == "exact":
        groups = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
        padded = [(group, _widest([crops[index] for index in group], shape)) for group in groups]
        return [call for group, ratio in padded for call in _cut(group, _width(ratio, shape), ratio, most)]
    widths = [_own_width(crop, shape) for crop in crops]
    return [
        call
        for width, group in groupby(order, widths.__getitem__)
        for call in _cut([*group], width, width / shape.height, most)
    ]


def _widest(crops: Sequence[Image], shape: LineShape) -> float:
    """Width by height of the widest line, or of the least width."""
    ratios: list[float] = [crop.shape[1] / crop.shape[0] for crop in crops]
    return max(shape.min_width / shape.height, *ratios)


def _width(ratio: float, shape: LineShape) -> int:
    return min(int(shape.height * ratio), MAX_WIDTH)


def _own_width(crop: Image, shape: LineShape) -> int:
    """The width of a line by itself, on the grid."""
    ratio: float = crop.shape[1] / crop.shape[0]
    width = math.ceil(shape.height * ratio)
    return WIDTHS[min(bisect_left(WIDTHS, width), len(WIDTHS) - 1)]


def _cut(group: Sequence[int], width: int, ratio: float, most: Callable[[int], int]) -> list[Call]:
    """Cut a group into calls of like size, with as many lines as ``most`` says of a width."""
    count = -(-len(group) // most(width))
    cuts = [len(group) * part // count for part in range(count + 1)]
    return [Call(tuple(group[start:end]), width, ratio) for start, end in pairwise(cuts)]


def shares(crops: Sequence[Image], shape: LineShape = USUAL, ratio: float | None = None) -> list[float]:
    """Return the share of the batch's width that each line of :func:`preprocess` fills, 0 to 1, without padding.

    ``ratio`` is :attr:`Call.ratio`, by default that of the widest line, or the least one.
    """
    longest = MAX_WIDTH / shape.height
    ratios = [min(crop.shape[1] / crop.shape[0], longest) for crop in crops]
    widest = min(ratio or _widest(crops, shape), max(longest, shape.min_width / shape.height))
    return [own / widest for own in ratios]


def best_classes(output: NDArray[np.float32]) -> BestClasses:
    """Return the best class of each column of an output, N x T x classes, which is neither changed nor kept."""
    classes = output.argmax(axis=2)
    probabilities = np.take_along_axis(output, classes[:, :, None], axis=2)[:, :, 0]
    margins = 2 * probabilities - 1
    unsure = probabilities < SURE
    columns = output[unsure]
    columns[np.arange(len(columns)), classes[unsure]] = 0
    margins[unsure] = probabilities[unsure] - columns.max(axis=1)
    return BestClasses(classes, probabilities, margins)


def decode(best: BestClasses, characters: Sequence[str], filled: Sequence[float] | None = None) -> list[Line]:
    """Decode the best classes of lines by greedy CTC; class 0 is the blank.

    ``characters`` has one entry a class, the blank included; ``filled`` is the share of the T columns that each line
    fills (:func:`shares`; default: all).
    """
    count, columns = best.classes.shape
    cells = [columns * part for part in filled or [1.0] * count]
    margins: list[float] = best.margins.min(axis=1).tolist()
    return [
        _collapse(row, scores, characters, width, margin)
        for row, scores, width, margin in zip(best.classes, best.probabilities, cells, margins, strict=True)
    ]


def _collapse(
    classes: NDArray[np.intp],
    probabilities: NDArray[np.float32],
    characters: Sequence[str],
    cells: float,
    margin: float,
) -> Line:
    kept = classes != 0
    kept[1:] &= classes[1:] != classes[:-1]
    (columns,) = kept.nonzero()
    if not columns.size:
        return Line("", 0.0, cells=cells, margin=margin)
    found: list[int] = classes[columns].tolist()
    entries = tuple([characters[index] for index in found])
    scores = probabilities[columns]
    mean = float(scores.mean())
    return Line("".join(entries), mean, entries, tuple(columns.tolist()), tuple(scores.tolist()), cells, margin=margin)
