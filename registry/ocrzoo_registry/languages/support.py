"""LanguageSupport: what speaks for one model reading one language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from ocrzoo_registry.cards.schema import Metric, ModelCard
from ocrzoo_registry.errors import CardError
from ocrzoo_registry.languages.coverage import Coverage, coverage_of, name_of
from ocrzoo_registry.languages.tags import Language, claimed_in_script, claims, language_of_tag, nearness

_MOST = 0.5
"""A charset with less than this of the letters is not told about at length."""

_FEW = 3
"""So many letters are named in a sentence."""


@dataclass(frozen=True)
class LanguageSupport:
    """What is known of a model and a language."""

    language: Language
    card: ModelCard
    claimed: bool
    """Whether the card says that it reads the language."""
    coverage: Coverage | None
    """What its charset has of the letters; ``None`` where these, or the charset, are not known."""
    fault: str | None = None
    """Why the charset could not be read."""

    @cached_property
    def metric(self) -> Metric | None:
        """The published figure that speaks best for this language."""
        return best_metric(self.card, self.language)

    @cached_property
    def related_claims(self) -> int:
        """How many languages in the same script the card claims."""
        return claimed_in_script(self.card.languages, self.language.script)

    @cached_property
    def unfamiliar(self) -> tuple[str, ...]:
        """The letters that occur in no language that the card claims.

        The charset may have them, but hardly any text taught the network to read them.
        """
        return tuple(sorted(self.language.letters - letters_of(self.card.languages)))

    @property
    def share(self) -> float:
        """The share of letters that are there; 1 where they are not known and the language is claimed."""
        return self.coverage.share if self.coverage else float(self.claimed and self.fault is None)

    def covers(self, min_coverage: float) -> bool:
        """Whether the letters are there; where nobody knows them, a claim has to do."""
        return self.fault is None and self.share >= min_coverage

    def explain(self) -> str:
        """Return what speaks for the model, in words that follow its name."""
        if self.coverage is None:
            return f"claims {self.language}, whose letters are not known"
        count, lacking = self.coverage.required, len(self.coverage.missing)
        has = f"all its {count} letters" if not lacking else f"{count - lacking} of its {count} letters"
        if self.claimed:
            return f"claims {self.language} and has {has}"
        return f"does not claim {self.language}, but has {has}, and all occur in languages that it claims"

    def trained_on(self, min_coverage: float) -> bool:
        """Whether the language is claimed, or its letters occur in languages that are."""
        return self.claimed or len(self.unfamiliar) <= (1 - min_coverage) * len(self.language.letters)

    def explain_gap(self, *, named: bool = True) -> str:
        """Return what speaks against it, in words that follow its name; with or without a few letters by name."""
        if self.fault is not None:
            return f"cannot be judged: {self.fault}"
        if self.coverage is None:
            return f"does not claim {self.language}, whose letters are not known"
        count, missing = self.coverage.required, self.coverage.missing
        if self.claimed:
            few = f": {_some(missing)}" if named else ""
            return f"lacks {len(missing)} of the {count} letters of {self.language.name}{few}"
        has = f"{count - len(missing)} of its {count} letters" if missing else f"all its {count} letters"
        if self.share > _MOST and self.unfamiliar:
            letters = _some(self.unfamiliar) if named else f"{self.unfamiliar[0]} and its like"
            return f"has {has}, but claims neither {self.language} nor a language with {letters}"
        return f"does not claim {self.language}, and has {has}"


def support_of(card: ModelCard, language: Language) -> LanguageSupport:
    """Return what is known of a model and a language."""
    coverage, fault = None, None
    try:
        coverage = coverage_of(card, language)
    except CardError as error:
        fault = str(error)
    return LanguageSupport(language, card, claims(card.languages, language), coverage, fault)


def claimed_support(card: ModelCard) -> list[LanguageSupport]:
    """Return what is known of a model and each language that its card claims, in the card's order."""
    return [support_of(card, language_of_tag(tag)) for tag in card.languages]


@lru_cache(maxsize=1024)
def letters_of(tags: tuple[str, ...]) -> frozenset[str]:
    """Return the letters of the languages that a card claims, as far as they are known."""
    return frozenset().union(*(language_of_tag(tag).letters for tag in tags))


def best_metric(card: ModelCard, language: Language) -> Metric | None:
    """Return the figure published for a language; else for its script or group, else for many; of several the best."""
    fitting = [
        (nearness(metric.language, language), quality(metric), metric)
        for metric in card.metrics
        if metric.language is not None and metric.value is not None
    ]
    near = [found for found in fitting if found[0]]
    return max(near, key=lambda found: found[:2])[2] if near else None


def _some(letters: tuple[str, ...]) -> str:
    few = ", ".join(f"{letter} ({name_of(letter)})" for letter in letters[:_FEW])
    return few + (f" and {len(letters) - _FEW} more" if len(letters) > _FEW else "")


def quality(metric: Metric | None) -> float:
    """Return a figure in percent, higher being better; 0 where there is none."""
    if metric is None or metric.value is None:
        return 0.0
    percent = metric.value * 100 if metric.unit == "ratio" else metric.value
    return 100 - percent if metric.name == "cer" else percent
