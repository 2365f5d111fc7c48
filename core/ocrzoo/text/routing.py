"""Routing: which of several recognition models reads a line.

The first model reads every line. Its result is accepted if it is confident, leaves no gap, and is in a script or a
language that only this model is assigned. Any other line is also read by the models that may be right, and the results
are compared.
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
from ocrzoo.text.language_id import LanguageScores, identify, page_shares, plausibility, reweight
from ocrzoo.text.scripts import scripts_of
from ocrzoo_registry.languages.tags import Language

CONFIDENT = 0.93
"""Score from which the first result may be accepted. Measured on 332 rendered lines and PP-OCRv4, v5 and v6: all 640
results in a model's own languages had 0.94 or more; of 496 in other scripts, those without gaps had 0.92 at most."""
MAX_GAP = 1.2
"""Widest stretch without a character, in line heights, that is not a gap. The same 640 results had 1.17 at most; 32 of
the 496 had a score of 0.93 to 0.99 and all of them left gaps (v6 skips Cyrillic, v4 skips kana)."""
OWN_LANGUAGE = 0.9
"""Probability of the first model's own languages from which no other model for the same script is tried."""
TIE = 0.8
"""Share of the best quality from which a result made of confusable letters competes by the page's script."""
UNKNOWN_LETTER_PENALTY = 0.5
"""Share of its quality that a result loses if all its letters are unknown to its model's languages."""
MIN_LANGUAGE_FACTOR = 0.05
"""Lower bound of the factor for the probability of the model's own languages."""
LANGUAGE_WEIGHT = 0.25
"""Exponent of the language-model score for lines of at least FULL_WEIGHT_LETTERS letters; scaled down linearly below.
The median score of correct results is 0.95, that of look-alikes 0.01."""
FULL_WEIGHT_LETTERS = 20
"""Letters from which the language-model score has its full weight; names and codes resemble no language."""
MIN_PLAUSIBILITY = 0.01
"""Lower bound of the language-model score."""


@dataclass(frozen=True)
class LanguageSet:
    """The languages assigned to one model."""

    languages: tuple[Language, ...]

    @cached_property
    def tags(self) -> frozenset[str]:
        """Their tags."""
        return frozenset(one.tag for one in self.languages)

    @cached_property
    def letters(self) -> frozenset[str] | None:
        """All letters that they need; ``None`` if those of one are not known."""
        letters = [one.letters for one in self.languages]
        return frozenset().union(*letters) if all(letters) else None

    def extra_scripts(self, others: LanguageSet) -> frozenset[str]:
        """Return the scripts of those languages that are not among the others."""
        return frozenset().union(*(scripts_of(one) for one in self.languages if one.tag not in others.tags))


