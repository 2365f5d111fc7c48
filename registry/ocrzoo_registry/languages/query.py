"""What a selection asks for: languages and filters, and the candidates among the models of a zoo."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.languages.ranking import Candidate, ModelFilters
from ocrzoo_registry.languages.support import LanguageSupport, support_of
from ocrzoo_registry.languages.tags import Language
from ocrzoo_registry.plugins.found import RefusedCard

NEAREST = 3
"""Closest charsets that are listed if no model claims a language."""


class ModelProvider(Protocol):
    """The part of a zoo that a selection needs."""

    @property
    def models(self) -> Iterable[ModelCard]:
        """All model cards."""
        ...

    def is_available(self, card: ModelCard) -> bool:
        """Whether the weights are stored on this machine or an enabled source provides them."""
        ...

    @property
    def refused_cards(self) -> Iterable[RefusedCard]:
        """Faulty cards, which are none of the models."""
        ...

    @property
    def kept_out(self) -> str:
        """Which plugins are not allowed, in a clause; empty if all are."""
        ...

    def local_check(self) -> Callable[[ModelCard], bool]:
        """Return a function that reports whether a model is on this machine, for the present state of the store."""
        ...


@dataclass(frozen=True)
class Query:
    """Languages, filters, and the zoo to search."""

    zoo: ModelProvider
    languages: tuple[Language, ...]
    filters: ModelFilters
    default: str
    installed: Callable[[ModelCard], bool]

    def support_by(self, card: ModelCard) -> tuple[LanguageSupport, ...]:
        """Return a model's support for each language."""
        return tuple(support_of(card, language) for language in self.languages)

    def candidate(self, card: ModelCard, support: tuple[LanguageSupport, ...]) -> Candidate:
        """Return a model as a candidate."""
        return Candidate(
            card=card,
            support=support,
            is_default=card.name == self.default,
            is_available=self.zoo.is_available(card),
            installed=self.installed,
            prefer=self.filters.prefer,
            failed_filters=self.filters.failures(card, self.installed),
        )

    def unclaimed(self, others: list[ModelCard], found: list[Candidate]) -> list[Candidate]:
        """Candidates among models that claim no language: those with the letters of one; failing any, the closest."""
        by_charset: dict[tuple[Path, str | None], list[ModelCard]] = {}
        for card in others:
            by_charset.setdefault((card.folder, card.charset), []).append(card)
        known = [(group, self.support_by(group[0])) for group in by_charset.values()]
        chosen = [group for group, support in known if any(one.coverage and self.covers(one) for one in support)]
        if not chosen and not found:
            shares = [(min(one.share for one in support), group) for group, support in known]
            shares.sort(key=lambda pair: pair[0], reverse=True)
            chosen = [group[:1] for share, group in shares[:NEAREST] if share]
        return [self.candidate(card, self.support_by(card)) for group in chosen for card in group]

    def uncovered(self, found: Iterable[Candidate]) -> frozenset[Language]:
        """The languages that no model both claims and covers; there, letters without a claim are enough."""
        eligible = [candidate.support for candidate in found if not candidate.failed_filters]
        return frozenset(
            language
            for place, language in enumerate(self.languages)
            if not any(support[place].claimed and self.covers(support[place]) for support in eligible)
        )

    def covers(self, one: LanguageSupport) -> bool:
        """Whether the charset has the letters, or they are unknown and the language is claimed."""
        return one.covers(self.filters.min_coverage)
