"""Drawing a result: the page with its quads on the left, what was read on the right."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw

from ocrzoo.results.fonts import fitting_font
from ocrzoo.tasks.quads import Image, Quad

_COLOURS = (
    (228, 26, 28),
    (55, 126, 184),
    (77, 175, 74),
    (152, 78, 163),
    (255, 127, 0),
    (166, 86, 40),
    (247, 129, 191),
)
"""ColorBrewer's Set1 without its yellow and grey, RGB."""
_OPACITY = 0.35
_TALL = 2.0
"""Text of a quad this much higher than wide is drawn downwards."""


def draw(page: Image, quads: Sequence[Quad], texts: Sequence[str]) -> PillowImage.Image:
    """Return an RGB picture twice as wide as the page (BGR)."""
    height, width = page.shape[:2]
    canvas = np.full((height, width * 2, 3), 255, np.uint8)
    left, right = canvas[:, :width], canvas[:, width:]
    left[:] = page[:, :, ::-1]
    painted = left.copy()
    for number, quad in enumerate(quads):
        cv2.fillPoly(painted, [quad.astype(np.int32)], _COLOURS[number % len(_COLOURS)])
    cv2.addWeighted(painted, _OPACITY, left.copy(), 1 - _OPACITY, 0, dst=left)
    for number, (quad, text) in enumerate(zip(quads, texts, strict=True)):
        _write(right, quad, text)
        for half in (left, right):
            cv2.polylines(half, [quad.astype(np.int32)], True, _COLOURS[number % len(_COLOURS)], 1, cv2.LINE_AA)
    return PillowImage.fromarray(canvas)


def _write(page: NDArray[np.uint8], quad: Quad, text: str) -> None:
    """Draw a text into a quad of the page; only the quad's surroundings are touched."""
    corners = quad.astype(np.float32)
    width = round(float(max(np.linalg.norm(corners[0] - corners[1]), np.linalg.norm(corners[3] - corners[2]))))
    height = round(float(max(np.linalg.norm(corners[0] - corners[3]), np.linalg.norm(corners[1] - corners[2]))))
    left, top = (max(int(value), 0) for value in corners.min(axis=0))
    right, bottom = (int(value) + 1 for value in corners.max(axis=0))
    region = page[top:bottom, left:right]
    if not text or width < 2 or height < 2 or not region.size:
        return
    label = _label(text, width, height)
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners - np.array([left, top], np.float32))
    warped = cv2.warpPerspective(
        label, matrix, (region.shape[1], region.shape[0]), flags=cv2.INTER_AREA, borderValue=(255, 255, 255)
    )
    np.minimum(region, warped, out=region, casting="unsafe")


def _label(text: str, width: int, height: int) -> NDArray[np.uint8]:
    """A white patch of the given size with the text on it."""
    tall = height > width * _TALL
    size = (height, width) if tall else (width, height)
    patch = PillowImage.new("RGB", size, "white")
    font, box = fitting_font(text, *size)
    ImageDraw.Draw(patch).text((-box[0], (size[1] - box[3] - box[1]) / 2), text, fill="black", font=font)
    drawn = np.asarray(patch)
    return np.rot90(drawn, 3) if tall else drawn
