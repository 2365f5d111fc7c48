"""Support of one language by one model: the card's claim, the charset's coverage, and published figures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from ocrzoo_registry.cards.figures import Metric
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import CardError
from ocrzoo_registry.languages.coverage import Coverage, coverage_of, name_of
from ocrzoo_registry.languages.tags import Language, claimed_in_script, claims, language_of_tag, nearness

_DETAILED_SHARE = 0.5
"""Share of letters from which an explanation names those that are missing."""

_NAMED_LETTERS = 3
"""Letters that an explanation names at most."""

OPEN_ENDED = frozenset({"Hans", "Hant"})
"""Scripts without a last letter. CLDR's main sets of 2,200 Chinese characters are cuts through lists by frequency: of
its 2,470 for Cantonese 215 are in no main set of Chinese or Japanese, but all except 2 are in the auxiliary sets."""


@dataclass(frozen=True)
class LanguageSupport:
    """How well a model supports a language."""

    language: Language
    card: ModelCard
    claimed: bool
    """Whether the card lists the language."""
    coverage: Coverage | None
    """Coverage of the letters by the charset; ``None`` if either is not known."""
    charset_error: str | None = None
    """Why the charset could not be read."""

    @cached_property
    def metric(self) -> Metric | None:
        """The published figure closest to this language."""
        return best_metric(self.card, self.language)

    @cached_property
    def related_claims(self) -> int:
        """How many languages in the same script the card claims."""
        return claimed_in_script(self.card.languages, self.language.script)

    @cached_property
    def unfamiliar(self) -> tuple[str, ...]:
        """The letters that occur in no language that the card claims.

        The charset may have them, but the network was hardly trained on them. There are none if the card claims a
        language in the same script of thousands of characters.
        """
        if self.language.script in OPEN_ENDED and self.related_claims:
            return ()
        return tuple(sorted(self.language.letters - claimed_letters(self.card.languages)))

    @property
    def share(self) -> float:
        """Share of the letters in the charset; 1 if they are not known and the language is claimed."""
        return self.coverage.share if self.coverage else float(self.claimed and self.charset_error is None)

    @property
    def readable(self) -> bool:
        """Whether the card claims the language and the charset has letters of it, if not all."""
        return self.claimed and self.share > 0

    def covers(self, min_coverage: float) -> bool:
        """Whether the charset has enough of the letters; if they are not known, a claim is enough."""
        return self.charset_error is None and self.share >= min_coverage

    def explain(self) -> str:
        """Return why the model qualifies, in words that follow its name."""
        if self.coverage is None:
            return f"claims {self.language}, whose letters are not known"
        if self.claimed:
            return f"claims {self.language} and has {self._extent}"
        script = self.language.script in OPEN_ENDED
        evidence = "claims others in its script" if script else "all occur in languages that it claims"
        return f"does not claim {self.language}, but has {self._extent}, and {evidence}"

    @property
    def warning(self) -> str:
        """What a user of the model has to know, in words that follow its name; empty if there is nothing."""
        missing = self.coverage.missing if self.coverage else ()
        cannot = f"cannot write {_some(missing)}" if missing else ""
        if not self.claimed:
            return self.explain() + (f"; it {cannot}" if cannot else "")
        return cannot and f"{cannot}, {len(missing)} of the {len(self.language.letters)} letters of {self.language}"

    @property
    def _extent(self) -> str:
        """How many letters the charset has; they must be known."""
        count, missing = len(self.language.letters), len(self.coverage.missing) if self.coverage else 0
        return f"{count - missing} of its {count} letters" if missing else f"all its {count} letters"

    def trained_on(self, min_coverage: float) -> bool:
        """Whether the language is claimed, or its letters occur in languages that are."""
        return self.claimed or len(self.unfamiliar) <= (1 - min_coverage) * len(self.language.letters)

    def explain_gap(self, *, named: bool = True) -> str:
        """Return why it does not qualify, in words that follow its name; ``named``: name some of the letters."""
        if self.charset_error is not None:
            return f"has no readable charset: {self.charset_error}"
        if self.coverage is None:
            return f"does not claim {self.language}, whose letters are not known"
        count, missing = self.coverage.required, self.coverage.missing
        if self.claimed and not self.coverage.covered:
            return f"lacks all {count} letters of {self.language.name}"
        if self.claimed:
            letters = f": {_some(missing)}" if named else ""
            return f"lacks {len(missing)} of the {count} letters of {self.language.name}{letters}"
        has = self._extent
        if self.share > _DETAILED_SHARE and self.unfamiliar:
            letters = _some(self.unfamiliar) if named else f"letters such as {self.unfamiliar[0]}"
            return f"has {has}, but claims neither {self.language} nor a language with {letters}"
        return f"does not claim {self.language}, and has {has}"


def support_of(card: ModelCard, language: Language) -> LanguageSupport:
    """Return how well a model supports a language."""
    coverage, charset_error = None, None
    try:
        coverage = coverage_of(card, language)
    except CardError as error:
        charset_error = str(error)
    return LanguageSupport(language, card, claims(card.languages, language), coverage, charset_error)


def claimed_support(card: ModelCard) -> list[LanguageSupport]:
    """Return a model's support for each language that its card claims, in the card's order."""
    return [support_of(card, language_of_tag(tag)) for tag in card.languages]


@lru_cache(maxsize=1024)
def claimed_letters(tags: tuple[str, ...]) -> frozenset[str]:
    """Return the known letters of the languages that a card claims."""
    return frozenset().union(*(language_of_tag(tag).letters for tag in tags))


def best_metric(card: ModelCard, language: Language) -> Metric | None:
    """Return the best figure published for a language, or else for its script or group, or else for many."""
    found = [
        (nearness(metric.language, language), quality(metric), metric)
        for metric in card.metrics
        if metric.language is not None and metric.value is not None
    ]
    near = [one for one in found if one[0]]
    return max(near, key=lambda one: one[:2])[2] if near else None


def _some(letters: tuple[str, ...]) -> str:
    named = ", ".join(f"{letter} ({name_of(letter)})" for letter in letters[:_NAMED_LETTERS])
    return named + (f" and {len(letters) - _NAMED_LETTERS} more" if len(letters) > _NAMED_LETTERS else "")


def quality(metric: Metric | None) -> float:
    """Return a figure as an accuracy in percent, higher is better; 0 if there is none."""
    if metric is None or metric.value is None:
        return 0.0
    percent = metric.value * 100 if metric.unit == "ratio" else metric.value
    return 100 - percent if metric.name == "cer" else percent
