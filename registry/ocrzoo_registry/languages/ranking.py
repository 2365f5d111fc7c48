"""Ranking of candidate models: filters, ordered criteria, and an explanation of each in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from ocrzoo_registry.cards.schema import ModelCard, Tier
from ocrzoo_registry.cards.size import size_mb
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.languages.support import LanguageSupport, quality
from ocrzoo_registry.names import did_you_mean, natural_key

MIN_COVERAGE = 0.99
"""Share of a language's letters that a charset must have: all of an alphabet, nearly all Chinese characters."""

Preference = Literal["best", "installed", "small"]
"""What decides between models that read a language: the ranking, what is on this machine, or the size."""


@dataclass(frozen=True)
class ModelFilters:
    """Conditions on a model that do not depend on the language, and what decides between those that qualify.

    Raises:
        UsageError: A filter is invalid.
    """

    task: str = "text_recognition"
    tier: str | None = None
    max_size_mb: float | None = None
    min_coverage: float = MIN_COVERAGE
    installed: bool = False
    prefer: Preference = "best"
    accept_missing: bool = False
    """Where no model has the letters of a language, one that claims it is enough."""

    def __post_init__(self) -> None:
        tiers = get_args(Tier)
        if self.tier is not None and self.tier not in tiers:
            raise UsageError(f"tier: {self.tier!r} is not one of {', '.join(tiers)}{did_you_mean(self.tier, tiers)}")
        preferences = get_args(Preference)
        if self.prefer not in preferences:
            hint = did_you_mean(str(self.prefer), preferences)
            raise UsageError(f"prefer: {self.prefer!r} is not one of {', '.join(preferences)}{hint}")
        if not 0 <= self.min_coverage <= 1:
            raise UsageError(f"min_coverage must be between 0 and 1, not {self.min_coverage:g}")
        if self.max_size_mb is not None and not self.max_size_mb > 0:
            raise UsageError(f"max_size_mb must be positive, not {self.max_size_mb:g}")

    def failures(self, card: ModelCard, installed: Callable[[ModelCard], bool]) -> tuple[str, ...]:
        """Return the filters that a model fails, in words that follow its name."""
        failed = []
        if self.tier is not None and card.tier != self.tier:
            failed.append(f"is of tier {card.tier or 'none'}, not {self.tier}")
        size = size_mb(card)
        if self.max_size_mb is not None and (size is None or size > self.max_size_mb):
            has = "has no published size" if size is None else f"has {size:g} MB"
            failed.append(f"{has}, and {self.max_size_mb:g} MB are allowed")
        if self.installed and not installed(card):
            failed.append("is not installed")
        return tuple(failed)


@dataclass(frozen=True)
class Candidate:
    """A model and its support for each requested language."""

    card: ModelCard
    support: tuple[LanguageSupport, ...]
    """One per language, in the order requested."""
    is_default: bool
    """Whether it is the pipeline's default model."""
    is_available: bool
    """Whether its weights are installed or can be downloaded."""
    installed: Callable[[ModelCard], bool]
    """Whether a model's weights are on this machine."""
    prefer: Preference = "best"
    failed_filters: tuple[str, ...] = ()
    """The filters that it fails, in words that follow its name."""
    unsupported: tuple[LanguageSupport, ...] = ()
    """Its support for the languages that it does not read."""

    @property
    def qualifies(self) -> bool:
        """Whether it passes the filters and reads all the languages."""
        return not self.failed_filters and not self.unsupported

    @property
    def rejections(self) -> tuple[str, ...]:
        """Why it does not qualify, in words that follow its name."""
        return (*self.failed_filters, *(one.explain_gap() for one in self.unsupported))

    @property
    def name(self) -> str:
        """The model's name."""
        return self.card.name

    @cached_property
    def is_installed(self) -> bool:
        """Whether its weights are on this machine: in the store, a local folder or an installed distribution."""
        return self.installed(self.card)

    @property
    def claimed(self) -> bool:
        """Whether the card claims all the languages."""
        return all(one.claimed for one in self.support)

    @property
    def share(self) -> float:
        """The lowest share of letters over the languages; 1 if they are not known."""
        return min(one.share for one in self.support)

    @property
    def accuracy(self) -> float:
        """The lowest published accuracy over the languages, in percent."""
        return min(quality(one.metric) for one in self.support)

    @cached_property
    def score(self) -> tuple[Any, ...]:
        """The sort key of candidates that qualify: one value per criterion, higher is better."""
        return tuple(criterion.value(self) for criterion in criteria(self.prefer))


