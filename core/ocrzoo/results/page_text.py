"""The text of a page as exports see it: lines and words with their places, whatever pipeline read them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocrzoo.types import Image
from ocrzoo_registry.languages.orthography import Direction

Polygon = NDArray[np.float32]
"""N x 2, float32 pixels: x and y of the corners; of a quad: top left, top right, bottom right, bottom left, as read.

Text from left to right and from right to left stands upright between the first two corners (of a line that is upside
down, the first is on the right of the page); text from top to bottom begins at the edge between them.
"""


@dataclass(frozen=True)
class TextWord:
    """One word of a line."""

    text: str
    polygon: Polygon
    score: float


@dataclass(frozen=True)
class TextLine:
    """One line of text."""

    text: str
    """In the order of reading, whatever the direction."""
    polygon: Polygon
    score: float
    """0 to 1."""
    direction: Direction = "ltr"
    words: tuple[TextWord, ...] = ()
    """In the order of reading; empty where words were not asked for."""
    language: str | None = None
    """BCP-47, where known."""


@dataclass(frozen=True)
class TextPage:
    """One page."""

    name: str
    """What files are named after."""
    image: Image
    """H x W x 3, uint8, BGR: the picture that all places are pixels of."""
    lines: tuple[TextLine, ...]
    input_path: str | None = None
    page_index: int | None = None
    """0-based, for a page of several."""
