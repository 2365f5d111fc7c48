"""The text model for exports: pages, lines and words with polygons, independent of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocrzoo.inputs.page import Origin
from ocrzoo.processing.blocks import Paragraph
from ocrzoo.text.words import Word
from ocrzoo.types import Image
from ocrzoo_registry.languages.orthography import Direction

Polygon = NDArray[np.float32]
"""N x 2, float32 pixels: x and y of the corners; of a quad: top left, top right, bottom right, bottom left, as read.

Horizontal text has its top edge between the first two corners (of an upside-down line, the first is on the right of
the page); vertical text begins at that edge.
"""


@dataclass(frozen=True)
class TextLine:
    """One line of text."""

    text: str
    """In logical order, for each direction."""
    polygon: Polygon
    score: float
    """0 to 1."""
    direction: Direction = "ltr"
    words: tuple[Word, ...] = ()
    """In logical order; empty if the result has no words."""
    language: str | None = None
    """BCP-47; ``None`` if it is not known."""


@dataclass(frozen=True)
class TextPage:
    """One page."""

    name: str
    """The stem of its files."""
    image: Image
    """H x W x 3, uint8, BGR: the image that all polygons are in."""
    lines: tuple[TextLine, ...]
    """In reading order (with ``paddlex_quirks``, in PaddleX's)."""
    input_path: str | None = None
    page_index: int | None = None
    """From 0, for files with several pages."""
    origin: Origin | None = None
    """The file that the image was read from, for formats that keep its content; ``None`` for arrays."""
    turned: int = 0
    """Degrees counter-clockwise, a multiple of 90, by which the image must be turned for its text to be upright."""
    paragraphs: tuple[Paragraph, ...] = ()
    """By the indices of ``lines``; empty if they are not wanted."""


@dataclass(frozen=True)
class UnreadPage:
    """A page that could not be read; formats that keep its content need not leave it out."""

    name: str
    origin: Origin
    page_index: int | None = None
