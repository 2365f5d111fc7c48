"""Pages of one language: its texts, and lines that hold all its letters, drawn with Debian's Noto fonts.

The same language makes the same pages each time.
"""

from __future__ import annotations

import random
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from bench.noto import font
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ocrzoo_registry.languages.orthography import Orthography

WIDTH, HEIGHT, MARGIN = 1240, 1754, 70
"""Pixels: A4 at 150 an inch."""
SIZE, LINE = 30, 58
"""Pixels: an em, and from one line to the next."""
COLUMNS = {"Hans": 30, "Hant": 30, "Jpan": 30}
"""Characters a line of scripts with wide ones."""
USUAL_COLUMNS = 58
OCCURRENCES = 6
"""How often each letter occurs in the synthetic lines; half as often where there are thousands."""


@dataclass(frozen=True)
class Drawn:
    """A line of a page; pixels from its top."""

    text: str
    top: int = 0
    bottom: int = 0


@cache
def texts(name: str = "texts.tsv") -> dict[str, list[str]]:
    """Return the texts of a file beside this one, by language."""
    found: dict[str, list[str]] = {}
    for line in Path(__file__).with_name(name).read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            tag, _, text = line.split("\t")
            found.setdefault(tag, []).append(text)
    return found


def letter_lines(orthography: Orthography) -> list[str]:
    """Return synthetic words that contain every letter of a language several times; capitals begin words."""
    chance = random.Random(orthography.tag)
    wide = orthography.script in COLUMNS
    times = OCCURRENCES // 3 if wide else OCCURRENCES
    small = sorted(letter for letter in orthography.letters if len(letter) == 1) * times
    chance.shuffle(small)
    if wide:
        return ["".join(small)]
    vowels = [letter for letter in "aeiou" if letter in orthography.letters] or small
    words = [f"{chance.choice(small)}{letter}{chance.choice(vowels)}{chance.choice(small)}" for letter in small]
    capitals = sorted(letter for letter in orthography.capitals if len(letter) == 1) * times
    chance.shuffle(capitals)
    names = [f"{letter}{chance.choice(vowels)}{chance.choice(small)}{chance.choice(vowels)}" for letter in capitals]
    mixed = [*words, *names]
    chance.shuffle(mixed)
    return [" ".join(mixed)]


def lines_of(paragraphs: Sequence[str]) -> list[Drawn]:
    """Break texts into lines."""
    wide = any(ord(letter) >= 0x2E80 for letter in paragraphs[0])
    if wide:
        width = min(COLUMNS.values())
        cut = [text[start : start + width] for text in paragraphs for start in range(0, len(text), width)]
    else:
        cut = [line for text in paragraphs for line in textwrap.wrap(text, USUAL_COLUMNS, break_on_hyphens=False)]
    return [Drawn(line) for line in cut]


def pages(drawn: Sequence[Drawn], tag: str) -> Iterator[tuple[NDArray[np.uint8], list[Drawn]]]:
    """Yield pages (H x W x 3, uint8, BGR) with the lines that stand on them; every other line has serifs."""
    fit = (HEIGHT - 2 * MARGIN) // LINE
    for start in range(0, len(drawn), fit):
        paper = Image.new("RGB", (WIDTH, HEIGHT), "white")
        pen = ImageDraw.Draw(paper)
        placed = []
        for row, line in enumerate(drawn[start : start + fit]):
            top = MARGIN + row * LINE
            pen.text((MARGIN, top + LINE // 2), line.text, font=font(tag, row % 2, SIZE), fill="black", anchor="lm")
            placed.append(Drawn(line.text, top, top + LINE))
        yield np.asarray(paper)[:, :, ::-1].copy(), placed
