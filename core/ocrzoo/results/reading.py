"""One line as it was read, with what it takes to say where its words are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo.results.page_text import TextLine, TextWord
from ocrzoo.tasks.quads import Quad
from ocrzoo.tasks.reading import direction_of
from ocrzoo.tasks.recognition import Line
from ocrzoo.tasks.words import Word, words_of


@dataclass(frozen=True)
class ReadLine:
    """A line, the quad it was cut out of, and whether it had been turned by 180 degrees."""

    line: Line
    quad: Quad
    flipped: bool = False

    @cached_property
    def words(self) -> list[Word]:
        """Its words, in the order of reading, with their places."""
        return words_of(self.line, self.quad, flipped=self.flipped)

    def as_text(self, scripts: Sequence[str]) -> TextLine:
        """Return it as exports see it; ``scripts`` are those of the model that read it."""
        direction = direction_of(self.line.text, self.quad, scripts)
        turns = 0
        if self.flipped and direction == "ttb":
            direction, turns = "ltr", 3  # it runs from the bottom to the top
        elif self.flipped:
            turns = 2
        words = (TextWord(word.text, _rolled(word.polygon, turns), word.score) for word in self.words)
        return TextLine(self.line.text, _rolled(self.quad, turns), self.line.score, direction, tuple(words))


def _rolled(polygon: NDArray[Any], turns: int) -> NDArray[np.float32]:
    """Let corners begin with the top left as the letters stand."""
    return np.roll(polygon, -turns, axis=0).astype(np.float32)
