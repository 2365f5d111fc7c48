"""The regions of a label for detection: what is wrong with their points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

_LEAST = 4
"""Corners."""
_MOST = 1000
"""Corners: each side is compared with all others, which takes minutes for 20,000."""
_LEAST_AREA = 1.0
"""Pixels: PaddleOCR ignores regions below it (``MakeShrinkMap.validate_polygons``)."""

_Point = Sequence[float]


def faults_of_region(region: Mapping[str, Any], width: int, height: int) -> str:
    """Return what is wrong with a region of a page of this size in pixels, or an empty text."""
    points = region.get("points")
    if not isinstance(region.get("transcription"), str):
        return "no transcription, or one that is no text"
    if not isinstance(points, list) or not all(_is_point(point) for point in points):
        return "no points, or some that are not [x, y]"
    if not _LEAST <= len(points) <= _MOST:
        return f"{len(points)} points, {_LEAST} to {_MOST} are needed"
    if outside := next((point for point in points if not (0 <= point[0] <= width and 0 <= point[1] <= height)), None):
        return f"{outside} is outside of the picture, {width} x {height} pixels"
    if _crosses_itself(points):
        return f"its sides cross: {points}"
    return f"it has no area: {points}" if abs(_area(points)) < _LEAST_AREA else ""


def turns_left(region: Mapping[str, Any]) -> bool:
    """Whether the points of a valid region run counter-clockwise, as they are seen."""
    return _area(region["points"]) < 0


def _is_point(point: object) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(
            isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf for value in point
        )
    )


def _area(points: Sequence[_Point]) -> float:
    """The area by the shoelace formula: positive if points run clockwise, where y grows downwards."""
    following = [*points[1:], points[0]]
    return sum(one[0] * other[1] - other[0] * one[1] for one, other in zip(points, following, strict=True)) / 2


def _crosses_itself(points: Sequence[_Point]) -> bool:
    sides = list(zip(points, [*points[1:], points[0]], strict=True))
    last = len(sides) - 1
    return any(
        _cross(*sides[one], *sides[other])
        for one, other in combinations(range(len(sides)), 2)
        if other - one > 1 and (one, other) != (0, last)  # neighbors share a corner
    )


def _cross(a: _Point, b: _Point, c: _Point, d: _Point) -> bool:
    """Whether two sides cross, each between the ends of the other."""
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: _Point, b: _Point, point: _Point) -> float:
    return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])
