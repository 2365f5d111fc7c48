"""Candidates: models that a language asks for, ranked step by step, and each step in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

from ocrzoo_registry.cards.schema import ModelCard, Tier
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.languages.support import LanguageSupport, quality
from ocrzoo_registry.names import did_you_mean, natural_key

MIN_COVERAGE = 0.99
"""The share of letters that a model must have: all of an alphabet, nearly all Chinese characters."""


@dataclass(frozen=True)
class ModelFilters:
    """What a model must be, whatever it reads.

    Raises:
        UsageError: A term makes no sense.
    """

    task: str = "text_recognition"
    tier: str | None = None
    max_size_mb: float | None = None
    min_coverage: float = MIN_COVERAGE
    installed: bool = False

    def __post_init__(self) -> None:
        tiers = get_args(Tier)
        if self.tier is not None and self.tier not in tiers:
            raise UsageError(f"tier: {self.tier!r} is not one of {', '.join(tiers)}{did_you_mean(self.tier, tiers)}")
        if not 0 <= self.min_coverage <= 1:
            raise UsageError(f"min_coverage: {self.min_coverage:g} is no share, 0 to 1")
        if self.max_size_mb is not None and not self.max_size_mb > 0:
            raise UsageError(f"max_size_mb: {self.max_size_mb:g} leaves no model")

    def failures(self, card: ModelCard, *, installed: bool) -> tuple[str, ...]:
        """Return which terms a model does not meet, in words that follow its name."""
        faults = []
        if self.tier is not None and card.tier != self.tier:
            faults.append(f"is of tier {card.tier or 'none'}, not {self.tier}")
        size = size_mb(card)
        if self.max_size_mb is not None and (size is None or size > self.max_size_mb):
            told = "has no published size" if size is None else f"has {size:g} MB"
            faults.append(f"{told}, and {self.max_size_mb:g} MB are allowed")
        if self.installed and not installed:
            faults.append("is not installed")
        return tuple(faults)


@dataclass(frozen=True)
class Candidate:
    """A model, and what is known of it for each language asked for."""

    card: ModelCard
    support: tuple[LanguageSupport, ...]
    """One a language, in the order asked."""
    is_default: bool
    """Whether the pipeline takes it where nobody says anything."""
    is_available: bool
    """Whether its weights are here, or can be fetched."""
    installed: bool
    """Whether its weights lie in the store."""
    failed_filters: tuple[str, ...] = ()
    """The terms that it does not meet, in words that follow its name."""
    unsupported: tuple[LanguageSupport, ...] = ()
    """The languages that it does not read."""

    @property
    def qualifies(self) -> bool:
        """Whether it meets the terms and reads all the languages."""
        return not self.failed_filters and not self.unsupported

    @property
    def rejections(self) -> tuple[str, ...]:
        """Why it does not qualify, in words that follow its name."""
        return (*self.failed_filters, *(one.explain_gap() for one in self.unsupported))

    @property
    def name(self) -> str:
        """The model's name."""
        return self.card.name

    @property
    def claimed(self) -> bool:
        """Whether the card claims all the languages."""
        return all(one.claimed for one in self.support)

    @property
    def share(self) -> float:
        """The least share of letters that it has of a language; 1 where they are not known."""
        return min(one.share for one in self.support)

    @property
    def accuracy(self) -> float:
        """The least figure published for the languages, in percent."""
        return min(quality(one.metric) for one in self.support)

    @cached_property
    def score(self) -> tuple[Any, ...]:
        """What candidates that qualify are ranked by, the highest first."""
        return tuple(step.measure(self) for step in CRITERIA)


@dataclass(frozen=True)
class Step:
    """One thing that ranks candidates, after all before it are equal."""

    measure: Callable[[Candidate], Any]
    """The higher the better."""
    why: Callable[[Candidate, Candidate], str]
    """Why the second comes behind the first, in words that follow the second's name."""


CRITERIA = (
    Step(lambda one: one.claimed, lambda _, __: "has the letters, but its publisher does not claim the language"),
    Step(
        lambda one: one.claimed and one.is_default,
        lambda first, _: f"is not the pipeline's default, as {first.name} is",
    ),
    Step(lambda one: one.is_available, lambda _, __: "is out of reach: no source that may be asked has its weights"),
    Step(
        lambda one: 0 if one.claimed else min(evidence.related_claims for evidence in one.support),
        lambda first, _: f"claims fewer languages in these letters than {first.name}",
    ),
    Step(
        lambda one: natural_key(one.card.version),
        lambda first, second: f"is of {second.card.version}, and {first.name} of {first.card.version}",
    ),
    Step(
        lambda one: one.accuracy,
        lambda first, second: f"has {_figure(second)} published, {first.name} {_figure(first)}",
    ),
    Step(lambda one: one.share, lambda first, second: f"has {second.share:.1%} of the letters, not {first.share:.1%}"),
    Step(
        lambda one: -(size_mb(one.card) or float("inf")),
        lambda first, second: f"is larger ({_size(second)}) than {first.name} ({_size(first)})",
    ),
    Step(
        lambda one: one.name,
        lambda first, _: f"comes before {first.name} by name, and nothing else tells them apart",
    ),
)
"""What ranks candidates. The pipeline's default first, since its answers are those that were compared with PaddleX's;
then what can be had; then the newest, the most accurate, the most complete, the smallest."""


def explain_order(first: Candidate, second: Candidate) -> str:
    """Return why the second candidate comes behind the first: the first step at which they differ, in words."""
    return next(step.why(first, second) for step in CRITERIA if step.measure(first) != step.measure(second))


def size_mb(card: ModelCard) -> float | None:
    """Return the published size in megabytes; else that of the files whose sizes are known."""
    if card.size_mb is not None:
        return card.size_mb
    known = max(sum(file.size or 0 for file in artifact.files) for artifact in card.artifacts.values())
    return round(known / 1e6, 1) if known else None


def cpu_ms(card: ModelCard) -> float | None:
    """Return the published milliseconds a line on a CPU in plain mode."""
    return next((one.ms for one in card.latency if (one.device, one.mode) == ("cpu", "normal")), None)


def _figure(candidate: Candidate) -> str:
    return f"{candidate.accuracy:g} %" if candidate.accuracy else "no figure"


def _size(candidate: Candidate) -> str:
    size = size_mb(candidate.card)
    return "size unknown" if size is None else f"{size:g} MB"
