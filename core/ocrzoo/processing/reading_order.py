"""Reading order: the order in which a person reads the lines of a page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing.columns import FULL, FULL_DOWN, Boxes, split_articles, split_columns, split_running_heads
from ocrzoo.processing.rows import by_rows

_SQUARE_DEG = 10.0
"""A line this close to the page's direction, or to the right angle with it, counts as exactly so."""
_UNEVEN = 0.3
"""Share of a level line's thickness by which one end of its box may be lower: a p there, and a T at the other end."""


@dataclass(frozen=True)
class Lines:
    """What the order of a page's N lines depends on."""

    polygons: NDArray[np.float32]
    """N x 4 x 2 pixels: corners from the top left one, as the letters stand."""
    runs_down: NDArray[np.bool_]
    """N: whether the text runs from top to bottom, letter under letter."""
    characters: NDArray[np.int_]
    """N: how many characters each has."""
    from_right: NDArray[np.int_]
    """N: letters that run from right to left, less those that run from left to right."""


def reading_order(lines: Lines) -> list[int]:
    """Return the indices of lines in reading order.

    Directions are relative to the text: a page that is on its side, upside down or tilted is ordered as if it were
    straight, and one of vertical text by columns from the right. Rows go by the size of lines; a row whose letters run
    from the right is read from there.
    """
    boxes = straightened(lines)
    mirrored = lines.from_right.sum() > 0
    if mirrored:
        boxes = np.stack([-boxes[:, 2], boxes[:, 1], -boxes[:, 0], boxes[:, 3]], axis=1)
    opposed = lines.from_right if not mirrored else -lines.from_right
    order: list[int] = []
    heads, between, feet = split_running_heads(boxes)
    everywhere = (-np.inf, np.inf)
    vertical = lines.characters[lines.runs_down].sum() * 2 > lines.characters.sum()
    full = FULL_DOWN if vertical else FULL
    pending = [(part, *everywhere) for part in (*reversed(feet), between, *reversed(heads))]
    while pending:
        part, ceiling, floor = pending.pop()
        articles = split_articles(boxes[part])
        if articles is not None:
            upper, lower = (part[piece] for piece in articles)
            seam = (boxes[upper, 3].max() + boxes[lower, 1].min()) / 2
            pending += [(lower, seam, floor), (upper, ceiling, seam)]
            continue
        pieces = split_columns(boxes[part], ceiling, floor, full)
        if pieces is None:
            order.extend(part[by_rows(boxes[part], opposed[part])].tolist())
            continue
        above, left, right, below = (part[piece] for piece in pieces)
        columns = boxes[np.concatenate([left, right])]
        parts = (
            (above, ceiling, columns[:, 1].min()),
            (left, *everywhere),
            (right, *everywhere),
            (below, columns[:, 3].max(), floor),
        )
        pending.extend(one for one in reversed(parts) if len(one[0]))
    return order


def straightened(lines: Lines) -> Boxes:
    """Return the boxes of lines after the page is turned so that most of its text is level and runs to the right."""
    corners = lines.polygons.astype(np.float64)
    edges = np.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 3]]).mean(axis=0)
    sides = np.stack([corners[:, 3] - corners[:, 0], corners[:, 2] - corners[:, 1]]).mean(axis=0)
    along = np.where(lines.runs_down[:, None], sides, edges)
    length = np.hypot(*along.T)
    thickness = np.hypot(*np.where(lines.runs_down[:, None], edges, sides).T)
    angles = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    turn = _main_angle(angles, length * (lines.characters - 1).clip(0), _doubt(length, thickness))
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    middles = corners.mean(axis=1) @ np.array([[cos, -sin], [sin, cos]])
    off = (angles - turn) % 180
    nearest = np.round(off / 90) * 90
    off = np.radians(np.where(np.abs(off - nearest) < _SQUARE_DEG, nearest, off))
    cos, sin = np.abs(np.cos(off)), np.abs(np.sin(off))
    halves = np.stack([length * cos + thickness * sin, length * sin + thickness * cos], axis=1) / 2
    return np.concatenate([middles - halves, middles + halves], axis=1)


def _doubt(length: NDArray[np.float64], thickness: NDArray[np.float64]) -> float:
    """Return the tilt, in degrees, that the letters of level lines may feign: a few short lines prove none."""
    return float(np.degrees(_UNEVEN * np.median(thickness) / max(length.sum(), 1.0))) if len(length) else 0.0


def _main_angle(angles: NDArray[np.float64], weights: NDArray[np.float64], doubt: float) -> float:
    """Return the median angle, in degrees, of the lines within 45 degrees of the most frequent quarter turn.

    If it differs from that quarter turn by no more than ``doubt``, the page counts as straight.
    """
    if not weights.any():
        return 0.0
    quarters = np.round(angles / 90).astype(int) % 4
    quarter = int(np.bincount(quarters, weights, 4).argmax())
    chosen = (quarters == quarter) & (weights > 0)
    deviations = (angles[chosen] - 90 * quarter + 180) % 360 - 180
    order = np.argsort(deviations)
    passed = np.cumsum(weights[chosen][order])
    tilt = float(deviations[order][np.searchsorted(passed, passed[-1] / 2)])
    return 90 * quarter + (tilt if abs(tilt) > doubt else 0.0)
