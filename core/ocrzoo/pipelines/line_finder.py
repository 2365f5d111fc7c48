"""Find the lines of a page and cut them out: on the page as it is, or enlarged, or enhanced."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo.pipelines.line_router import Crop
from ocrzoo.predictors.base import Detection, Detector
from ocrzoo.processing import geometry, gutters, hard_pages, tiles
from ocrzoo.processing.detection import DetectionParams, Regions
from ocrzoo.types import Image, Quad, Upscale

log = logging.getLogger("ocrzoo")


@dataclass(frozen=True)
class LineFinder:
    """How lines are looked for; by default, as PaddleX does."""

    upscale: Upscale = 1.0
    enhance: bool = False
    split_columns: bool = False

    def find(
        self, page: Image, detector: Detector, params: DetectionParams, most_pixels: int | None = None
    ) -> tuple[list[Crop], int]:
        """Return the lines of a page in PaddleX's order, and how many regions were not looked at.

        A page is enlarged to ``most_pixels`` at most.
        """
        crops, left_out = self._find(page, detector, params, most_pixels)
        return (_split(crops) if self.split_columns else crops), left_out

    def _find(
        self, page: Image, detector: Detector, params: DetectionParams, most_pixels: int | None
    ) -> tuple[list[Crop], int]:
        seen = hard_pages.enhanced(page) if self.enhance else page
        found = detector.predict([seen], params)[0]
        wanted = hard_pages.suggested_upscale(found.quads) if self.upscale == "auto" else self.upscale
        height, width = seen.shape[:2]
        upscale = hard_pages.bounded_upscale(wanted, height, width, most_pixels)
        if upscale == 1:
            return _crops(seen, found), found.left_out
        return _enlarged_crops(seen, found, detector, params, upscale)


def _crops(page: Image, found: Detection) -> list[Crop]:
    """Cut the lines out, in PaddleX's order; quads without an area are left out."""
    cut = [(i, geometry.crop(page, found.quads[i])) for i in geometry.paddlex_order(found.quads)]
    return [Crop(image, found.quads[i], found.scores[i]) for i, image in cut if image is not None]


def _enlarged_crops(
    page: Image, found: Detection, detector: Detector, params: DetectionParams, upscale: float
) -> tuple[list[Crop], int]:
    """Look for lines on an enlarged page too, and cut all out of the page; ``found`` is what it has as it is."""
    larger = hard_pages.enlarged(page, upscale)
    height, width = larger.shape[:2]
    scale = np.array([width / page.shape[1], height / page.shape[0]])
    small = detector.predict([larger], params)[0]
    large = [i for i, quad in enumerate(found.quads) if hard_pages.is_large(quad)]
    own = Regions([_whole(found.quads[i] * scale) for i in large], [found.scores[i] for i in large])
    both = tiles.together(own, Regions(small.quads, small.scores), height, width)
    exact = [quad / scale for quad in both.quads]
    quads = [_whole(quad) for quad in exact]
    cut = [(i, _crop(page, exact[i])) for i in geometry.paddlex_order(quads)]
    return [Crop(image, quads[i], both.scores[i]) for i, image in cut if image is not None], small.left_out


def _crop(page: Image, quad: NDArray[np.floating]) -> Image | None:
    """Cut a line out, enlarged to the height of networks unless it is higher."""
    if hard_pages.short_side(quad) >= hard_pages.NETWORK_HEIGHT:
        return geometry.crop(page, _whole(quad))
    return geometry.enlarged_crop(page, quad, hard_pages.NETWORK_HEIGHT)


def _split(crops: list[Crop]) -> list[Crop]:
    """Split lines at gutters; the parts have the score of their line."""
    found = gutters.parts([crop.quad for crop in crops], [crop.image for crop in crops])
    made = [part for crop, shares in zip(crops, found, strict=True) for part in _parts(crop, shares)]
    if len(made) == len(crops):
        return crops
    log.info("lines that were split at a gutter between columns: %d", sum(len(shares) > 1 for shares in found))
    return [made[i] for i in geometry.paddlex_order([crop.quad for crop in made])]


def _parts(crop: Crop, shares: gutters.Shares) -> list[Crop]:
    """Cut a line into parts; the pixels of each stay as they are."""
    if len(shares) == 1:
        return [crop]
    edges = np.rint(np.array(shares) * crop.image.shape[1]).astype(int).tolist()
    quads = [_whole(geometry.part_of(crop.quad, start, end)) for start, end in shares]
    images = [np.ascontiguousarray(crop.image[:, start:end]) for start, end in edges]
    return [Crop(image, quad, crop.score) for image, quad in zip(images, quads, strict=True)]


def _whole(quad: NDArray[Any]) -> Quad:
    rounded: Quad = np.rint(quad).astype(np.int16)
    return rounded
