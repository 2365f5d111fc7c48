"""A synthetic recognition network for scripts without packaged weights: it compares shapes with a font's.

It is a session like any other (``run`` takes N x 3 x 48 x W and gives N x T x classes), so the recognizer, its CTC
and its scores are the real ones. It knows the letters it is made for and no others; what else it is shown it reads as
the nearest of them, with a low probability, as networks do. It is no match for a real network on anything but clean
print, and needs to be none: its part is to be right where it can, and unsure where it cannot.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ocrzoo.engines.base import TensorSpec

SIDE = 20
"""Pixels a side that every shape is scaled to."""
STEP = 2
"""Pixels of a line to a column of the output."""
_PARTS = 3
"""A letter has at most so many parts side by side (ы has two, some syllables of Hangul three)."""
_SPACE = 0.28
"""Gaps wider than this share of a line's height, from the top of capitals to the foot of a y, are spaces."""
_SHARPNESS = 700.0
"""The probability of a shape that is unlike by d, a mean square, is e to the power of -700 d cubed."""
_FRAMES = ((0.0, 1.0), (0.0, 0.77), (0.22, 1.0), (0.22, 0.77))
"""Which part of that height a line's ink takes: with and without letters that reach up, and that reach down."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Font:
    """A font file, and which of the fonts in it."""

    path: str
    index: int = 0


class GlyphReader:
    """Reads print in the letters that it is made for."""

    inputs: tuple[TensorSpec, ...] = (TensorSpec("x", (None, 3, 48, None)),)

    def __init__(self, letters: Sequence[str], fonts: Sequence[Font]) -> None:
        self.charset = list(letters)
        """One entry a class, blank and space left out."""
        loaded = [ImageFont.truetype(font.path, 64, index=font.index) for font in fonts]
        drawn = [_drawn(letter, font) for font in loaded for letter in letters]
        frames = [frame for font in loaded for frame in [_frame(font)] * len(letters)]
        self._shapes = np.stack([_shape(glyph) for glyph in drawn])
        self._sizes = np.stack([_size(glyph, *frame) for glyph, frame in zip(drawn, frames, strict=True)])

    def run(self, batch: Array) -> Array:
        """Read lines of print, dark on light."""
        ink = (batch.mean(axis=1) < -0.1).astype(np.uint8)
        columns = math.ceil(batch.shape[3] / STEP)
        output = np.zeros((len(batch), columns, len(self.charset) + 2), np.float32)
        output[:, :, 0] = 1
        for line, found in zip(ink, output, strict=True):
            self._read(line, found)
        return output

    def _read(self, line: NDArray[np.uint8], output: Array) -> None:
        rows = np.flatnonzero(line.any(axis=1))
        if not len(rows):
            return
        top, ink = float(rows[0]), float(rows[-1] - rows[0] + 1)
        frames = [(top - low * ink / (high - low), ink / (high - low)) for low, high in _FRAMES]
        parts = _runs(line.any(axis=0))
        glyphs = {
            (first, last): line[:, parts[first][0] : parts[last][1]]
            for first in range(len(parts))
            for last in range(first, min(first + _PARTS, len(parts)))
            if first == last or parts[last][1] - parts[first][0] < 1.2 * ink
        }
        shapes = np.stack([_shape(glyph) for glyph in glyphs.values()])
        unlike = (shapes**2).sum(axis=1)[:, None] - 2 * shapes @ self._shapes.T + (self._shapes**2).sum(axis=1)
        ways = [self._taken(parts, glyphs, unlike, top, height) for top, height in frames]
        (_, found), (_, height) = min(zip(ways, frames, strict=True), key=lambda way: way[0][0])
        previous = None
        for start, end, letter, probability in found:
            if previous is not None and start - previous > _SPACE * height:
                _put(output, (start + previous) / 2, output.shape[1] - 1, 0.99)
            _put(output, (start + end) / 2, letter, probability)
            previous = end

    def _taken(
        self,
        parts: list[tuple[int, int]],
        glyphs: dict[tuple[int, int], NDArray[np.uint8]],
        unlike: Array,
        top: float,
        height: float,
    ) -> tuple[float, list[tuple[int, int, int, float]]]:
        """The best way to take neighbouring parts for letters: its cost, and start, end, class, probability of each."""
        sizes = np.stack([_size(glyph, top, height) for glyph in glyphs.values()])
        apart = ((sizes[:, None] - self._sizes[None]) ** 2).sum(axis=2)
        whole = unlike / SIDE**2 + apart
        nearest, distance = whole.argmin(axis=1), whole.min(axis=1).clip(0)
        read = dict(zip(glyphs, zip(nearest, np.exp(-_SHARPNESS * distance**3), strict=True), strict=True))
        best: list[tuple[float, list[tuple[int, int, int, float]]]] = [(0.0, [])]
        for stop in range(1, len(parts) + 1):
            ways = []
            for first in range(max(0, stop - _PARTS), stop):
                if (first, stop - 1) not in read:
                    continue
                (place, probability), start, end = read[first, stop - 1], parts[first][0], parts[stop - 1][1]
                letter = int(place) % len(self.charset) + 1
                cost = best[first][0] - math.log(max(float(probability), 1e-6)) * (end - start)
                ways.append((cost, [*best[first][1], (start, end, letter, float(probability))]))
            best.append(min(ways, key=lambda way: way[0]))
        return best[-1]


def _shape(glyph: NDArray[np.uint8]) -> Array:
    """A shape alone, scaled to a square."""
    rows, columns = np.flatnonzero(glyph.any(axis=1)), np.flatnonzero(glyph.any(axis=0))
    cut = glyph[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    square = cv2.resize(cut * 255, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return (cv2.GaussianBlur(square, (3, 3), 0) / 255.0).ravel().astype(np.float32)


def _size(glyph: NDArray[np.uint8], top: float, height: float) -> Array:
    """Its height, width and place within the line, in heights of the line."""
    rows, columns = np.flatnonzero(glyph.any(axis=1)), np.flatnonzero(glyph.any(axis=0))
    size = (rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1, rows[0] - top)
    return np.array(size, np.float32) / np.float32(height)


def _frame(font: ImageFont.FreeTypeFont) -> tuple[float, float]:
    """The top and the height of a line of this font with letters that reach up and down."""
    rows = np.flatnonzero(_drawn("Ay", font).any(axis=1))
    return float(rows[0]), float(rows[-1] - rows[0] + 1)


def _drawn(letter: str, font: ImageFont.FreeTypeFont) -> NDArray[np.uint8]:
    picture = Image.new("L", (400, 160), 255)
    ImageDraw.Draw(picture).text((40, 20), letter, font=font, fill=0)
    return (np.asarray(picture) < 128).astype(np.uint8)


def _runs(inked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inked, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _put(output: Array, pixel: float, letter: int, probability: float) -> None:
    column = min(round(pixel / STEP), len(output) - 1)
    output[column] = 0
    output[column, letter] = probability
