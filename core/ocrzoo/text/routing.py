"""Routing: which of several models a line is for, by cheap evidence first, and by comparing what they read after.

The first model reads every line. A line is settled where that reading is sure, leaves no gap, and is in a script, or
looks like a language, that only this model is to read. Any other line is read by the models that it may be for as
well, and the readings are compared.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ocrzoo.processing.recognition import Line
from ocrzoo.text import scripts
from ocrzoo.text.language_id import Likely, likely, plausible, shares_of_a_page, weighted
from ocrzoo.text.scripts import WrittenLanguage

SURE = 0.93
"""Score from which a reading may settle a line. Measured on 332 drawn lines and PP-OCRv4, v5 and v6: all 640 readings
in a model's own languages had 0.94 or more; of 496 in strange scripts, those without gaps had 0.92 at most."""
WIDEST_GAP = 1.2
"""Line heights without a character from which on a reading has left something out. The same 640 readings had 1.17 at
most; 32 of the 496 had a score of 0.93 to 0.99 and all of them left gaps (v6 leaves out Cyrillic, v4 kana)."""
OURS = 0.9
"""Probability of a language of the model's own from which on no model for others in its script is asked."""
CLOSE = 0.8
"""Readings of letters that look alike, worth at least this share of the best, are told apart by their page."""
STRANGE = 0.5
"""What a reading loses whose letters are all strange to the languages that its model is to read."""
LEAST = 0.05
"""No reading is worth less than this share because it looks like a language of another model."""
LOOKS = 0.25
"""The power of how much a reading looks like its languages: 0.95 is the middle of right readings, 0.01 of look-alikes.
That is for one of"""
LOOKS_LETTERS = 20
"""letters and more; of fewer letters it says less, and names and codes look like no language."""
LEAST_LOOKS = 0.01
"""No reading looks less like its languages than that."""


@dataclass(frozen=True)
class Tongues:
    """The languages that one model is to read."""

    languages: tuple[WrittenLanguage, ...]

    @cached_property
    def tags(self) -> frozenset[str]:
        """Their tags."""
        return frozenset(one.tag for one in self.languages)

    @cached_property
    def letters(self) -> frozenset[str] | None:
        """All letters that they need; ``None`` where those of one are not known."""
        if not all(one.letters for one in self.languages):
            return None
        return frozenset().union(*(one.letters for one in self.languages))

    def scripts_beyond(self, others: Tongues) -> frozenset[str]:
        """Return the scripts of those languages that others do not have."""
        new = (one for one in self.languages if one.tag not in others.tags)
        return frozenset().union(*(one.scripts for one in new))


