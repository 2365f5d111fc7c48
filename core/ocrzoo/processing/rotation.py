"""Turning pages and lines upright, and the way back: from a turned or flattened page into the original.

Coordinates: a whole number is the index of a pixel, so a point of a turned page shows the pixel that it showed
before. Corners of boxes lie between pixels instead, from 0 to the page's width or height (a box from 10 to 60 has
the pixels 10 to 59); points that are such corners are marked by ``edges=True``, and come back exact as well.
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
    """Turn an image counter-clockwise by 0, 90, 180 or 270 degrees; no pixel is lost. The result is contiguous.

    With ``exact_as_paddlex`` the turn is an affine warp about (width / 2, height / 2), as in PaddleX: everything
    is off by one pixel, which costs a row or a column (by 180 degrees both) and leaves black in its stead.

    Raises:
        ValueError: Another angle.
    """
    _check(angle)
    if angle == 0:
        return np.ascontiguousarray(image)
    if exact_as_paddlex:
        return _warp(image, angle)
    return cv2.rotate(image, _TURNS[angle])  # type: ignore[return-value]  # uint8 stays


def turn_line(image: Image, *, exact_as_paddlex: bool = False) -> Image:
    """Turn the picture of a line of text that stands on its head by 180 degrees (see :func:`rotate`)."""
    return rotate(image, 180, exact_as_paddlex=exact_as_paddlex)


def undo_rotation(points: Points, angle: int, height: int, width: int, *, edges: bool = False) -> Points:
    """Return where points of a page turned by :func:`rotate` were on the original, which is height x width.

    On a page turned with ``exact_as_paddlex``, indices of pixels come back right with ``edges=True``.

    Raises:
        ValueError: Another angle.
    """
    _check(angle)
    x, y = np.asarray(points, np.float32).reshape(-1, 2).T
    right, bottom = (width, height) if edges else (width - 1, height - 1)
    back = {0: (x, y), 90: (right - y, x), 180: (right - x, bottom - y), 270: (y, bottom - x)}
    return np.stack(back[angle], axis=1).astype(np.float32)


def through(origin: NDArray[np.float32], points: Points, *, edges: bool = False) -> Points:
    """Return where points of a flattened page were on the page before, both of which are H x W.

    ``origin`` (H x W x 2, float32) says it for each pixel; between pixels it is interpolated, and what lies
    outside is brought to the page's border.
    """
    limit = np.array(origin.shape[1::-1]) - 1
    shift = np.float32(0.5 if edges else 0)  # a pixel's center is half a pixel from its edge
    places = np.clip(np.asarray(points, np.float32).reshape(-1, 2) - shift, -shift, limit + shift)
    low = np.clip(places.astype(np.intp), 0, np.maximum(limit - 1, 0))  # half a pixel of border is extrapolated
    high = np.minimum(low + 1, limit)
    right, down = (places - low).T[:, :, None]
    top = origin[low[:, 1], low[:, 0]] * (1 - right) + origin[low[:, 1], high[:, 0]] * right
    bottom = origin[high[:, 1], low[:, 0]] * (1 - right) + origin[high[:, 1], high[:, 0]] * right
    back: Points = np.clip(top * (1 - down) + bottom * down + shift, 0, limit + 2 * shift).astype(np.float32)
    return back


def _check(angle: int) -> None:
    if angle not in ANGLES:
        raise ValueError(f"angle {angle}: a page is turned by {', '.join(map(str, ANGLES))} degrees")


def _warp(image: Image, angle: int) -> Image:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    new_width, new_height = int(height * sine + width * cosine), int(height * cosine + width * sine)
    matrix[:, 2] += (new_width - width) / 2, (new_height - height) / 2
    return cv2.warpAffine(image, matrix, (new_width, new_height), flags=cv2.INTER_CUBIC)  # type: ignore[return-value]
