"""Words of a line and their polygons on the page, for every script, rotation and direction.

Words follow UAX #29: punctuation, ideographs and hiragana are words of their own. In addition, a grapheme cluster is
never split, and text of scripts without spaces between words (Thai, Lao, Khmer, Burmese: line breaking class SA) is
kept together, since segmenting it takes a dictionary and the default rule yields single syllables.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import regex
from numpy.typing import NDArray

from ocrzoo.processing.geometry import is_tall, upright_rectangle
from ocrzoo.processing.recognition import Line
from ocrzoo.text.bidi import display
from ocrzoo.types import Quad

_WORD_BOUNDARY = regex.compile(r"(?w)\b(?!(?<=\p{Line_Break=SA})\p{Line_Break=SA})")
_CLUSTER = regex.compile(r"\X")
_VISIBLE = regex.compile(r"(?s)[^\s\p{Cc}\u200B](?:.*[^\s\p{Cc}\u200B])?")


@dataclass(frozen=True)
class Word:
    """One word of a line."""

    text: str
    polygon: NDArray[np.float32]
    """4 x 2, pixels of the page; corner ``i`` corresponds to corner ``i`` of the line's quad."""
    score: float
    """Mean probability of its characters, 0 to 1."""
    scores: tuple[float, ...] = ()
    """The probability of each code point of ``text``."""
    alternatives: tuple[tuple[str, float], ...] = ()
    """What else it might be, and with what probability, by the line's alternatives."""


@dataclass(frozen=True)
class Character:
    """One entry of the charset in a line, mostly a character."""

    text: str
    polygon: NDArray[np.float32]
    """4 x 2, pixels of the page; corner ``i`` corresponds to corner ``i`` of the line's quad."""
    score: float
    """Its probability, 0 to 1."""
    choices: tuple[tuple[str, float], ...] = ()
    """What else it might be, and with what probability, by its column alone."""


def words_of(line: Line, quad: Quad, *, turned: bool | None = None, flipped: bool = False) -> list[Word]:
    """Return the words of a line in logical order, without spaces.

    ``quad`` is what the line was cropped from (:func:`.geometry.crop`). ``turned``: the crop was rotated by 90 degrees
    because it is tall; ``None`` decides by the quad. ``flipped``: it was rotated by 180 degrees before recognition.
    Words are within the quad. A line without character positions has no words.
    """
    if not line.columns or line.cells <= 0:
        return []
    place = _Place(quad, turned=is_tall(quad) if turned is None else turned, flipped=flipped)
    lefts, rights = _edges(line)
    sources = line.sources
    words = []
    for start, end in segments(line.text):
        read = sorted(set(sources[start:end]))
        score = sum(line.probabilities[index] for index in read) / len(read)
        polygon = place.part(lefts[read[0]] / line.cells, rights[read[-1]] / line.cells)
        scores = tuple(line.probabilities[index] for index in sources[start:end])
        words.append(Word(line.text[start:end], polygon, score, scores, _alternatives(line, start, end)))
    return words


def characters_of(line: Line, quad: Quad, *, flipped: bool = False) -> list[Character]:
    """Return the characters of a line in logical order, spaces included; arguments are those of :func:`words_of`."""
    if not line.columns or line.cells <= 0:
        return []
    place = _Place(quad, turned=is_tall(quad), flipped=flipped)
    lefts, rights = _edges(line)
    texts: dict[int, str] = {}
    for character, source in zip(line.text, line.sources, strict=True):
        texts[source] = texts.get(source, "") + character
    return [
        Character(
            text,
            place.part(lefts[index] / line.cells, rights[index] / line.cells),
            line.probabilities[index],
            line.choices[index] if line.choices else (),
        )
        for index, text in texts.items()
    ]


