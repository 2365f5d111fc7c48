"""Drawing of results: a page beside its recognized text, and a page before and after preprocessing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from ocrzoo.processing.geometry import minimum_rectangle
from ocrzoo.types import Image
from ocrzoo.visualize.fonts.book import PageFonts, font_book
from ocrzoo.visualize.lettering import letter, one_line

Corners = NDArray[np.float32]
"""4 x 2: top left, top right, bottom right and bottom left corner of a text."""

_COLORS = (
    (228, 26, 28),
    (55, 126, 184),
    (77, 175, 74),
    (152, 78, 163),
    (255, 127, 0),
    (166, 86, 40),
    (247, 129, 191),
)
"""ColorBrewer's Set1 without its yellow and gray, RGB."""
_OPACITY = 0.35
_MAX_COORDINATE = 65_536.0
"""Coordinates are clipped to this many pixels: twice the longest side of a page."""
_MAX_OVERSAMPLING = 4
"""Text is rendered with at most this many times its visible pixels."""
_MAX_STRIPES = 64
"""A slanted box is warped into the page in at most this many pieces."""
CAPTION_PX = 25
"""Height of the caption row (PaddleX's)."""
_CAPTION_LETTERS_PX = 20
_CAPTION_SHARE = 0.075
"""Height of the row below a single image, by its width."""


def draw(page: Image, polygons: Sequence[NDArray[Any]], texts: Sequence[str]) -> PillowImage.Image:
    """Return an RGB image twice as wide as the page (BGR): the page with its polygons, and a page of their texts.

    ``polygons`` are N x 2, x and y, of any number type: four corners clockwise from the top left of the text, or more,
    of which the tightest rectangle is used. They may extend beyond the page.
    """
    height, width = page.shape[:2]
    canvas = np.full((height, width * 2, 3), 255, np.uint8)
    left, right = canvas[:, :width], canvas[:, width:]
    left[:] = page[:, :, ::-1]
    polygons = [_clipped(polygon) for polygon in polygons]
    outlines = _fill(left, polygons)
    lines = [one_line(text) for text in texts]
    fonts = font_book().for_texts(lines)
    ink = np.full((height, width), 255, np.uint8)
    for polygon, text in zip(polygons, lines, strict=True):
        if text and len(polygon) > 2:
            _write(ink, corners_of_text(polygon), text, fonts, middle=len(polygon) != 4)
    right[:] = cv2.cvtColor(ink, cv2.COLOR_GRAY2RGB)
    for half in (left, right):
        _trace(half, outlines)
    return PillowImage.fromarray(canvas)


def outlined(page: Image, polygons: Sequence[NDArray[Any]]) -> PillowImage.Image:
    """Return a page (BGR) with polygons (N x 2, x and y, any number type) drawn on it, RGB."""
    canvas = np.ascontiguousarray(page[:, :, ::-1])
    _trace(canvas, _fill(canvas, [_clipped(polygon) for polygon in polygons]))
    return PillowImage.fromarray(canvas)


def captioned(image: Image, caption: str) -> PillowImage.Image:
    """Return an image (BGR) with a line of text on white below it, RGB."""
    height, width = image.shape[:2]
    row = max(CAPTION_PX, round(width * _CAPTION_SHARE))
    canvas = np.full((height + row, width, 3), 255, np.uint8)
    canvas[:height] = image[:, :, ::-1]
    text = one_line(caption)
    canvas[height:] = letter(text, width, row, font_book().for_texts([text]))[:, :, None]
    return PillowImage.fromarray(canvas)


def _clipped(polygon: NDArray[Any]) -> NDArray[np.float64]:
    """Clip distant corners, for which OpenCV takes minutes, and replace NaN by 0."""
    corners = np.nan_to_num(np.asarray(polygon, np.float64), posinf=_MAX_COORDINATE, neginf=-_MAX_COORDINATE)
    return np.clip(corners, -_MAX_COORDINATE, _MAX_COORDINATE)


