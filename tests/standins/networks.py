"""The numbers of the stand-ins, and what is computed with them: the same every time, on every machine.

A classifier looks at where the ink is, and at nothing else. Its classes are one random pattern, turned: by
quarter turns for pages, by half a turn for lines. So a page turned by 90 degrees is given the next class, whatever
was on it, and of ordinary pages and lines every class gets its share.

The flattener computes as UVDoc does: the page is shrunk, a coarse grid of places is predicted from it, the grid is
enlarged to the page's size, and the page is sampled there. At last edges are sharpened a little, so that beside ink
values leave 0 to 1 (UVDoc itself keeps to them, but its rule for values beyond must be tried).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

CELL = 4
"""Side of the squares of pixels that a classifier looks at, each on its own."""


@dataclass(frozen=True)
class Classifier:
    """N x 3 x H x W -> N x classes: squares, hard swish, mean over cells, pattern a class, softmax."""

    name: str
    squares: Array
    """Channels x 3 x 4 x 4, stride 4."""
    bias: Array
    """One a channel."""
    pool: int
    """Side of the cells, in squares."""
    patterns: Array
    """Classes x channels x rows x columns; each sums to 0, so that evenly spread ink says nothing."""
    leaning: Array
    """One a class: what an empty page is taken for."""


@dataclass(frozen=True)
class Flattener:
    """N x 3 x H x W -> N x 3 x H x W."""

    name: str
    small: tuple[int, int]
    """Height and width that the page is shrunk to."""
    squares: Array
    """Channels x 3 x side x side, stride side."""
    mix: Array
    """2 x channels x 1 x 1: to x and y."""
    reach: float
    """How far what is on the page moves a place of the grid, of half a page."""
    grid: Array
    """1 x 2 x rows x columns: where an empty page's places are, x and y, -1 to 1 from edge pixel to edge pixel."""
    sharpen: float
    """How much of the difference from the mean of the 3 x 3 around is added."""


def _classifier(
    name: str, seed: int, channels: int, cells: tuple[int, int], pool: int, turns: int, weight: float
) -> Classifier:
    """Draw a classifier; ``turns`` is 4 for classes of quarter turns, 2 for half turns; ``weight`` makes it sure."""
    chance = np.random.default_rng(seed)
    step = 4 // turns
    squares = chance.normal(scale=1 / 8, size=(channels, 3, CELL, CELL))
    squares = np.mean([np.rot90(squares, step * turn, (2, 3)) for turn in range(turns)], axis=0)
    pattern = chance.normal(scale=weight, size=(channels, *cells))
    pattern -= pattern.mean(axis=(1, 2), keepdims=True)
    patterns = np.stack([np.rot90(pattern, -step * turn, (1, 2)) for turn in range(turns)])
    return Classifier(
        name=name,
        squares=squares.astype(np.float32),
        bias=chance.normal(scale=1 / 8, size=channels).astype(np.float32),
        pool=pool,
        patterns=patterns.astype(np.float32),
        leaning=np.array([0.1] + [0.0] * (turns - 1), np.float32),
    )


def _flattener(seed: int, rows: int = 11, columns: int = 8, side: int = 8) -> Flattener:
    chance = np.random.default_rng(seed)
    y, x = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    swing = chance.uniform(0.5, 1.5, size=4)
    bend_x = 0.03 * np.sin(np.pi * swing[0] * y + swing[1] * x)
    bend_y = 0.02 * np.sin(np.pi * swing[2] * x + swing[3] * y)
    return Flattener(
        name="UVDoc",
        small=(rows * side, columns * side),
        squares=chance.normal(scale=1 / 16, size=(8, 3, side, side)).astype(np.float32),
        mix=chance.normal(scale=1 / 2, size=(2, 8, 1, 1)).astype(np.float32),
        reach=0.01,
        grid=np.stack([x * 0.98 + bend_x, y * 0.98 + bend_y])[None].astype(np.float32),
        sharpen=0.1,
    )


def classifiers() -> tuple[Classifier, ...]:
    """Return the stand-ins of the classifiers of pages (224 x 224) and of lines (80 x 160).

    Seeds and weights were chosen so that the pages of the tests and their lines fall into every class, clearly.
    """
    return (
        _classifier("PP-LCNet_x1_0_doc_ori", 4, channels=8, cells=(4, 4), pool=14, turns=4, weight=9),
        _classifier("PP-LCNet_x0_25_textline_ori", 11, channels=4, cells=(4, 8), pool=5, turns=2, weight=4),
        _classifier("PP-LCNet_x1_0_textline_ori", 3, channels=8, cells=(4, 8), pool=5, turns=2, weight=4),
    )


def flattener() -> Flattener:
    """Return the stand-in of UVDoc."""
    return _flattener(4)
