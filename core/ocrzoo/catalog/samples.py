"""A line that each recognition model reads, from weights that are on this machine: nothing is downloaded."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ocrzoo.catalog.entries import Entry
from ocrzoo.model_loader import ModelLoader
from ocrzoo.types import Image
from ocrzoo.visualize.bidi_runs import clusters
from ocrzoo.visualize.fonts.book import VARIABLE, FontBook, PageFonts, is_visible
from ocrzoo.visualize.fonts.files import system_folders
from ocrzoo.visualize.lettering import ink_of_line, one_line
from ocrzoo_registry.errors import OcrzooError
from ocrzoo_registry.zoo import Zoo

_HEIGHT = 48
"""Pixels, as most recognition networks take lines."""
_MARGIN = 12
_WORDS = 4
_MAX_LETTERS = 40


@dataclass(frozen=True)
class Sample:
    """A drawn line and what a model read in it, or why there is none."""

    text: str = ""
    read: str = ""
    score: float = 0.0
    picture: str = ""
    """A ``data:`` address with a PNG."""
    width: int = 0
    """Pixels; the height is 48."""
    absent: str = ""

    @property
    def height(self) -> int:
        """Pixels."""
        return _HEIGHT

    @property
    def right(self) -> bool:
        """Whether the text was read as it was drawn; spaces are not compared."""
        return "".join(self.read.split()) == "".join(self.text.split())


class Sampler:
    """Draws lines and lets models read them, offline."""

    def __init__(self, zoo: Zoo) -> None:
        """``zoo`` says where the weights on this machine are."""
        offline = Zoo(replace(zoo.settings, offline=True, fetch_fonts=False))
        self._is_local = offline.local_check()
        self._loader = ModelLoader(offline)
        own = os.environ.get(VARIABLE) or None
        self._book = FontBook(own, [(str(zoo.settings.home / "fonts"),), system_folders()])

    def sample(self, entry: Entry) -> Sample:
        """Return what a recognition model reads: the names of languages that it claims, each in itself."""
        if not self._is_local(entry.card):
            return Sample(absent="The weights are not on the machine that built this catalog.")
        text = self._text(entry)
        if not text:
            return Sample(absent="The machine that built this catalog has no font for its languages.")
        image = self._drawn(text)
        try:
            predictor = self._loader.predictor(entry.card.name, entry.card.task)
            (line,) = predictor.predict([image], 1)
        except OcrzooError as error:
            return Sample(absent=f"It could not be run on the machine that built this catalog: {type(error).__name__}.")
        return Sample(text, str(line.text), float(line.score), _as_address(image), image.shape[1])

    def _text(self, entry: Entry) -> str:
        """The own names of the first languages that the charset and the fonts can write."""
        words = list(dict.fromkeys(self._names(entry)))[:_WORDS]
        while len(words) > 1 and len(" ".join(words)) > _MAX_LETTERS:
            words.pop()
        return " ".join(words)

    def _names(self, entry: Entry) -> Iterator[str]:
        written = set("".join(entry.charset or ()))
        for claim in entry.claims:
            known = claim.language.orthography
            name = one_line(known.own_name) if known else ""
            if name and (not written or written.issuperset(name.replace(" ", ""))) and self._can_draw(name):
                yield name

    def _can_draw(self, text: str) -> bool:
        fonts = self._fonts(text)
        parts = (part for part in clusters(text) if is_visible(part[0]))
        return all(fonts.of_script(part) or fonts.any(part) for part in parts)

    def _fonts(self, text: str) -> PageFonts:
        return self._book.for_texts([text])

    def _drawn(self, text: str) -> Image:
        """The line in black on white, H x W x 3, uint8, cut to its ink."""
        import numpy as np

        line = ink_of_line(text, _HEIGHT, self._fonts(text), _MARGIN)
        return np.repeat(line[:, :, None], 3, axis=2)


def _as_address(image: Image) -> str:
    from PIL import Image as PillowImage

    content = io.BytesIO()
    PillowImage.fromarray(image[:, :, 0]).quantize(16).save(content, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode("ascii")