def preprocessed(
    original: Image, rotated: Image, unwarped: Image, *, angle: int, use_orientation: bool, use_unwarping: bool
) -> PillowImage.Image:
    """Return the preprocessing steps of a page (BGR each) side by side with captions, RGB on white."""
    pages = (original, rotated, unwarped)
    captions = ("Original Image", f"Rotated Image ({use_orientation}, {angle})", f"Unwarping Image ({use_unwarping})")
    fonts = font_book().for_texts(captions)
    tallest = max(page.shape[0] for page in pages)
    canvas = np.full((tallest + CAPTION_PX, sum(page.shape[1] for page in pages), 3), 255, np.uint8)
    start = 0
    for page, caption in zip(pages, captions, strict=True):
        height, width = page.shape[:2]
        canvas[:height, start : start + width] = page[:, :, ::-1]
        inset = min(10, width // 10)
        room = canvas[tallest + 2 : tallest + 2 + _CAPTION_LETTERS_PX, start + inset : start + width]
        room[:] = letter(caption, width - inset, _CAPTION_LETTERS_PX, fonts)[:, :, None]
        start += width
    return PillowImage.fromarray(canvas)


def corners_of_text(polygon: NDArray[Any]) -> Corners:
    """Return the corners between which a polygon's text is drawn.

    For more than four corners (a line on a seal) they enclose the middle of the tightest rectangle, as high as the
    polygon is thick.
    """
    if len(polygon) == 4:
        return np.asarray(polygon, np.float32)
    corners, _ = minimum_rectangle(np.asarray(polygon, np.float32))
    top_left, top_right, bottom_right, bottom_left = corners
    height = float(np.linalg.norm(bottom_left - top_left))
    cut = max(1 - thickness(polygon) / max(height, 1), 0) / 2
    down_left, down_right = (bottom_left - top_left) * cut, (bottom_right - top_right) * cut
    return np.array(
        [top_left + down_left, top_right + down_right, bottom_right - down_right, bottom_left - down_left], np.float32
    )


def thickness(polygon: NDArray[Any]) -> float:
    """Return the thickness of a band in pixels: the shorter side of a rectangle of the same area and perimeter."""
    points = np.asarray(polygon, np.float32)
    area, half = float(cv2.contourArea(points)), cv2.arcLength(points, True) / 2
    return float(half - np.sqrt(max(half * half - 4 * area, 0))) / 2


def _fill(page: NDArray[np.uint8], polygons: Sequence[NDArray[np.float64]]) -> list[NDArray[np.int32]]:
    """Fill polygons, and return their outlines in whole pixels."""
    outlines = [np.rint(polygon).astype(np.int32).reshape(-1, 1, 2) for polygon in polygons]
    outlines = [outline for outline in outlines if len(outline)]  # OpenCV crashes on empty ones
    painted = page.copy()
    for outline, color in zip(outlines, cycle(_COLORS)):
        cv2.fillPoly(painted, [outline], color)
    cv2.addWeighted(painted, _OPACITY, page, 1 - _OPACITY, 0, dst=page)
    return outlines


def _trace(page: NDArray[np.uint8], outlines: Sequence[NDArray[np.int32]]) -> None:
    for outline, color in zip(outlines, cycle(_COLORS)):
        cv2.polylines(page, [outline], True, color, 1, cv2.LINE_AA)


def _write(page: NDArray[np.uint8], corners: Corners, text: str, fonts: PageFonts, *, middle: bool) -> None:
    """Draw a text between corners on a gray page; only pixels around them change."""
    top_left, top_right, bottom_right, bottom_left = corners
    width = float(max(np.linalg.norm(top_left - top_right), np.linalg.norm(bottom_right - bottom_left)))
    height = float(max(np.linalg.norm(top_left - bottom_left), np.linalg.norm(top_right - bottom_right)))
    seen = _seen(corners, page.shape)
    if min(width, height) < 2 or seen is None:
        return
    visible = (seen[2] - seen[0]) * (seen[3] - seen[1])
    scale = min(1.0, (_MAX_OVERSAMPLING * visible / (width * height)) ** 0.5)
    label = letter(text, max(round(width * scale), 1), max(round(height * scale), 1), fonts, middle=middle)
    if _is_axis_aligned(corners):
        _paste(page, label, corners)
    else:
        _warp(page, label, corners)


def _seen(points: Corners, shape: Sequence[int]) -> tuple[int, int, int, int] | None:
    """The part of the page around points: left, top, right, bottom; ``None`` if they are outside."""
    left, top = np.maximum(np.floor(points.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(points.max(axis=0)).astype(int) + 1, (shape[1], shape[0]))
    return (int(left), int(top), int(right), int(bottom)) if left < right and top < bottom else None


def _is_axis_aligned(corners: Corners) -> bool:
    """Whether the corners form an axis-aligned rectangle in whole pixels."""
    (left, top), (right, bottom) = corners[0], corners[2]
    straight = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    return bool(left < right and top < bottom and (corners == straight).all() and (corners == np.rint(corners)).all())


def _paste(page: NDArray[np.uint8], label: NDArray[np.uint8], corners: Corners) -> None:
    left, top, right, bottom = (int(value) for value in (*corners[0], *corners[2]))
    if label.shape != (bottom - top, right - left):
        label = np.asarray(cv2.resize(label, (right - left, bottom - top)), np.uint8)
    region = page[max(top, 0) : bottom, max(left, 0) : right]
    inside = label[max(-top, 0) :, max(-left, 0) :][: region.shape[0], : region.shape[1]]
    np.minimum(region, inside, out=region)


def _warp(page: NDArray[np.uint8], label: NDArray[np.uint8], corners: Corners) -> None:
    height, width = label.shape
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    for piece in _pieces(corners):
        seen = _seen(piece, page.shape)
        if seen is None:
            continue
        left, top, right, bottom = seen
        matrix = cv2.getPerspectiveTransform(source, corners - np.array([left, top], np.float32))
        warped = cv2.warpPerspective(label, matrix, (right - left, bottom - top), borderValue=(255,))
        region = page[top:bottom, left:right]
        np.minimum(region, np.asarray(warped, np.uint8), out=region)


def _pieces(corners: Corners) -> Iterator[Corners]:
    """Cut a slanted box across its long side into pieces whose bounding boxes are not much larger than the box."""
    sides = [float(np.linalg.norm(corners[end] - corners[end - 1])) for end in (1, 2)]
    along = corners if sides[0] >= sides[1] else np.roll(corners, -1, axis=0)
    around = float(np.prod(np.ptp(corners, axis=0)))
    count = min(max(round(around / max(sides[0] * sides[1], 1) / 2), 1), _MAX_STRIPES)
    steps = np.linspace(0, 1, count + 1, dtype=np.float32)[:, None]
    one = along[0] + (along[1] - along[0]) * steps
    other = along[3] + (along[2] - along[3]) * steps
    for number in range(count):
        yield np.concatenate([one[number : number + 2], other[number : number + 2]])
