"""Rotate pages and lines, and map points of a rotated or unwarped page back to the original.

Coordinates: an integer is the index of a pixel, so a point of a rotated page shows the same pixel as in the original.
Corners of boxes are between pixels instead, from 0 to the page's width or height (a box from 10 to 60 has the pixels
10 to 59); ``edges=True`` is for such points, which are mapped back exactly too.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.types import Image

Points: TypeAlias = NDArray[np.float32]
"""N x 2, float32: x and y."""

ANGLES = (0, 90, 180, 270)
"""Degrees, counter-clockwise."""

_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


def rotate(image: Image, angle: int, *, exact_as_paddlex: bool = False) -> Image:
    """Rotate an image counter-clockwise by 0, 90, 180 or 270 degrees, without loss. The result is contiguous.

    With ``exact_as_paddlex`` it is an affine warp about (width / 2, height / 2), as in PaddleX: the image is shifted
    by one pixel, which replaces a row or a column (at 180 degrees both) by black.

    Raises:
        ValueError: The angle is another one.
    """
    _check(angle)
    if angle == 0:
        return np.ascontiguousarray(image)
    if exact_as_paddlex:
        return _warp(image, angle)
    return cv2.rotate(image, _TURNS[angle])  # type: ignore[return-value]  # uint8 stays


def turn_line(image: Image, *, exact_as_paddlex: bool = False) -> Image:
    """Rotate the crop of an upside-down line by 180 degrees (see :func:`rotate`)."""
    return rotate(image, 180, exact_as_paddlex=exact_as_paddlex)


def undo_rotation(points: Points, angle: int, height: int, width: int, *, edges: bool = False) -> Points:
    """Map points of a page rotated by :func:`rotate` to the original, which is height x width.

    On a page rotated with ``exact_as_paddlex``, indices of pixels are mapped exactly with ``edges=True``.

    Raises:
        ValueError: The angle is another one.
    """
    _check(angle)
    x, y = np.asarray(points, np.float32).reshape(-1, 2).T
    right, bottom = (width, height) if edges else (width - 1, height - 1)
    back = {0: (x, y), 90: (right - y, x), 180: (right - x, bottom - y), 270: (y, bottom - x)}
    return np.stack(back[angle], axis=1).astype(np.float32)


def undo_unwarping(origin: NDArray[np.float32], points: Points, *, edges: bool = False) -> Points:
    """Map points of an unwarped page to the page before, which has the same size H x W.

    ``origin`` (H x W x 2, float32) is the source of each pixel; between pixels it is interpolated, and points
    outside are clipped to the page's border.
    """
    limit = np.array(origin.shape[1::-1]) - 1
    shift = np.float32(0.5 if edges else 0)  # a pixel's center is half a pixel from its edge
    places = np.clip(np.asarray(points, np.float32).reshape(-1, 2) - shift, -shift, limit + shift)
    low = np.clip(places.astype(np.intp), 0, np.maximum(limit - 1, 0))  # half a pixel at the border is extrapolated
    high = np.minimum(low + 1, limit)
    right, down = (places - low).T[:, :, None]
    top = origin[low[:, 1], low[:, 0]] * (1 - right) + origin[low[:, 1], high[:, 0]] * right
    bottom = origin[high[:, 1], low[:, 0]] * (1 - right) + origin[high[:, 1], high[:, 0]] * right
    back: Points = np.clip(top * (1 - down) + bottom * down + shift, 0, limit + 2 * shift).astype(np.float32)
    return back


def _check(angle: int) -> None:
    if angle not in ANGLES:
        raise ValueError(f"angle {angle}: one of {', '.join(map(str, ANGLES))} degrees is needed")


def _warp(image: Image, angle: int) -> Image:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    new_width, new_height = int(height * sine + width * cosine), int(height * cosine + width * sine)
    matrix[:, 2] += (new_width - width) / 2, (new_height - height) / 2
    return cv2.warpAffine(image, matrix, (new_width, new_height), flags=cv2.INTER_CUBIC)  # type: ignore[return-value]
