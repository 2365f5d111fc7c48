"""Quads: order of corners, PaddleX's order of lines, and cropping."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.types import Image, Quad

SAME_LINE_PX = 10
"""Boxes whose tops differ by less are on one line (PaddleX, ``SortQuadBoxes``)."""

TALL_RATIO = 1.5
"""A crop at least this much higher than wide is rotated, as vertical text (PaddleX, ``CropByPolys``)."""


def minimum_rectangle(points: cv2.typing.MatLike) -> tuple[NDArray[np.float32], float]:
    """Return the tightest rotated rectangle's corners (4 x 2 float32, clockwise from top left) and its short side."""
    rectangle = cv2.minAreaRect(points)
    left_to_right = sorted(cv2.boxPoints(rectangle), key=lambda point: float(point[0]))
    left, right = left_to_right[:2], left_to_right[2:]
    top_left, bottom_left = left if left[1][1] > left[0][1] else left[::-1]
    top_right, bottom_right = right if right[1][1] > right[0][1] else right[::-1]
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32), min(rectangle[1])


def paddlex_order(quads: Sequence[Quad]) -> list[int]:
    """Return the indices of quads from top to bottom, and left to right within a line (PaddleX, ``SortQuadBoxes``).

    It is the order of a result's arrays; that of its text is :func:`.reading_order.reading_order`.
    """
    order = sorted(range(len(quads)), key=lambda i: (int(quads[i][0][1]), int(quads[i][0][0])))
    for last in range(len(order) - 1):
        for j in range(last, -1, -1):
            here, below = quads[order[j]][0], quads[order[j + 1]][0]
            if abs(int(below[1]) - int(here[1])) < SAME_LINE_PX and below[0] < here[0]:
                order[j], order[j + 1] = order[j + 1], order[j]
            else:
                break
    return order


def upright_rectangle(quad: Quad) -> tuple[NDArray[np.float32], int, int]:
    """Return the rectangle that is cropped for a quad: corners as in :func:`minimum_rectangle`, width and height."""
    corners, _ = minimum_rectangle(quad.astype(np.int32))
    width, height = _sides(corners)
    return corners, int(width), int(height)


def part_of(quad: Quad, start: float, end: float) -> NDArray[np.float64]:
    """Return the part of a quad's rectangle between two shares of its length, 4 x 2: down it if it is tall."""
    corners = upright_rectangle(quad)[0].astype(np.float64)
    head, tail = ([0, 1], [3, 2]) if is_tall(quad) else ([0, 3], [1, 2])
    part = corners.copy()
    part[head] = corners[head] + start * (corners[tail] - corners[head])
    part[tail] = corners[head] + end * (corners[tail] - corners[head])
    return part


def _sides(corners: NDArray[np.float32]) -> tuple[float, float]:
    top_left, top_right, bottom_right, bottom_left = corners
    width = max(np.linalg.norm(top_left - top_right), np.linalg.norm(bottom_right - bottom_left))
    height = max(np.linalg.norm(top_left - bottom_left), np.linalg.norm(top_right - bottom_right))
    return float(width), float(height)


def is_tall(quad: Quad) -> bool:
    """Whether a quad's crop is rotated: it is at least 1.5 times as high as wide."""
    _, width, height = upright_rectangle(quad)
    return width > 0 and height / width >= TALL_RATIO


def crop(image: Image, quad: Quad) -> Image | None:
    """Crop a quad of a page, deskewed; ``None`` if it has no area.

    Cubic interpolation, borders replicated; a crop at least 1.5 times as high as wide is rotated
    counter-clockwise by 90 degrees.
    """
    corners, width, height = upright_rectangle(quad)
    if width == 0 or height == 0:
        return None
    warped = _warped(image, corners, width, height, cv2.INTER_CUBIC)
    return np.rot90(warped) if height / width >= TALL_RATIO else warped


def enlarged_crop(image: Image, quad: NDArray[np.floating], height: int) -> Image | None:
    """Crop a line of a page, deskewed and enlarged to a height in one step; ``None`` if it has no area.

    ``quad`` is 4 x 2, parts of pixels count. Linear interpolation, otherwise as :func:`crop`.
    """
    corners, _ = minimum_rectangle(quad.astype(np.float32))
    width, high = _sides(corners)
    if min(width, high) < 1:
        return None
    tall = high / width >= TALL_RATIO
    scale = height / (width if tall else high)
    warped = _warped(image, corners, max(round(width * scale), 1), max(round(high * scale), 1), cv2.INTER_LINEAR)
    return np.rot90(warped) if tall else warped


def _warped(image: Image, corners: NDArray[np.float32], width: int, height: int, interpolation: int) -> Image:
    upright = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    return cv2.warpPerspective(  # type: ignore[return-value]  # uint8 stays
        image,
        cv2.getPerspectiveTransform(corners, upright),
        (width, height),
        flags=interpolation,
        borderMode=cv2.BORDER_REPLICATE,
    )


def bounding_boxes(quads: Sequence[Quad]) -> NDArray[np.int16]:
    """Return the upright boxes around quads, N x 4 int16: x_min, y_min, x_max, y_max."""
    if not quads:
        return np.empty((0, 4), np.int16)
    stacked = np.stack(quads)
    return np.concatenate([stacked.min(axis=1), stacked.max(axis=1)], axis=1).astype(np.int16)
