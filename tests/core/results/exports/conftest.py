"""Pages to export: drawn words whose places are known, text of many scripts, and text that means harm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo.text.words import Word
from ocrzoo_registry.languages.orthography import Direction

HEIGHT = 40
"""Of every line drawn, in pixels."""
LETTER = 16
"""Pixels of a letter's width."""


class Sheet:
    """A white page to put lines on: each word is drawn as a block of ink, and its place kept."""

    def __init__(self, width: int = 1000, height: int = 800) -> None:
        self.image = np.full((height, width, 3), 255, np.uint8)
        self.lines: list[TextLine] = []

    def put(
        self,
        text: str,
        at: tuple[float, float],
        *,
        angle: float = 0,
        direction: Direction = "ltr",
        words: bool = True,
        language: str | None = None,
    ) -> Sheet:
        """Put a line with its top left corner (as read) there, turned counter-clockwise by degrees."""
        spelled = text.split(" ")
        ends = np.cumsum([len(word) + 1 for word in spelled]) * LETTER
        length = float(ends[-1] - LETTER)
        spans = [
            (float(end) - (len(word) + 1) * LETTER, float(end) - LETTER)
            for word, end in zip(spelled, ends, strict=True)
        ]
        if direction == "rtl":
            spans = [(length - end, length - start) for start, end in spans]
        places = [self._quad(at, start, end, angle, direction) for start, end in spans]
        for place in places:
            cv2.fillPoly(self.image, [place.round().astype(np.int32)], (90, 60, 30))
        found = tuple(Word(word, place, 0.9) for word, place in zip(spelled, places, strict=True))
        whole = self._quad(at, 0, length, angle, direction)
        self.lines.append(TextLine(text, whole, 0.95, direction, found if words else (), language))
        return self

    @staticmethod
    def _quad(at: tuple[float, float], start: float, end: float, angle: float, direction: Direction) -> Any:
        if direction == "ttb":
            corners = np.array([[0, start], [HEIGHT, start], [HEIGHT, end], [0, end]])
        else:
            corners = np.array([[start, 0], [end, 0], [end, HEIGHT], [start, HEIGHT]])
        turn = np.radians(angle)
        turned = corners @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        return (turned + at).astype(np.float32)

    def page(self, name: str = "page", **parts: Any) -> TextPage:
        """The page as drawn."""
        return TextPage(name, self.image, tuple(self.lines), **parts)


@pytest.fixture
def sheet() -> Callable[..., Sheet]:
    """Makes a page to put lines on."""
    return Sheet


@pytest.fixture
def many() -> TextPage:
    """A page with lines that lie and run in every way."""
    drawn = Sheet()
    drawn.put("The quick brown fox", (60, 40), language="en")
    drawn.put("jumps over the lazy dog", (60, 100), words=False, language="en")
    drawn.put("tilted by twenty", (500, 300), angle=20, language="en")
    drawn.put("from bottom to top", (20, 700), angle=90, language="en")
    drawn.put("from top to bottom", (980, 300), angle=-90, language="en")
    drawn.put("standing on its head", (900, 760), angle=180, language="en")
    drawn.put("مرحبا بالعالم العربي", (100, 400), direction="rtl", language="ar")
    drawn.put("縦書きの文字", (850, 320), direction="ttb", words=False, language="ja")
    drawn.put("你好 🙂👍 𝔘", (100, 500), language="zh")
    return drawn.page(input_path="folder/page.png")


HOSTILE = (
    "]]></span><script>alert('1')</script>",
    "\"quotes\" and 'quotes' & <tags/>",
    "nothing\x00 \x01\x02\x1b[31m \ufffe\uffff \x7f\x85",
    "half \ud800 of a pair \udcff",
    "tab\tnew\nline\r\nfeed\fbreak\u2028paragraph\u2029",
    "over \u202eride\u202c \u200b\u200f\ufeff",
    "(string) Tj ET \\) [<0041>] % endstream",
    "&#0; &#xD800; &lol;",
    "combining e\u0301\u0301 \U000e0041 \U0010ffff",
    "long " * 2000,
)


@pytest.fixture
def hostile() -> TextPage:
    """A page of texts, places, scores and names that nobody means well with."""
    wild: Sequence[NDArray[np.float32]] = [
        np.array(corners, np.float32)
        for corners in (
            [[np.nan, 0], [10, np.inf], [-np.inf, 5], [7, 7]],
            [[-50, -50], [5000, -50], [5000, 5000], [-50, 5000]],
            [[5, 5], [5, 5], [5, 5], [5, 5]],
            [[0, 0], [90, 0], [90, 0], [0, 0]],
            [[3, 3]],
            [[0, 0], [50, 10], [60, 40], [30, 60], [5, 30]],
            [[9, 9], [1, 1]],
        )
    ]
    scores = [np.nan, -1.0, 2.0, np.inf, 0.5]
    lines = [
        TextLine(
            text,
            wild[i % len(wild)],
            scores[i % len(scores)],
            "rtl" if i % 3 else "ttb",
            (Word(text, wild[(i + 1) % len(wild)], scores[i % len(scores)]), Word(" ", wild[0], 1)) * (i % 2),
            'en" onload="x',
        )
        for i, text in enumerate(HOSTILE)
    ]
    empty = TextLine("none", np.empty((0, 2), np.float32), 0.5)
    image = np.zeros((120, 160, 3), np.uint8)
    return TextPage('n"<\x00>\udcff', image, (*lines, empty), 'a "b"; <c>\n\udcff.png', 0)


@pytest.fixture
def detailed(sheet: Callable[..., Sheet]) -> TextPage:
    """A page whose first word has the score of each character, and what else it might be."""
    page = sheet().put("z0o <b>\t&", (10, 20)).put("plain", (10, 100)).page()
    first, *others = page.lines
    word, *words = first.words
    doubtful = replace(word, scores=(1.0, 0.5, 0.97), alternatives=(("zoo", 0.4), ("<z>", 0.01)))
    return replace(page, lines=(replace(first, words=(doubtful, *words)), *others))
