"""Lines and pages whose text is known: rendered from what a model's charset has, or given by the user."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np

from ocrzoo.types import Image
from ocrzoo.visualize.fonts.book import font_book
from ocrzoo.visualize.lettering import colored, ink_of_line, one_line

_TEXTS = Path(__file__).with_name("texts.tsv")
_HEIGHT = 64
"""Pixels of a rendered line."""
_MARGIN = 10
_MOST = 3
"""Texts that a model is tried with."""
_SPREAD = 3
"""Lines of characters from all over the dictionary, which find where its entries are shifted."""
_SPREAD_LENGTH = 8

Color = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """How a line is rendered: ink and paper, BGR."""

    ink: Color
    paper: Color
    noise: float = 0.0


LOOKS = (
    Look((20, 20, 20), (255, 255, 255)),
    Look((235, 235, 235), (40, 40, 40)),
    Look((120, 120, 120), (210, 210, 210), 5),
    # As bright as each other where red and blue are exchanged, by the weights of luma (0.114, 0.587, 0.299 of B, G, R).
    Look((136, 60, 30), (60, 60, 230), 3),
    Look((20, 90, 220), (96, 90, 20), 3),
)
"""Dark on light, light on dark, faint, and two whose contrast depends on the order of the channels."""


@dataclass(frozen=True)
class Sample:
    """A line and its text."""

    image: Image
    """H x W x 3, uint8, BGR."""
    text: str | None
    """``None``: it is not known."""


def texts_for(charset: Collection[str], scripts: Sequence[str]) -> list[str]:
    """Return texts that a charset can write and the fonts of this machine can draw; those of the scripts first."""
    known = {letter for entry in charset for letter in entry}
    rows = (line.split("\t") for line in _TEXTS.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    fit = [(script, text) for script, text in rows if not known or set(text) - {" "} <= known]
    fit.sort(key=lambda row: (row[0] not in scripts, row[0] == "Zyyy"))
    drawable = [text for _, text in fit if _is_drawable(text)]
    return drawable[:_MOST] or [text for text in _spread(charset, 1) if text]


def rendered_lines(charset: Sequence[str], scripts: Sequence[str]) -> list[Sample]:
    """Return a line for each of the looks, and some with characters from all over the dictionary."""
    texts = texts_for(charset, scripts)
    lines = [*zip(cycle(texts), LOOKS), *((text, LOOKS[0]) for text in _spread(charset, _SPREAD))] if texts else []
    return [Sample(render(text, look), text) for text, look in lines]


def _spread(charset: Collection[str], lines: int) -> list[str]:
    """Letters and digits at like distances in the dictionary, as words."""
    letters = [one for one in dict.fromkeys(charset) if len(one) == 1 and one.isalnum()]
    wanted = lines * _SPREAD_LENGTH
    count = min(4 * wanted, len(letters))
    places: list[int] = np.linspace(0, len(letters) - 1, count, dtype=int).tolist()
    drawable = [letters[place] for place in places if _is_drawable(letters[place])]
    chosen = drawable[:: max(len(drawable) // wanted, 1)][:wanted]
    words = ("".join(chosen[start : start + _SPREAD_LENGTH]) for start in range(0, len(chosen), _SPREAD_LENGTH))
    return [word for word in words if word]


def _is_drawable(text: str) -> bool:
    return font_book().can_draw(text)


def render(text: str, look: Look, height: int = _HEIGHT) -> Image:
    """Return a line of text (H x W x 3, uint8, BGR), cut to its ink with a margin, a little blurred."""
    text = one_line(text)
    strip = ink_of_line(text, height, font_book().for_texts([text]), _MARGIN)
    mixed = colored(cv2.GaussianBlur(strip, (0, 0), 0.6).astype(np.uint8), look.ink, look.paper)
    if look.noise:
        mixed += np.random.default_rng(0).normal(0, look.noise, mixed.shape)
    return np.clip(mixed, 0, 255).astype(np.uint8)
