"""One line as it was read, with what it takes to say where its words are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

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
        return TextLine(
            self.line.text,
            self.quad.astype("float32"),
            self.line.score,
            direction_of(self.line.text, self.quad, scripts),
            tuple(TextWord(word.text, word.polygon, word.score) for word in self.words),
        )
