"""Pages on which scaling to the network's largest input would lose text: detection in tiles, in full size.

The probability maps of the tiles are joined to one map of the page before regions are looked for. So a line that
crosses a seam, at any angle, is one region, and no region is found twice.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing.detection import STRIDE, DetectionParams, Regions, limited_size, normalize
from ocrzoo.types import Image

PADDLEX_MAX_SIDE = 4000
"""PaddleX's ``max_side_limit``. Any other value was chosen, and pages are scaled to it."""

SIDE = 2048
"""Pixels: the longest side of a tile; it bounds the memory of the network."""
OVERLAP = 256
"""Pixels that neighbors share, so that each letter has its surroundings in one of them."""

LITTLE_SCALED = 0.8
"""Text that is legible is also legible at this scale."""
LARGE_SCALED = 0.4
"""At this scale it is legible if the page is a large one, since letters grow with the page: a sheet of A1 at 300 dpi
has 12 pixels for a letter of 2.5 mm then."""
LARGE_PAGE = 2000
"""Pixels of the scaled page's short side from which it is large."""
MIN_LETTER = 8
"""Pixels of a page's short side below which no text fits."""

MAX_ENLARGED = 64_000_000
"""Pixels to which a strip is enlarged at most."""

COVERED = 0.5
"""Share of a region of the scaled page that is covered by regions of the tiles if these are the same text."""


def loses_text(height: int, width: int, params: DetectionParams) -> bool:
    """Whether text of a page may be too small to be found once the page is scaled to ``max_side_limit``."""
    scale = _scale(height, width, params)
    if scale >= LITTLE_SCALED or min(height, width) < MIN_LETTER:
        return False
    return scale < LARGE_SCALED or min(limited_size(height, width, params)) * scale < LARGE_PAGE


def is_scaled(height: int, width: int, params: DetectionParams) -> bool:
    """Whether a page is scaled to ``max_side_limit``."""
    return min(height, width) >= MIN_LETTER and _scale(height, width, params) < 1


def _scale(height: int, width: int, params: DetectionParams) -> float:
    """The scale of ``max_side_limit``; 1 where it must hold, or was chosen."""
    if params.paddlex_quirks or params.input_shape is not None or params.max_side_limit != PADDLEX_MAX_SIDE:
        return 1.0
    return min(params.max_side_limit / max(limited_size(height, width, params)), 1.0)


def full_size(image: Image, params: DetectionParams) -> Image:
    """Scale a page as ``limit_side_len`` asks, without ``max_side_limit``."""
    height, width = limited_size(image.shape[0], image.shape[1], params)
    if height * width > max(MAX_ENLARGED, image.shape[0] * image.shape[1]) or (height, width) == image.shape[:2]:
        return image
    return cv2.resize(image, (width, height))  # type: ignore[return-value]  # uint8 stays


@dataclass(frozen=True)
class Span:
    """One tile's pixels along an axis: those it shows, and those that its map is used for."""

    start: int
    stop: int
    first: int
    last: int
    """The first one after those that its map is used for."""


def side_within(pixels: int | None) -> int:
    """Return the side of the largest tile that has no more pixels, a multiple of the stride."""
    return SIDE if pixels is None else min(max(math.isqrt(pixels) // STRIDE, 2 * OVERLAP // STRIDE) * STRIDE, SIDE)


def spans(length: int, side: int = SIDE) -> list[Span]:
    """Divide an axis into the fewest tiles, of about one length."""
    count = max(-(-(length - OVERLAP) // (side - OVERLAP)), 1)
    size = min(length, side)
    starts = [(length - size) * index // max(count - 1, 1) for index in range(count)]
    seams = [0, *((after + before + size) // 2 for before, after in itertools.pairwise(starts)), length]
    return [Span(start, start + size, *ends) for start, ends in zip(starts, itertools.pairwise(seams), strict=True)]


def tiles(page: Image, side: int = SIDE) -> Iterator[tuple[NDArray[np.float32], Span, Span]]:
    """Yield the network's input for each tile, with its rows and columns; the map is as large, cut at the end."""
    for rows, columns in itertools.product(spans(page.shape[0], side), spans(page.shape[1], side)):
        tile = page[rows.start : rows.stop, columns.start : columns.stop]
        below, right = (-side % STRIDE for side in tile.shape[:2])
        if below or right:
            tile = np.asarray(cv2.copyMakeBorder(tile, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)
        yield normalize(tile), rows, columns


def put(joined: NDArray[np.uint8], probability: NDArray[np.float32], rows: Span, columns: Span) -> None:
    """Put the part of a tile's map that is used into the page's map, as 0 to 255."""
    used = probability[
        rows.first - rows.start : rows.last - rows.start, columns.first - columns.start : columns.last - columns.start
    ]
    joined[rows.first : rows.last, columns.first : columns.last] = np.rint(used * 255).clip(0, 255)


def together(scaled: Regions, tiled: Regions, height: int, width: int) -> Regions:
    """Add to the regions of the tiles those of the scaled page that tiles have not found: their letters are too large.

    What the tiles found inside such letters is left out. ``height`` and ``width`` are the page's.
    """
    shrink = min(PADDLEX_MAX_SIDE / max(height, width), 1.0)
    covered = np.zeros((int(height * shrink) + 1, int(width * shrink) + 1), np.uint8)
    small = [(quad * shrink).astype(np.int32) for quad in tiled.quads]
    for quad in small:
        cv2.fillPoly(covered, [quad], (1,))
    added = [index for index, quad in enumerate(scaled.quads) if _share(covered, quad * shrink) < COVERED]
    outer = [scaled.quads[index] for index in added]
    kept = [index for index, quad in enumerate(tiled.quads) if not any(_inside(quad, one) for one in outer)]
    return replace(
        tiled,
        quads=[*(tiled.quads[index] for index in kept), *outer],
        scores=[*(tiled.scores[index] for index in kept), *(scaled.scores[index] for index in added)],
    )


def _share(covered: NDArray[np.uint8], quad: NDArray[np.floating]) -> float:
    """The share of a quad that is covered."""
    corners = quad.astype(np.int32)
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0) + 1
    mask = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(mask, [corners - (left, top)], (1,))
    return float(cv2.mean(covered[top:bottom, left:right], mask)[0])


def _inside(quad: NDArray[np.int16], outer: NDArray[np.int16]) -> bool:
    middle = quad.mean(axis=0)
    return cv2.pointPolygonTest(outer.astype(np.float32), (float(middle[0]), float(middle[1])), False) >= 0
