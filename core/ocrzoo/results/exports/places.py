"""Where text stands on its page: polygons made safe, and the numbers that formats describe them by."""

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

_NEAR = 1.0
"""A quad whose corners are no further from an upright box's counts as one, in pixels."""


@dataclass(frozen=True)
class Box:
    """An upright box in whole pixels; right and bottom lie outside."""

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
class Frame:
    """A quad as a rectangle that text runs along."""

    start: tuple[float, float]
    """x and y of the corner below the first letter."""
    length: float
    """Along the text, in pixels."""
    height: float
    """Across the text, in pixels."""
    angle: float
    """Degrees counter-clockwise that the text is turned by: above -180, up to 180."""


def size(page: TextPage) -> tuple[int, int]:
    """Return width and height in pixels."""
    height, width = page.image.shape[:2]
    return width, height


def points(polygon: Polygon, page: TextPage) -> Points:
    """Return a polygon's corners within its page; what is no number becomes 0."""
    corners = np.nan_to_num(np.asarray(polygon, np.float64).reshape(-1, 2), posinf=1e9, neginf=-1e9)
    return np.clip(corners, 0, size(page)) if len(corners) else np.zeros((1, 2))


def box(corners: Points) -> Box:
    """Return the upright box around corners."""
    left, top = (int(value) for value in np.floor(corners.min(axis=0)))
    right, bottom = (int(value) for value in np.ceil(corners.max(axis=0)))
    return Box(left, top, right, bottom)


def around(boxes: Iterable[Box]) -> Box:
    """Return the box around at least one box."""
    found = list(boxes)
    return Box(
        min(one.left for one in found),
        min(one.top for one in found),
        max(one.right for one in found),
        max(one.bottom for one in found),
    )


def is_box(corners: Points) -> bool:
    """Whether four corners are those of an upright box, whichever comes first."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    nearest = np.minimum(np.abs(corners - low), np.abs(corners - high))
    return len(corners) == 4 and bool((nearest <= _NEAR).all())


def frame(corners: Points, direction: Direction = "ltr") -> Frame:
    """Return how text runs in a quad; of another polygon the tightest rectangle is taken, as if read upright.

    Text from top to bottom runs along the left edge: turned clockwise by a quarter from what its quad says.
    """
    quad = corners if len(corners) == 4 else minimum_rectangle(corners.astype(np.float32))[0].astype(np.float64)
    top_left, top_right, bottom_right, bottom_left = np.roll(quad, -1, axis=0) if direction == "ttb" else quad
    along = ((top_right - top_left) + (bottom_right - bottom_left)) / 2
    across = ((bottom_left - top_left) + (bottom_right - top_right)) / 2
    angle = 0.0 if not along.any() else math.degrees(math.atan2(-along[1], along[0]))
    if is_box(quad):
        angle = 90.0 * round(angle / 90)
    x, y = (float(value) for value in bottom_left)
    return Frame((x, y), math.hypot(*along), math.hypot(*across), 180.0 if angle <= -180 else angle + 0.0)


def joined(corners: Points, inner: str, outer: str) -> str:
    """Return x and y of all corners in whole pixels, with one separator within and one between points."""
    return outer.join(f"{round(x)}{inner}{round(y)}" for x, y in corners.tolist())