class Router:
    """Decides for lines between models, of which the first reads all lines."""

    def __init__(self, readers: Sequence[Tongues]) -> None:
        """``readers`` says what each model is to read, in their order."""
        self._readers = readers
        self._asked = {one.tag: one for reader in readers for one in reader.languages}
        self._beyond = [reader.scripts_beyond(readers[0]) for reader in readers]

    def rivals(self, line: Line, aspect: float) -> list[int]:
        """Return which models are to read a line too, after what the first read; none where it is settled.

        ``aspect`` is the width of the line's crop over its height.
        """
        others = range(1, len(self._readers))
        if line.score < SURE or _filled(line, aspect) < 1:
            return list(others)
        written = {script for script, weight in scripts.weights(line.text).items() if weight}
        if _is_twin(line):
            written |= scripts.TWIN_SCRIPTS
            return [index for index in others if not written.isdisjoint(self._beyond[index])]
        contested = [index for index in others if not written.isdisjoint(self._beyond[index])]
        if not contested:
            return []
        found = self._likely(line.text)
        ours = sum(share for tag, share in found.items() if tag in self._readers[0].tags)
        return [] if ours >= OURS else contested

    def best(self, readings: Sequence[Mapping[int, Line]], aspects: Sequence[float]) -> list[int]:
        """Return for each line of a page which model's reading is the right one; of equals the first.

        A word such as Paris may be in any language: the more lines of a page are in one, the likelier it is that one.
        A line such as BCE may be Latin or Cyrillic: where its readings are worth about the same, it is given to the
        model that read most of the page in one of the scripts that share letters.
        """
        found = [{index: self._likely(line.text) for index, line in read.items()} for read in readings]
        worths = self._worths(readings, aspects, found)
        likeliest = [said[max(worth, key=worth.__getitem__)] for said, worth in zip(found, worths, strict=True)]
        of_page = shares_of_a_page(likeliest)
        found = [{index: weighted(one, of_page) for index, one in said.items()} for said in found]
        worths = self._worths(readings, aspects, found)
        chosen = [max(worth, key=worth.__getitem__) for worth in worths]
        twins = [len(read) > 1 and _is_twin(read[0]) for read in readings]
        page: Counter[int] = Counter()
        for read, index, twin in zip(readings, chosen, twins, strict=True):
            if not twin:
                weights = scripts.weights(read[index].text)
                page[index] += sum(weights[script] for script in scripts.TWIN_SCRIPTS)
        for place, worth in enumerate(worths):
            if twins[place]:
                close = [index for index in worth if worth[index] >= CLOSE * worth[chosen[place]]]
                chosen[place] = max(close, key=lambda index: (page[index], index == chosen[place]))
        return chosen

    def _worths(
        self, readings: Sequence[Mapping[int, Line]], aspects: Sequence[float], found: Sequence[Mapping[int, Likely]]
    ) -> list[dict[int, float]]:
        """What each reading of each line is worth, by its model."""
        return [
            {index: self._worth(index, line, aspect, said[index]) for index, line in read.items()}
            for read, aspect, said in zip(readings, aspects, found, strict=True)
        ]

    def _worth(self, index: int, line: Line, aspect: float, found: Likely) -> float:
        reader = self._readers[index]
        looks = plausible(line.text, reader.languages) if self._all_known else None
        return worth(line, aspect, reader, found, looks)

    @cached_property
    def _all_known(self) -> bool:
        return plausible("", list(self._asked.values())) is not None

    def _likely(self, text: str) -> Likely:
        return likely(text, list(self._asked.values()))


def worth(line: Line, aspect: float, reader: Tongues, found: Likely, looks: float | None = None) -> float:
    """Return what speaks for a reading, 0 to 1: a probability that it is right, letter by letter.

    That is the geometric mean of its characters' probabilities, times the part of the line that it accounts for,
    less what is strange to its languages, times the probability that it is in the likeliest of them (``found``; a
    word that may be in any speaks for no model because it reads many), and that it is any language (``looks``;
    ``None`` where that cannot be told).
    """
    if not line.probabilities:
        return 0.0
    sure = math.exp(sum(math.log(max(one, 1e-6)) for one in line.probabilities) / len(line.probabilities))
    seen = scripts.letters(line.text)
    strange = 0.0
    if seen and reader.letters is not None:
        strange = sum(letter not in reader.letters for letter in seen) / len(seen)
    ours = max((share for tag, share in found.items() if tag in reader.tags), default=0.0) if found else 1.0
    power = 0.0 if looks is None else LOOKS * min(len(seen) / LOOKS_LETTERS, 1)
    like = math.pow(max(looks or 0.0, LEAST_LOOKS), power)
    return sure * _filled(line, aspect) * (1 - STRANGE * strange) * max(ours, LEAST) * like


def _is_twin(line: Line) -> bool:
    """Whether all letters of a line look like letters of another script."""
    seen = scripts.letters(line.text)
    return bool(seen) and scripts.TWINS.issuperset(seen)


def _filled(line: Line, aspect: float) -> float:
    """The part of a line that a reading accounts for, by the widest gap between visible characters: 0 to 1."""
    if line.cells <= 0:
        return 0.0
    places = [column for column, entry in zip(line.columns, line.entries, strict=True) if not entry.isspace()]
    if not places:
        return 0.0
    ends = (-0.5, *places, line.cells)
    gap = max(after - before for before, after in itertools.pairwise(ends)) / line.cells * aspect
    return min(1.0, WIDEST_GAP / gap) if gap > 0 else 1.0
