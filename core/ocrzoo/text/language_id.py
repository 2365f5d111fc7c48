"""Language identification among a few candidates: by script, then by letters, then by a classifier.

The classifier is py3langid, a naive Bayes model over byte n-grams. It identified all of 36 lines of literature, 20 to
40 letters each, in English, French and German among ten languages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from ocrzoo.text import scripts
from ocrzoo.text.scripts import scripts_of
from ocrzoo.text.unicode_scripts import script_of
from ocrzoo_registry.languages.tags import Language

LanguageScores = Mapping[str, float]
"""Tag of each candidate language to its probability for a text; empty if the text has no letter of them."""

_MIN_SCRIPT_SHARE = 0.5
"""Least share of a text in the script of a language; below, it is a name or two within another language."""
_UNKNOWN_LETTER_FACTOR = 0.1
"""Factor on a language's probability for each distinct letter of a text that the language does not have."""
_MAX_UNKNOWN_LETTERS = 4
"""Most letters for which that factor is applied."""
_MIN_CLASSIFIER_SCORE = 1e-4
"""Lower bound of the classifier's probability."""
_CLASSIFIER_LABELS = {"fil": "tl", "nb": "no"}
"""The classifier's labels for languages that have another code here."""
_PRIOR_LINES = 0.5
"""Lines that each language is assumed to have on a page before any is read."""


def identify(text: str, languages: Sequence[Language]) -> LanguageScores:
    """Return the probability of each candidate language; empty if no letter belongs to one of them."""
    weights = scripts.weights(text)
    total = sum(weights.values())
    if not total:
        return {}
    shares = {one.tag: sum(weights[name] for name in scripts_of(one)) / total for one in languages}
    best = max(shares.values(), default=0.0)
    if best < _MIN_SCRIPT_SHARE:
        return {}
    candidates = [one for one in languages if shares[one.tag] == best]
    if len(candidates) == 1:
        return {candidates[0].tag: 1.0}
    by_letters = _by_letters(text, candidates)
    by_classifier = _by_classifier(text, candidates)
    return normalize({one.tag: by_letters[one.tag] * by_classifier[one.tag] for one in candidates})


def plausibility(text: str, languages: Sequence[Language]) -> float | None:
    """Return the classifier's probability, 0 to 1, that a text is in one of some languages rather than in any other.

    ``None`` if the classifier does not know one of them. Names and codes resemble no language.
    """
    labels = {_label(one) for one in languages}
    if None in labels:
        return None
    ranked: dict[str, float] = dict(_classifier().rank(text))
    return sum(ranked[str(label)] for label in labels)


def page_languages(lines: Sequence[LanguageScores]) -> list[str | None]:
    """Return the most likely language of each line of a page, weighted by the languages of the whole page.

    Ties go to the language that comes first in the line's own mapping.
    """
    page = page_shares(lines)
    weighted = [reweight(one, page) for one in lines]
    return [max(one, key=one.__getitem__) if one else None for one in weighted]


def page_shares(lines: Sequence[LanguageScores]) -> dict[str, float]:
    """Return the expected number of lines of a page in each language, plus a prior."""
    page: dict[str, float] = {}
    for one in lines:
        for tag, share in one.items():
            page[tag] = page.get(tag, _PRIOR_LINES) + share
    return page


def reweight(line: LanguageScores, page: Mapping[str, float]) -> LanguageScores:
    """Return a line's scores weighted by the languages of its page."""
    return normalize({tag: share * page.get(tag, _PRIOR_LINES) for tag, share in line.items()})


def normalize(shares: Mapping[str, float]) -> dict[str, float]:
    """Scale shares to a sum of 1."""
    total = sum(shares.values())
    return {tag: share / total for tag, share in shares.items()}


def _by_letters(text: str, languages: Sequence[Language]) -> dict[str, float]:
    """Score languages by the letters of a text that they lack; one with unknown letters lacks none."""
    written = frozenset().union(*map(scripts_of, languages))
    seen = {char for char in scripts.letters(text) if script_of(char) in written}
    unknown = {one.tag: len(seen - one.letters) if one.letters else 0 for one in languages}
    fewest = min(unknown.values())
    return {tag: _UNKNOWN_LETTER_FACTOR ** min(count - fewest, _MAX_UNKNOWN_LETTERS) for tag, count in unknown.items()}


def _by_classifier(text: str, languages: Sequence[Language]) -> dict[str, float]:
    """Score languages by the classifier; all equal if it does not know one of them."""
    labels = {one.tag: _label(one) for one in languages}
    if None in labels.values() or len(set(labels.values())) == 1:
        return dict.fromkeys(labels, 1.0)
    ranked: dict[str, float] = dict(_classifier().rank(text))
    return {tag: max(ranked[str(label)], _MIN_CLASSIFIER_SCORE) for tag, label in labels.items()}


def _label(language: Language) -> str | None:
    """The classifier's label of a language; ``None`` if it does not know the language in this script."""
    label = _CLASSIFIER_LABELS.get(language.language, language.language)
    return label if (language.in_usual_script or label == "zh") and label in _known_labels() else None


@cache
def _known_labels() -> frozenset[str]:
    return frozenset(_classifier().labels)


@cache
def _classifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
