"""A recognized line: its text, its place on the page, and the model and language that it was read with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing.geometry import is_tall
from ocrzoo.processing.recognition import Line
from ocrzoo.results.page_text import Polygon, TextLine
from ocrzoo.text.words import Character, Word, characters_of, words_of
from ocrzoo.types import Quad
from ocrzoo_registry.languages.orthography import Direction
from ocrzoo_registry.languages.tags import Language


@dataclass(frozen=True)
class RecognizedLine:
    """One line of a page."""

    line: Line
    """Text and score, and where in the line each character is."""
    quad: Quad
    """What the line was cut out of."""
    flipped: bool = False
    """Whether the crop was turned by 180 degrees before it was read."""
    direction: Direction = "ltr"
    """How the text runs, as of :func:`ocrzoo.text.bidi.direction_of`."""
    model: str | None = None
    """The model that read it, by name."""
    language: Language | None = None
    """``None`` where no languages were chosen, or no letter belongs to one of them."""

    @cached_property
    def words(self) -> list[Word]:
        """Its words, in reading order, with their places."""
        return words_of(self.line, self.quad, flipped=self.flipped)

    @property
    def characters(self) -> list[Character]:
        """Its characters, in reading order, with their places."""
        return characters_of(self.line, self.quad, flipped=self.flipped)

    @property
    def placed(self) -> tuple[Polygon, Direction]:
        """The polygon as read, and the direction in it.

        A tall line runs from top to bottom unless its language is never written so: then it was turned with its
        letters, clockwise, or counter-clockwise where it is upside down.
        """
        # an upside-down tall line runs from bottom to top
        direction = "ltr" if self.flipped and self.direction == "ttb" else self.direction
        return _rolled(self.quad, self._turns(direction)), direction

    def as_text(self, *, scores: bool = False) -> TextLine:
        """Return the line for exports, whose words have the score of each character with ``scores``."""
        polygon, direction = self.placed
        turns = self._turns(direction)
        words = tuple(
            replace(word, polygon=_rolled(word.polygon, turns), scores=word.scores if scores else ())
            for word in self.words
        )
        return TextLine(
            self.line.text,
            polygon,
            self.line.score,
            direction,
            words,
            self.language.tag if self.language else None,
        )

    def _turns(self, direction: Direction) -> int:
        """By how many corners the polygon as read is ahead of the quad."""
        return 2 * self.flipped + (direction != "ttb" and is_tall(self.quad))


def _rolled(polygon: NDArray[Any], turns: int) -> Polygon:
    """Reorder corners to begin with the top left one, as the letters stand."""
    return np.roll(polygon, -turns, axis=0).astype(np.float32)
