"""Text detection: resize and normalize a page; convert a probability map to quads (DB)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import pyclipper
from numpy.typing import NDArray

from ocrzoo.processing.geometry import minimum_rectangle
from ocrzoo.types import Image, Quad

STRIDE = 32
"""The sides of the network's input are multiples of it."""
SMALL_PAGE = 64
"""A page whose sides add up to less is first padded to 32 x 32."""
MIN_SIDE = 3.0
"""Pixels of the map: narrower regions are dropped; after unclipping, those narrower than this + 2."""
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""ImageNet's RGB statistics, which PP-OCR detection applies to BGR channels in this order."""

MAX_REGIONS = 100_000
"""The most regions of a page that are looked at. It bounds the time that a page of noise takes; a result that it cuts
says so."""

_CLIPPER: Any = pyclipper  # a compiled module without type information


@dataclass(frozen=True)
class DetectionParams:
    """The parameters of detection; names and meaning are those of PaddleX's ``text_det_*``."""

    limit_side_len: int = 64
    limit_type: Literal["min", "max", "resize_long"] = "min"
    """``min``: enlarge until the short side has ``limit_side_len``; ``max``: shrink until the long side has."""
    max_side_limit: int = 4000
    """Longest side of the network's input."""
    thresh: float = 0.3
    """A pixel above this is text."""
    box_thresh: float = 0.6
    """A region whose mean probability is below this is dropped."""
    unclip_ratio: float = 1.5
    """Regions are expanded by area x ratio / perimeter."""
    max_candidates: int = 1000
    """Most regions of a page in PaddleX, which drops the others, the top of the page first."""
    input_shape: tuple[int, int, int] | None = None
    """Channels, height and width that every page is stretched to, instead of the limits."""
    paddlex_quirks: bool = False
    """Whether ``max_candidates`` and ``max_side_limit`` hold even where text is lost."""


@dataclass(frozen=True)
class Regions:
    """The text of a probability map."""

    quads: list[Quad]
    """In the page's pixels."""
    scores: list[float]
    """Mean probability inside each quad, 0 to 1."""
    left_out: int = 0
    """Regions of the map that were not looked at."""


def input_size(height: int, width: int, params: DetectionParams) -> tuple[int, int]:
    """Return height and width of the network's input for a page."""
    if params.input_shape is not None:
        return params.input_shape[1], params.input_shape[2]
    height, width = limited_size(height, width, params)
    if max(height, width) > params.max_side_limit:
        ratio = params.max_side_limit / max(height, width)
        height, width = int(height * ratio), int(width * ratio)
    return _to_stride(height), _to_stride(width)


def limited_size(height: int, width: int, params: DetectionParams) -> tuple[int, int]:
    """Return a page's height and width after ``limit_side_len``, before ``max_side_limit``."""
    limit = params.limit_side_len
    if params.limit_type == "max":
        ratio = limit / max(height, width) if max(height, width) > limit else 1.0
    elif params.limit_type == "min":
        ratio = limit / min(height, width) if min(height, width) < limit else 1.0
    else:
        ratio = limit / max(height, width)
    return int(height * ratio), int(width * ratio)


def _to_stride(side: int) -> int:
    return max(round(side / STRIDE) * STRIDE, STRIDE)


def scaled(image: Image, params: DetectionParams) -> Image:
    """Return a BGR page at the size of the network's input, whose sides are multiples of the stride."""
    height, width = image.shape[:2]
    if height + width < SMALL_PAGE:
        padded = np.zeros((max(STRIDE, height), max(STRIDE, width), 3), np.uint8)
        padded[:height, :width] = image
        image = padded
    target = input_size(image.shape[0], image.shape[1], params)
    if target == image.shape[:2]:
        return image
    return cv2.resize(image, target[::-1])  # type: ignore[return-value]  # uint8 stays


def preprocess(image: Image, params: DetectionParams) -> NDArray[np.float32]:
    """Return the network's input, 1 x 3 x H x W float32, for a BGR page."""
    return normalize(scaled(image, params))