def _alternatives(line: Line, start: int, end: int) -> tuple[tuple[str, float], ...]:
    """What the line's alternatives have where it has this part of its text: other texts, the most probable first."""
    if not line.alternatives:
        return ()
    read = line.sources[start:end]
    columns = (float("-inf"), *line.columns, float("inf"))
    low = (columns[min(read)] + columns[min(read) + 1]) / 2
    high = (columns[max(read) + 1] + columns[max(read) + 2]) / 2
    found: defaultdict[str, float] = defaultdict(float)
    for one in line.alternatives:
        there = [entry for entry, column in zip(one.entries, one.columns, strict=True) if low <= column < high]
        text = "".join(there).strip()
        found[text if line.order is None else display(text)[0]] += one.probability
    others = [(text, probability) for text, probability in found.items() if text not in {"", line.text[start:end]}]
    return tuple(sorted(others, key=lambda one: -one[1]))


def segments(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each word of a text, without surrounding spaces."""
    clusters = {cluster.start() for cluster in _CLUSTER.finditer(text)}
    boundaries = {found.start() for found in _WORD_BOUNDARY.finditer(text)} & clusters
    for start, end in itertools.pairwise(sorted({0, *boundaries, len(text)})):
        if seen := _VISIBLE.search(text, start, end):
            yield seen.span()


def _edges(line: Line) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the start and end of each entry, in columns.

    A character is centered in its column. The boundary between neighbors divides the distance of their centers in
    proportion to their widths; next to a gap no character is wider than its share of the line.
    """
    middles = np.array(line.columns) + 0.5
    widths = np.array([_width(entry) for entry in line.entries])
    both = widths[:-1] + widths[1:]
    if both.sum() > 0:
        halves = widths / 2 * (middles[-1] - middles[0]) / (both.sum() / 2)
    else:
        halves = np.full(len(middles), line.cells / 2)
    meetings = middles[:-1] + np.diff(middles) * np.where(both > 0, widths[:-1] / np.where(both > 0, both, 1), 0.5)
    lefts, rights = middles - halves, middles + halves
    lefts[1:] = np.maximum(lefts[1:], meetings)
    rights[:-1] = np.minimum(rights[:-1], meetings)
    return lefts.clip(0, line.cells), rights.clip(0, line.cells)


def _width(entry: str) -> float:
    """Width of an entry in narrow characters: 2 for ideographs, 0 for marks."""
    if unicodedata.category(entry[0]) in {"Mn", "Me", "Cf"}:
        return 0.0
    return 2.0 if unicodedata.east_asian_width(entry[0]) in "WF" else 1.0


class _Place:
    """The mapping from a line's crop to its quad on the page."""

    def __init__(self, quad: Quad, *, turned: bool, flipped: bool) -> None:
        corners, _, _ = upright_rectangle(quad)
        turns = turned + 2 * flipped
        # Corners as the network saw the crop: a quarter turn counter-clockwise moves top right to top left.
        seen = np.roll(corners, -turns, axis=0).astype(np.float64)
        self._corners = _matching(quad, seen)
        self._edges = quad[self._corners].astype(np.float64)
        along = seen[1] - seen[0]
        self._positions = (self._edges - seen[0]) @ along / max(float(along @ along), 1e-9)

    def part(self, start: float, end: float) -> NDArray[np.float32]:
        """Return the corners of the part between two positions along the crop, 0 to 1, in the quad's order."""
        polygon = np.empty((4, 2), np.float32)
        for corner, (first, last), place in zip(
            self._corners, ((0, 1), (0, 1), (3, 2), (3, 2)), (start, end, end, start), strict=True
        ):
            begin, length = self._positions[first], self._positions[last] - self._positions[first]
            share = (place - begin) / length if length > 0 else place
            share = min(max(share, 0.0), 1.0)
            polygon[corner] = self._edges[first] + share * (self._edges[last] - self._edges[first])
        return polygon


def _matching(quad: Quad, seen: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return which corner of the quad is closest to each corner seen, over all cyclic orders."""
    around = np.arange(4)
    ways = [np.roll(way, -shift) for way in (around, around[::-1]) for shift in range(4)]
    return min(ways, key=lambda way: float(((quad[way] - seen) ** 2).sum()))
