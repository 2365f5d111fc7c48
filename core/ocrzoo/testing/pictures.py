"""Drawn pictures: lines and pages of known text, in the fonts of this machine, and pictures that are hard to bear."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ocrzoo.visualize.fonts.book import font_book
from ocrzoo.visualize.lettering import colored, ink_of_line, one_line

if TYPE_CHECKING:
    from ocrzoo.types import Image
    from ocrzoo_registry.languages.tags import Language

LINE_TASKS = frozenset({"text_recognition", "textline_orientation"})
"""Tasks that are given the crops of lines."""

TEXTS = ("Sphinx of black quartz", "The quick brown fox 17", "Pack my box with jugs 8", "Waltz, bad nymph, 2468")
"""Sentences with all letters of English, and digits; all of about one width."""
HEIGHT, WIDTH = 48, 480
"""Pixels of a line."""
PAGE_HEIGHT, PAGE_WIDTH = 320, 448
_TOPS = (32, 100, 168, 236)
_LEFT = 32

_LINES, _WORDS, _LETTERS = 2, 4, 6
"""Lines of a language, words of a line, letters of a word."""
_MARGIN = 12
"""Pixels beside the text."""

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
ORANGE, BLUE = (0, 80, 255), (255, 0, 0)
"""Paper and ink, BGR: far apart in lightness as they are, and alike in it with red and blue exchanged.

By the weights 0.299, 0.587 and 0.114 of red, green and blue: 123 and 29, and exchanged 76 and 76.
"""


def line(text: str, *, width: int | None = None, ink: Sequence[int] = BLACK, paper: Sequence[int] = WHITE) -> Image:
    """Return a drawn line, 48 x W x 3, uint8, BGR; as wide as the text needs, or padded to ``width``."""
    text = one_line(text)
    patch = ink_of_line(text, HEIGHT, font_book().for_texts([text]), _MARGIN)
    if width is not None:
        patch = np.pad(patch, ((0, 0), (0, max(width - patch.shape[1], 0))), constant_values=255)[:, :width]
    return np.ascontiguousarray(colored(patch, ink, paper).round().astype(np.uint8))


@cache
def lines() -> tuple[Image, ...]:
    """Return four lines of one size."""
    return tuple(line(text, width=WIDTH) for text in TEXTS)


@cache
def page(first: int = 0) -> Image:
    """Return a page of four lines, 320 x 448 x 3, uint8, BGR; ``first`` is the text that it begins with."""
    drawn = np.full((PAGE_HEIGHT, PAGE_WIDTH, 3), 255, np.uint8)
    for number, top in enumerate(_TOPS):
        text = line(TEXTS[(first + number) % len(TEXTS)])
        text = cv2.resize(text, None, fx=2 / 3, fy=2 / 3, interpolation=cv2.INTER_AREA).astype(np.uint8)
        drawn[top : top + text.shape[0], _LEFT : _LEFT + text.shape[1]] = text
    return drawn


def line_boxes() -> list[tuple[int, int, int, int]]:
    """Return where the ink of the lines of :func:`page` is: left, top, right, bottom."""
    drawn, boxes = page(), []
    for top in _TOPS:
        ys, xs = np.nonzero(drawn[top : top + HEIGHT, :, 0] < 128)
        boxes.append((int(xs.min()), top + int(ys.min()), int(xs.max()) + 1, top + int(ys.max()) + 1))
    return boxes


@cache
def pages() -> tuple[Image, ...]:
    """Return three pages of one size."""
    return tuple(page(first) for first in range(3))


def hard(*, of_lines: bool) -> Mapping[str, Image]:
    """Return pictures that networks may fail on, by name: sizes, blanks and noise."""
    noise = np.random.default_rng(0).integers(0, 256, (96, 640, 3), np.uint8)
    text = lines()[0] if of_lines else page()
    sizes = (
        [(1, 1), (48, 8), (4, 300), (48, 1600), (200, 40)] if of_lines else [(1, 1), (17, 500), (500, 17), (960, 64)]
    )
    found = {f"{w} x {h} pixels": cv2.resize(text, (w, h)).astype(np.uint8) for h, w in sizes}
    height, width = (48, 320) if of_lines else (96, 640)
    blanks = {name: np.full((height, width, 3), value, np.uint8) for name, value in (("white", 255), ("black", 0))}
    return {**found, **blanks, "noise": noise[:height, :width]}


def samples(language: Language, letters: Collection[str]) -> list[str]:
    """Return lines of made words with these letters of a language, in an order that only depends on the language.

    The letters are shuffled, so that a charset that is shifted by some entries reads nothing; capitals, which look like
    small letters where nothing is beside them, and marks that need a base are left out.
    """
    usable = sorted({one.lower() for one in letters if len(one) == 1 and unicodedata.category(one)[0] == "L"})
    random.Random(str(language)).shuffle(usable)  # noqa: S311  # repeatable on purpose
    usable = usable[: _LINES * _WORDS * _LETTERS]
    words = ["".join(usable[start : start + _LETTERS]) for start in range(0, len(usable), _LETTERS)]
    return [" ".join(words[start : start + _WORDS]) for start in range(0, len(words), _WORDS)]