def normalize(image: Image) -> NDArray[np.float32]:
    """Return the network's input, 1 x 3 x H x W float32, for BGR pixels whose sides are multiples of the stride."""
    planes = np.empty((1, 3, *image.shape[:2]), np.float32)
    for plane, channel, mean, std in zip(planes[0], cv2.split(image), MEAN, STD, strict=True):
        np.multiply(channel, np.float32(1 / 255.0 / std), out=plane, dtype=np.float32)
        plane += np.float32(-mean / std)  # noqa: PLW2901  # a view of the result
    return planes


def postprocess(
    probability: NDArray[np.float32] | NDArray[np.uint8], page_height: int, page_width: int, params: DetectionParams
) -> Regions:
    """Convert a probability map to quads; it is H x W, 0 to 1, or 0 to 255 if its values are bytes."""
    one = 255 if probability.dtype == np.uint8 else 1
    mask = (probability > (params.thresh if one == 1 else int(params.thresh * one))).view(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    height, width = probability.shape
    scale = (page_width / width, page_height / height)
    kept = _within_bounds(contours, params)
    quads: list[Quad] = []
    scores: list[float] = []
    for contour in kept:
        corners, side = minimum_rectangle(contour)
        if side < MIN_SIDE:
            continue
        score = _mean_inside(probability, corners) / one
        if params.box_thresh > score:
            continue
        outline = _grow(corners, params.unclip_ratio)
        if outline is None:
            continue
        grown, side = minimum_rectangle(outline)
        if side < MIN_SIDE + 2:
            continue
        quads.append(_to_page(grown, scale, page_width, page_height))
        scores.append(score)
    return Regions(quads, scores, len(contours) - len(kept))


def _within_bounds(contours: Sequence[cv2.typing.MatLike], params: DetectionParams) -> Sequence[cv2.typing.MatLike]:
    """Return the contours that are looked at. OpenCV's are in the order of their lowest rows, from the bottom up."""
    if params.paddlex_quirks:
        return contours[: params.max_candidates]
    return contours[max(len(contours) - MAX_REGIONS, 0) :]


def _mean_inside(probability: NDArray[np.float32] | NDArray[np.uint8], corners: NDArray[np.float32]) -> float:
    """Mean probability inside a quad, over the pixels that ``cv2.fillPoly`` paints for its truncated corners."""
    height, width = probability.shape
    left, right = (min(max(bound, 0), width - 1) for bound in _bounds(corners[:, 0]))
    top, bottom = (min(max(bound, 0), height - 1) for bound in _bounds(corners[:, 1]))
    mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    shifted = (corners - np.array([left, top], np.float32)).astype(np.int32)
    cv2.fillPoly(mask, [shifted], (1,))
    return float(cv2.mean(probability[top : bottom + 1, left : right + 1], mask)[0])


def _bounds(values: NDArray[np.float32]) -> tuple[int, int]:
    return math.floor(values.min()), math.ceil(values.max())


def _grow(corners: NDArray[np.float32], ratio: float) -> NDArray[np.int32] | None:
    """Expand a quad by area x ratio / perimeter, with round corners; ``None`` if the result is empty."""
    distance = cv2.contourArea(corners) * ratio / cv2.arcLength(corners, True)
    offset = _CLIPPER.PyclipperOffset()
    offset.AddPath(corners.tolist(), _CLIPPER.JT_ROUND, _CLIPPER.ET_CLOSEDPOLYGON)
    paths = offset.Execute(distance)
    return np.array(paths[0], np.int32).reshape(-1, 1, 2) if paths else None


def _to_page(corners: NDArray[np.float32], scale: tuple[float, float], width: int, height: int) -> Quad:
    """Scale corners to the page's pixels, rounded half to even and clipped to the page's edges."""
    edges = (width, height)
    return np.array(
        [[min(max(round(float(point[axis]) * scale[axis]), 0), edges[axis]) for axis in (0, 1)] for point in corners],
        np.int16,
    )
