"""Geometry of text on a page: clipped polygons, bounding boxes and oriented boxes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing.geometry import minimum_rectangle
from ocrzoo.results.page_text import Polygon, TextPage
from ocrzoo_registry.languages.orthography import Direction

Points = NDArray[np.float64]
"""N x 2, float64 pixels: x and y, finite and within the page; N is at least 1."""

_TOLERANCE_PX = 1.0
"""Largest distance of a quad's corners from its bounding box at which the quad counts as upright."""


@dataclass(frozen=True)
class Box:
    """An axis-aligned box in whole pixels; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top


@dataclass(frozen=True)
class OrientedBox:
    """A rotated rectangle of text."""

    start: tuple[float, float]
    """x and y of the bottom corner at the start of the text."""
    length: float
    """Along the text, in pixels."""
    height: float
    """Across the text, in pixels."""
    angle: float
    """Rotation of the text, in degrees counter-clockwise: above -180, up to 180."""


def page_size(page: TextPage) -> tuple[int, int]:
    """Return width and height in pixels."""
    height, width = page.image.shape[:2]
    return width, height


def clipped_points(polygon: Polygon, page: TextPage) -> Points:
    """Return a polygon's corners clipped to its page; NaN becomes 0."""
    corners = np.nan_to_num(np.asarray(polygon, np.float64).reshape(-1, 2), posinf=1e9, neginf=-1e9)
    return np.clip(corners, 0, page_size(page)) if len(corners) else np.zeros((1, 2))


def bounding_box(corners: Points) -> Box:
    """Return the axis-aligned box around corners."""
    left, top = (int(value) for value in np.floor(corners.min(axis=0)))
    right, bottom = (int(value) for value in np.ceil(corners.max(axis=0)))
    return Box(left, top, right, bottom)


def union(boxes: Iterable[Box]) -> Box:
    """Return the box around one or more boxes."""
    found = list(boxes)
    return Box(
        min(one.left for one in found),
        min(one.top for one in found),
        max(one.right for one in found),
        max(one.bottom for one in found),
    )


def is_upright(corners: Points) -> bool:
    """Whether four corners form an axis-aligned box, in any order."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    nearest = np.minimum(np.abs(corners - low), np.abs(corners - high))
    return len(corners) == 4 and bool((nearest <= _TOLERANCE_PX).all())


def oriented_box(corners: Points, direction: Direction = "ltr") -> OrientedBox:
    """Return the oriented box of a quad, or of the tightest rectangle around another polygon.

    Vertical text runs along the left edge: a quarter turn clockwise from its quad.
    """
    quad = corners if len(corners) == 4 else minimum_rectangle(corners.astype(np.float32))[0].astype(np.float64)
    top_left, top_right, bottom_right, bottom_left = np.roll(quad, -1, axis=0) if direction == "ttb" else quad
    along = ((top_right - top_left) + (bottom_right - bottom_left)) / 2
    across = ((bottom_left - top_left) + (bottom_right - top_right)) / 2
    angle = 0.0 if not along.any() else math.degrees(math.atan2(-along[1], along[0]))
    if is_upright(quad):
        angle = 90.0 * round(angle / 90)
    x, y = (float(value) for value in bottom_left)
    return OrientedBox((x, y), math.hypot(*along), math.hypot(*across), 180.0 if angle <= -180 else angle + 0.0)


def format_points(corners: Points, inner: str, outer: str) -> str:
    """Return all corners in whole pixels, with separators within (``inner``) and between points (``outer``)."""
    return outer.join(f"{round(x)}{inner}{round(y)}" for x, y in corners.tolist())
