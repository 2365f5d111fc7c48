"""Route the lines of a page to recognition models: each line goes to the model that reads its language."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ocrzoo.decoding import PLAIN, Decoding
from ocrzoo.pipelines.schema import Reader, RecognitionModule
from ocrzoo.pipelines.turned_lines import Reading, turn_doubtful
from ocrzoo.predictors.base import Recognizer
from ocrzoo.processing.geometry import is_tall
from ocrzoo.processing.recognition import Line
from ocrzoo.results.line import RecognizedLine
from ocrzoo.text.bidi import direction_of, in_logical_order
from ocrzoo.text.language_id import identify, page_languages
from ocrzoo.text.routing import Router
from ocrzoo.types import Batching, Image, Quad
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.languages.tags import Language

log = logging.getLogger("ocrzoo")

_without_words: set[str] = set()
"""Models that were warned of."""


@dataclass(frozen=True)
class Crop:
    """One line of a page, cut out."""

    image: Image
    """Turned upright where ``flipped``."""
    quad: Quad
    score: float
    """The detection's."""
    flipped: bool = False
    """Whether the line is upside down on the page."""


class LineRouter:
    """Reads the lines of a page, each with the model that reads its language."""

    def __init__(self, settings: RecognitionModule, batching: Batching | None, *, paddlex_quirks: bool = False) -> None:
        """With ``paddlex_quirks``, right-to-left text is in PaddleX's order, and long lines are squeezed."""
        self.readers: tuple[Reader, ...] = settings.readers
        """The settings of each model; the first one reads all lines."""
        self.by_language = bool(settings.languages)
        """Whether languages were chosen: then each line has one."""
        self._batching: Batching | None = batching
        self._quirks = paddlex_quirks
        self._languages = [one.languages for one in self.readers]
        self._router = Router(self._languages)

    def read(
        self,
        crops: Sequence[Crop],
        recognizers: Sequence[Recognizer],
        *,
        turn: bool = False,
        decoding: Decoding = PLAIN,
    ) -> list[RecognizedLine]:
        """Read crops with the models of :attr:`readers`, one recognizer each; lines come in the order of the crops.

        With ``turn``, lines read with doubt are read upside down too (:mod:`.turned_lines`). ``decoding`` is what is
        known of the lines.

        Raises:
            UsageError: A model cannot make use of ``decoding``.
        """
        images = [crop.image for crop in crops]
        found = self._best_readings(images, recognizers, decoding)
        if turn:
            tall = [is_tall(crop.quad) for crop in crops]
            turned = turn_doubtful(images, tall, found, lambda again: self._best_readings(again, recognizers, decoding))
            crops = [replace(crop, flipped=crop.flipped != one) for crop, one in zip(crops, turned, strict=True)]
        return [
            self._recognized(crop, line, reader, language, recognizers[reader])
            for crop, (line, reader), language in zip(crops, found, self._identify(found), strict=True)
        ]

    def _best_readings(
        self, images: Sequence[Image], recognizers: Sequence[Recognizer], decoding: Decoding
    ) -> list[Reading]:
        """Each line's best reading, and which model it is by; the others read what the first does not settle."""
        first = self._recognize(0, images, recognizers, decoding)
        if len(self.readers) == 1:
            return [(line, 0) for line in first]
        aspects = [image.shape[1] / image.shape[0] for image in images]
        readings = [{0: line} for line in first]
        rivals = [self._router.alternatives(line, aspect) for line, aspect in zip(first, aspects, strict=True)]
        for reader in range(1, len(self.readers)):
            places = [place for place, asked in enumerate(rivals) if reader in asked]
            lines = self._recognize(reader, [images[place] for place in places], recognizers, decoding)
            for place, line in zip(places, lines, strict=True):
                readings[place][reader] = line
        readers = self._router.best(readings, aspects)
        return [(lines_by[reader], reader) for lines_by, reader in zip(readings, readers, strict=True)]

    def _recognize(
        self, reader: int, images: Sequence[Image], recognizers: Sequence[Recognizer], decoding: Decoding
    ) -> list[Line]:
        settings, recognizer = self.readers[reader], recognizers[reader]
        more: dict[str, Any] = {"squeeze": True} if self._quirks and getattr(recognizer, "squeezes", False) else {}
        if decoding != PLAIN:
            if not getattr(recognizer, "decodes", False):
                raise UsageError(f"{recognizer.name} cannot use {', '.join(decoding.names)}: its decoder is its own")
            more["decoding"] = decoding
        lines = recognizer.predict(
            images,
            settings.batch_size,
            batching=self._batching or _favoured(recognizer),
            input_shape=settings.input_shape,
            **more,
        )
        if not self._quirks:
            return lines
        return [line if line.order is None else in_logical_order(line, as_paddlex=True) for line in lines]

    def _identify(self, lines: Sequence[Reading]) -> list[Language | None]:
        """The language of each line, among those of the model that read it."""
        if not self.by_language:
            return [None] * len(lines)
        found = [identify(line.text, self._languages[reader]) for line, reader in lines]
        known = {language.tag: language for languages in self._languages for language in languages}
        return [None if tag is None else known[tag] for tag in page_languages(found)]

    def _recognized(
        self, crop: Crop, line: Line, reader: int, language: Language | None, recognizer: Recognizer
    ) -> RecognizedLine:
        languages = self._languages[reader] if language is None else (language,)
        direction = direction_of(line.text, crop.quad, recognizer.scripts, languages)
        return RecognizedLine(line, crop.quad, crop.flipped, direction, recognizer.name, language)


def _favoured(recognizer: Recognizer) -> Batching:
    """The batching that a recognizer was loaded for; PaddleX's for one of a plugin, which does not say."""
    return getattr(recognizer, "batching", "exact")


def warn_of_missing_words(lines: Sequence[RecognizedLine]) -> list[str]:
    """Return a sentence for each model whose lines have no words, since it does not know columns; log each once."""
    models = [read.model for read in lines if read.model and read.line.text.strip() and not read.line.columns]
    warnings = {
        model: f"{model} does not say where in a line its characters are: its lines are whole, but have no words"
        for model in models
    }
    for model in warnings.keys() - _without_words:
        _without_words.add(model)
        log.warning("%s", warnings[model])
    return [*warnings.values()]
