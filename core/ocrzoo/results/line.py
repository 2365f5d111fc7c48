"""One line as it was read, with what it takes to say where its words are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing.geometry import is_tall
from ocrzoo.processing.recognition import Line
from ocrzoo.results.page_text import TextLine, TextWord
from ocrzoo.text.bidi import direction_of
from ocrzoo.text.words import Word, words_of
from ocrzoo.types import Quad
from ocrzoo_registry.languages.tags import Language


@dataclass(frozen=True)
class ReadBy:
    """A model that reads lines."""

    model: str
    """Its name."""
    scripts: tuple[str, ...] = ()
    """Those that its card names, ISO 15924."""
    languages: tuple[Language, ...] = ()
    """Those that it was asked to read; none where nobody said."""


@dataclass(frozen=True)
class ReadLine:
    """A line, the quad it was cut out of, and whether it had been turned by 180 degrees."""

    line: Line
    quad: Quad
    flipped: bool = False
    by: ReadBy | None = None
    """The model that read it, where that is known."""
    language: Language | None = None
    """``None`` where nobody asked, or no letter tells."""

    @cached_property
    def words(self) -> list[Word]:
        """Its words, in the order of reading, with their places."""
        return words_of(self.line, self.quad, flipped=self.flipped)

    def as_text(self) -> TextLine:
        """Return it as exports see it.

        A tall line runs from top to bottom unless its language is never written so: then it is a line that was
        turned with its letters, clockwise, or counter-clockwise where it stood on its head.
        """
        known = self.by or ReadBy("")
        languages = known.languages if self.language is None else (self.language,)
        direction = direction_of(self.line.text, self.quad, known.scripts, languages)
        if self.flipped and direction == "ttb":
            direction = "ltr"  # it runs from the bottom to the top
        turns = 2 * self.flipped + (direction != "ttb" and is_tall(self.quad))
        words = (TextWord(word.text, _rolled(word.polygon, turns), word.score) for word in self.words)
        language = None if self.language is None else self.language.tag
        polygon = _rolled(self.quad, turns)
        return TextLine(self.line.text, polygon, self.line.score, direction, tuple(words), language)


def _rolled(polygon: NDArray[Any], turns: int) -> NDArray[np.float32]:
    """Let corners begin with the top left as the letters stand."""
    return np.roll(polygon, -turns, axis=0).astype(np.float32)