@dataclass(frozen=True)
class Criterion:
    """One criterion of the ranking; it decides if all criteria before it are equal."""

    value: Callable[[Candidate], Any]
    """Higher is better."""
    explain: Callable[[Candidate, Candidate], str]
    """Why the second candidate ranks below the first, in words that follow the second's name."""


SUITABLE = (
    Criterion(lambda one: one.claimed, lambda _, __: "has the letters, but its publisher does not claim the language"),
    Criterion(
        lambda one: min(one.share, MIN_COVERAGE),
        lambda first, second: f"has {second.share:.1%} of the letters, not {first.share:.1%}",
    ),
)
"""What no preference changes: the criteria before all others."""

PREFERENCES: Mapping[Preference, tuple[Criterion, ...]] = {
    "best": (),
    "installed": (Criterion(lambda one: one.is_installed, lambda _, __: "is not on this machine"),),
    "small": (
        Criterion(
            lambda one: -(size_mb(one.card) or float("inf")),
            lambda first, second: f"is larger ({_size(second)}) than {first.name} ({_size(first)})",
        ),
    ),
}
"""The criteria that a preference adds."""

CRITERIA = (
    Criterion(
        lambda one: one.claimed and one.is_default,
        lambda first, _: f"is not the pipeline's default, as {first.name} is",
    ),
    Criterion(lambda one: one.is_available, lambda _, __: "is unavailable: no enabled source provides its weights"),
    Criterion(
        lambda one: 0 if one.claimed else min(support.related_claims for support in one.support),
        lambda first, _: f"claims fewer languages in these letters than {first.name}",
    ),
    Criterion(
        lambda one: 0 if one.claimed else round(one.share, 2),
        lambda first, second: f"has {second.share:.1%} of the letters, not {first.share:.1%}",
    ),
    Criterion(
        lambda one: natural_key(one.card.version),
        lambda first, second: f"is of {second.card.version}, and {first.name} of {first.card.version}",
    ),
    Criterion(
        lambda one: one.accuracy,
        lambda first, second: f"has {_figure(second)} published, {first.name} {_figure(first)}",
    ),
    Criterion(
        lambda one: one.share, lambda first, second: f"has {second.share:.1%} of the letters, not {first.share:.1%}"
    ),
    *PREFERENCES["small"],
    Criterion(
        lambda one: one.name,
        lambda first, _: f"is equal to {first.name} in every criterion and precedes it by name",
    ),
)
"""The ranking's other criteria, in order. The pipeline's default precedes others because its results were compared with
PaddleX's; then availability, version, accuracy, completeness and size decide."""


def criteria(prefer: Preference) -> tuple[Criterion, ...]:
    """Return the criteria of the ranking, in order."""
    return (*SUITABLE, *PREFERENCES[prefer], *CRITERIA)


def explain_order(first: Candidate, second: Candidate) -> str:
    """Return why the second candidate ranks below the first: the first criterion in which they differ, in words."""
    return next(one.explain(first, second) for one in criteria(first.prefer) if one.value(first) != one.value(second))


def cpu_ms(card: ModelCard) -> float | None:
    """Return the published milliseconds per line on a CPU in normal mode."""
    return next((one.ms for one in card.latency if (one.device, one.mode) == ("cpu", "normal")), None)


def _figure(candidate: Candidate) -> str:
    return f"{candidate.accuracy:g} %" if candidate.accuracy else "no figure"


def _size(candidate: Candidate) -> str:
    size = size_mb(candidate.card)
    return "size unknown" if size is None else f"{size:g} MB"
