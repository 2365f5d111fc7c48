"""The models of a pipeline that read lines: who reads which, and in which language each line is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ocrzoo.pipelines.schema import Reader, RecognitionModule
from ocrzoo.processing.recognition import Line
from ocrzoo.text.language_id import identify, page_languages
from ocrzoo.text.routing import Router
from ocrzoo.types import Image
from ocrzoo_registry.languages.tags import Language, parse_languages

ReadLines = Callable[[int, Sequence[Image]], list[Line]]
"""Reads pictures of lines with one of the models, by its place among them."""


@dataclass(frozen=True)
class Told:
    """A line as it was read, by which of the models, and in which of its languages it is."""

    line: Line
    reader: int
    language: Language | None = None
    """``None`` where nobody asked, or no letter tells."""


class Readers:
    """Which model reads which line of a page."""

    def __init__(self, settings: RecognitionModule) -> None:
        self.settings: tuple[Reader, ...] = settings.readers
        """Of each model, the first one first."""
        self.asked = bool(settings.languages)
        """Whether it was said which languages pages are in."""

    def languages(self, reader: int) -> tuple[Language, ...]:
        """Return the languages that a model is to read; empty if none were given."""
        return self._languages[reader]

    def read(self, pictures: Sequence[Image], read: ReadLines) -> list[Told]:
        """Read the lines of a page (H x W x 3, uint8, BGR each), in their order.

        The first model reads all of them; what it does not settle, the others read too, and the best reading counts.
        """
        first = read(0, pictures)
        readers = [0] * len(first)
        lines = list(first)
        if len(self.settings) > 1:
            aspects = [picture.shape[1] / picture.shape[0] for picture in pictures]
            readings = self._readings(pictures, first, aspects, read)
            readers = self._router.best(readings, aspects)
            lines = [one[reader] for one, reader in zip(readings, readers, strict=True)]
        if not self.asked:
            return [Told(line, reader) for line, reader in zip(lines, readers, strict=True)]
        return self._with_languages(lines, readers)

    def _readings(
        self, pictures: Sequence[Image], first: Sequence[Line], aspects: Sequence[float], read: ReadLines
    ) -> list[dict[int, Line]]:
        """What each model read of each line, by its place; of the others only where they were asked."""
        readings = [{0: line} for line in first]
        rivals = [self._router.alternatives(line, aspect) for line, aspect in zip(first, aspects, strict=True)]
        for reader in range(1, len(self.settings)):
            places = [place for place, asked in enumerate(rivals) if reader in asked]
            for place, line in zip(places, read(reader, [pictures[place] for place in places]), strict=True):
                readings[place][reader] = line
        return readings

    def _with_languages(self, lines: Sequence[Line], readers: Sequence[int]) -> list[Told]:
        found = [identify(line.text, self._languages[reader]) for line, reader in zip(lines, readers, strict=True)]
        known = {one.tag: one for languages in self._languages for one in languages}
        return [
            Told(line, reader, None if tag is None else known[tag])
            for line, reader, tag in zip(lines, readers, page_languages(found), strict=True)
        ]

    @cached_property
    def _languages(self) -> tuple[tuple[Language, ...], ...]:
        return tuple(parse_languages(one.languages) if one.languages else () for one in self.settings)

    @cached_property
    def _router(self) -> Router:
        return Router(self._languages)