class Router:
    """Chooses between models for the lines of a page; the first model reads every line."""

    def __init__(self, models: Sequence[Sequence[Language]]) -> None:
        """``models`` are the languages of each model, the first model first."""
        self._models = [LanguageSet(tuple(languages)) for languages in models]
        self._languages = list({one.tag: one for languages in models for one in languages}.values())
        self._extra_scripts = [model.extra_scripts(self._models[0]) for model in self._models]

    def alternatives(self, line: Line, aspect: float) -> list[int]:
        """Return which other models should read a line, given the first model's result; none if it is accepted.

        ``aspect`` is the width of the line's crop over its height.
        """
        others = range(1, len(self._models))
        if line.score < CONFIDENT or _filled(line, aspect) < 1:
            return list(others)
        written = {script for script, weight in scripts.weights(line.text).items() if weight}
        confusable = _is_confusable(line)
        if confusable:
            written |= scripts.CONFUSABLE_SCRIPTS
        found = [index for index in others if not written.isdisjoint(self._extra_scripts[index])]
        if confusable or not found:
            return found
        scores = identify(line.text, self._languages)
        own = sum(share for tag, share in scores.items() if tag in self._models[0].tags)
        return [] if own >= OWN_LANGUAGE else found

    def best(self, readings: Sequence[Mapping[int, Line]], aspects: Sequence[float]) -> list[int]:
        """Return for each line of a page the model with the best result; ties go to the first.

        A word such as Paris may be in any language: it counts as in the language of most lines of the page. A line such
        as BCE may be Latin or Cyrillic: if its results are about equally good, it goes to the model that read most of
        the page in the scripts that share these letters.
        """
        scores = [{index: identify(line.text, self._languages) for index, line in read.items()} for read in readings]
        qualities = self._qualities(readings, aspects, scores)
        likeliest = [one[max(of_line, key=of_line.__getitem__)] for one, of_line in zip(scores, qualities, strict=True)]
        page = page_shares(likeliest)
        scores = [{index: reweight(one, page) for index, one in of_line.items()} for of_line in scores]
        qualities = self._qualities(readings, aspects, scores)
        chosen = [max(of_line, key=of_line.__getitem__) for of_line in qualities]
        return self._settle_confusables(readings, qualities, chosen)

    def _settle_confusables(
        self, readings: Sequence[Mapping[int, Line]], qualities: Sequence[Mapping[int, float]], chosen: list[int]
    ) -> list[int]:
        """Give lines of confusable letters to the model that read most of the page in the scripts that share them."""
        confusable = [len(read) > 1 and _is_confusable(read[0]) for read in readings]
        page: Counter[int] = Counter()
        for read, index, skip in zip(readings, chosen, confusable, strict=True):
            if not skip:
                weights = scripts.weights(read[index].text)
                page[index] += sum(weights[script] for script in scripts.CONFUSABLE_SCRIPTS)
        settled = list(chosen)
        for place, of_line in enumerate(qualities):
            if confusable[place]:
                tied = [index for index in of_line if of_line[index] >= TIE * of_line[chosen[place]]]
                settled[place] = max(tied, key=lambda index: (page[index], index == chosen[place]))
        return settled

    def _qualities(
        self,
        readings: Sequence[Mapping[int, Line]],
        aspects: Sequence[float],
        scores: Sequence[Mapping[int, LanguageScores]],
    ) -> list[dict[int, float]]:
        """The quality of each result of each line, by model."""
        return [
            {index: self._quality(index, line, aspect, of_line[index]) for index, line in read.items()}
            for read, aspect, of_line in zip(readings, aspects, scores, strict=True)
        ]

    def _quality(self, index: int, line: Line, aspect: float, scores: LanguageScores) -> float:
        model = self._models[index]
        plausible = plausibility(line.text, model.languages) if self._all_identifiable else None
        return quality(line, aspect, model, scores, plausible)

    @cached_property
    def _all_identifiable(self) -> bool:
        return plausibility("", self._languages) is not None


def quality(
    line: Line, aspect: float, model: LanguageSet, scores: LanguageScores, plausible: float | None = None
) -> float:
    """Estimate the probability, 0 to 1, that a model's result for a line is right.

    It is the product of the geometric mean of the characters' probabilities, the part of the line that the result
    covers, a penalty for letters unknown to the model's languages, the probability of the likeliest of these languages
    (``scores``; only the likeliest, so that reading many languages is no advantage), and the probability of being any
    language (``plausible``; ``None`` if unknown).
    """
    if not line.text:
        return 0.0
    found = line.probabilities or (line.score,)  # a decoder of others may not know those of the characters
    mean = math.exp(sum(math.log(max(one, 1e-6)) for one in found) / len(found))
    seen = scripts.letters(line.text)
    unknown = 0.0
    if seen and model.letters is not None:
        unknown = sum(letter not in model.letters for letter in seen) / len(seen)
    own = max((share for tag, share in scores.items() if tag in model.tags), default=0.0) if scores else 1.0
    weight = 0.0 if plausible is None else LANGUAGE_WEIGHT * min(len(seen) / FULL_WEIGHT_LETTERS, 1)
    resemblance = math.pow(max(plausible or 0.0, MIN_PLAUSIBILITY), weight)
    penalty = 1 - UNKNOWN_LETTER_PENALTY * unknown
    return mean * _filled(line, aspect) * penalty * max(own, MIN_LANGUAGE_FACTOR) * resemblance


def _is_confusable(line: Line) -> bool:
    """Whether all letters of a line look like letters of another script."""
    seen = scripts.letters(line.text)
    return bool(seen) and scripts.CONFUSABLES.issuperset(seen)


def _filled(line: Line, aspect: float) -> float:
    """The part of a line that a result covers, 0 to 1, by the widest gap between visible characters; 1 if unknown."""
    if line.cells <= 0:  # it is not known where in the line its characters are
        return 1.0 if line.text else 0.0
    places = [column for column, entry in zip(line.columns, line.entries, strict=True) if not entry.isspace()]
    if not places:
        return 0.0
    ends = (-0.5, *places, line.cells)
    gap = max(after - before for before, after in itertools.pairwise(ends)) / line.cells * aspect
    return min(1.0, MAX_GAP / gap) if gap > 0 else 1.0
