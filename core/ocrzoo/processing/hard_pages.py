"""Pages that are hard to read: small letters, low contrast and noise (docs/hard-pages.md)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing.geometry import minimum_rectangle
from ocrzoo.processing.tiles import MAX_ENLARGED
from ocrzoo.types import Image, Quad

USUAL_UPSCALE = 2.0
"""That of ``auto``. On labelled pages 3 reads only letters of 4 pixels better, and with one model of four."""
SMALL_LINE = 14.0
"""Pixels of a region's short side below which its letters are small: a region is about 1.4 ems high."""
SMALL_SHARE = 0.25
"""Share of a page's lines from which ``auto`` takes small letters for more than a footnote."""
LARGE_LINE = 64.0
"""Pixels of a region's short side from which its letters may be too large to be found once they are enlarged. What is
lower and found on the page as it is only is mostly several lines of small letters in one region."""
NETWORK_HEIGHT = 48
"""Pixels that PP-OCR networks enlarge lines to: small ones are cut out so high, in one step instead of two."""
MAX_SIDE = 32_767
"""Pixels: quads are of 16 bits."""

SMOOTHED = 0.7
"""Pixels: standard deviation of the Gaussian filter that takes noise away, which contrast would raise too."""
CONTRAST = 160
"""Levels of lightness, of 255, between the darkest and the lightest of a part of a page that has enough contrast; 120
and 200 read about the same."""
MAX_GAIN = 12.0
"""By how much contrast is raised at most; with 6, fewer lines of faded pages are found."""
BLOCK = 32
"""Pixels of the side of the squares whose contrast is measured."""
NEAR = 2
"""Squares to each side that count as the same part of a page: a gap between two lines is no part of its own."""
STRIP = 512
"""Rows that are raised at once; it bounds the memory."""
DARK_PERCENT, LIGHT_PERCENT = 2, 98
"""Percentiles of lightness that are a square's darkest and lightest."""


def suggested_upscale(quads: Sequence[Quad]) -> float:
    """Return by how much a page is worth enlarging whose lines these are; without any, they may be too small."""
    small = [short_side(quad) < SMALL_LINE for quad in quads]
    return USUAL_UPSCALE if sum(small) >= SMALL_SHARE * len(small) else 1.0


def is_large(quad: Quad) -> bool:
    """Whether the letters of a region may be too large to be found once they are enlarged."""
    return short_side(quad) >= LARGE_LINE


def short_side(quad: NDArray[Any]) -> float:
    """Return how high a line is, in pixels: the short side of the tightest rectangle around its corners (4 x 2)."""
    return minimum_rectangle(quad.astype(np.float32))[1]


def bounded_upscale(upscale: float, height: int, width: int, most_pixels: int | None = None) -> float:
    """Return by how much a page can be enlarged: to :data:`MAX_ENLARGED` pixels, or fewer, and sides of 16 bits."""
    most = min(MAX_ENLARGED, most_pixels or MAX_ENLARGED)
    return max(min(upscale, math.sqrt(most / (height * width)), MAX_SIDE / max(height, width)), 1.0)


def enlarged(page: Image, upscale: float) -> Image:
    """Return a larger page, by linear interpolation; cubic and Lanczos read no better, and take longer."""
    return cv2.resize(page, None, fx=upscale, fy=upscale, interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def enhanced(page: Image) -> Image:
    """Return a page with less noise, and with more contrast in the parts that lack it; the others keep theirs."""
    lab = np.asarray(cv2.cvtColor(cv2.GaussianBlur(page, (0, 0), SMOOTHED), cv2.COLOR_BGR2LAB), np.uint8)
    dark, light = _extremes(lab[..., 0])
    for top in range(0, lab.shape[0], STRIP):
        rows = slice(top, top + STRIP)
        lab[rows, :, 0] = _raised(lab[rows, :, 0], dark[rows].astype(np.float32), light[rows].astype(np.float32))
    return cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)  # type: ignore[return-value]  # uint8 stays


def _raised(lightness: NDArray[np.uint8], dark: NDArray[np.float32], light: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Spread what is between dark and light, where that is little; it moves no further than needed to fit."""
    gain = np.clip(CONTRAST / np.maximum(light - dark, 1), 1, MAX_GAIN)
    reach = np.minimum((light - dark) * gain / 2, 127.5)
    middle = (light + dark) / 2
    found = np.clip(middle, reach, 255 - reach) + (lightness - middle) * gain
    raised: NDArray[np.uint8] = np.rint(found).clip(0, 255).astype(np.uint8)
    return raised


def _extremes(lightness: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return how dark and how light the surroundings of each pixel are, H x W each."""
    height, width = lightness.shape
    below, right = -height % BLOCK, -width % BLOCK
    padded = np.asarray(cv2.copyMakeBorder(lightness, 0, below, 0, right, cv2.BORDER_REPLICATE))
    rows, columns = padded.shape[0] // BLOCK, padded.shape[1] // BLOCK
    squares = padded.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2).reshape(rows, columns, -1)
    dark, light = np.rint(np.percentile(squares, (DARK_PERCENT, LIGHT_PERCENT), axis=2)).astype(np.uint8)
    side = 2 * NEAR + 1
    near = np.ones((side, side), np.uint8)
    found = [cv2.blur(one, (side, side)) for one in (cv2.erode(dark, near), cv2.dilate(light, near))]
    dark, light = (np.asarray(cv2.resize(one, padded.shape[::-1]), np.uint8)[:height, :width] for one in found)
    return dark, light
