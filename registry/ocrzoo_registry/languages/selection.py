"""Selection: from languages to the model that reads them, with the evidence and a reason for each.

Which model a language gets is asked of the cards and their charsets alone; no list of languages is kept here, so a
card of a third party takes part like any other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import UnknownLanguage, UsageError
from ocrzoo_registry.languages.ranking import Candidate, ModelFilters, explain_order
from ocrzoo_registry.languages.support import LanguageSupport, support_of
from ocrzoo_registry.languages.tags import Language, claims, parse_languages
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.plugins import gc_pause

log = logging.getLogger("ocrzoo")

_NEAREST = 3
"""So many of the nearest charsets are told of where nobody claims a language."""


@dataclass(frozen=True)
class Selection:
    """What was found for languages."""

    languages: tuple[Language, ...]
    candidates: tuple[Candidate, ...]
    """Those that qualify, the best first; then the others, the nearest first."""
    minimal_set: tuple[Candidate, ...]
    """The fewest models that read what can be read of the languages, each with the evidence for those it reads."""

    @property
    def selected_model(self) -> Candidate | None:
        """The model to take: it reads all the languages."""
        return self.candidates[0] if self.candidates and self.candidates[0].qualifies else None

    @property
    def unsupported(self) -> tuple[Language, ...]:
        """The languages that no candidate reads."""
        read = {one.language for candidate in self.minimal_set for one in candidate.support}
        return tuple(language for language in self.languages if language not in read)

    @property
    def selected_models(self) -> tuple[Candidate, ...]:
        """The models to take, each with the evidence for what it reads; none where a language is read by none.

        That is the winner, or the fewest together: the one for most scripts first, of equals that for the language
        named first.
        """
        if self.selected_model is not None:
            return (self.selected_model,)
        return () if self.unsupported else tuple(sorted(self.minimal_set, key=self._last))

    def require(self) -> tuple[Candidate, ...]:
        """Return the models to take, and log what the user should know about them.

        Raises:
            UnknownLanguage: No model reads one of the languages; the message has the letters that the nearest lacks.
        """
        if not self.selected_models:
            raise UnknownLanguage(self.reason)
        for note in self.notes:
            log.warning(note)
        return self.selected_models

    def _last(self, reader: Candidate) -> tuple[int, int]:
        read = [one.language for one in reader.support]
        return -len({language.script for language in read}), min(map(self.languages.index, read))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of how codes were understood, and of models that nobody vouches for."""
        told = tuple(language.note for language in self.languages if language.note)
        unclaimed = ((model, one) for model in self.selected_models for one in model.support if not one.claimed)
        return told + tuple(f"{model.name} {one.explain()}" for model, one in unclaimed)

    @property
    def reason(self) -> str:
        """Why the winner won, or why there is none, in one sentence."""
        if self.selected_model is not None:
            return self.explain(self.selected_model)
        if not self.unsupported:
            parts = (f"{one.name} for {_listed(e.language for e in one.support)}" for one in self.minimal_set)
            return f"no single model reads {_listed(self.languages)}: the fewest that do are {' and '.join(parts)}"
        asked = ",".join(language.tag for language in self.languages)
        return (
            f"no model reads {_listed(self.unsupported)}: {'; '.join(map(self._nearest, self.unsupported))} "
            f"('ocrzoo models select --lang {asked} --explain' tells more; "
            f"docs/plugin-tutorial.md shows how to add a model)"
        )

    def explain(self, candidate: Candidate) -> str:
        """Return why a candidate won, or why it did not, in one sentence."""
        if not candidate.qualifies:
            return f"{candidate.name} {', and '.join(candidate.rejections)}"
        first = self.candidates[0]
        if candidate != first:
            return f"{candidate.name} {explain_order(first, candidate)}"
        rival = next((one for one in self.candidates[1:] if one.qualifies), None)
        behind = f"; the next, {rival.name}, {explain_order(first, rival)}" if rival else "; no other qualifies"
        return f"{first.name} {' and '.join(one.explain() for one in first.support)}{behind}"

    def _nearest(self, language: Language) -> str:
        """What stands between a language and the model that comes nearest to it."""
        place = self.languages.index(language)
        known = [(one.support[place], one) for one in self.candidates]
        near = [(evidence, one) for evidence, one in known if evidence.share]
        if not near and not language.letters:
            return f"no model claims {language.name}, and its letters are not known"
        if not near:
            return f"no charset has letters of {language.name}"
        evidence, one = max(
            near, key=lambda pair: (not pair[1].failed_filters, pair[0].claimed, pair[0].share, pair[1].score)
        )
        return f"the nearest, {one.name}, {', and '.join(one.failed_filters) or evidence.explain_gap()}"


class Models(Protocol):
    """What a selection asks of the zoo."""

    @property
    def models(self) -> Iterable[ModelCard]:
        """All model cards."""
        ...

    def is_available(self, card: ModelCard) -> bool:
        """Whether the weights are on this machine or a source that may be asked has them."""
        ...

    def installed_check(self) -> Callable[[ModelCard], bool]:
        """Return a function that says whether a model is in the store, as the store is now."""
        ...


@gc_pause.at_rest()
def select(
    zoo: Models, lang: str | Iterable[str], terms: ModelFilters, *, default: str = "", include_unclaimed: bool = False
) -> Selection:
    """Find the model that reads a language, or all of several languages.

    See :func:`ocrzoo_registry.zoo.select_models`; ``default`` is the model to prefer where it qualifies by a claim.

    Raises:
        AmbiguousLanguage: A code has two meanings.
        UnknownLanguage: There is no such language.
        UsageError: No model of the task is made for a language.
    """
    look = _Look(zoo, parse_languages(lang), terms, default, zoo.installed_check())
    models = [card for card in zoo.models if card.task == terms.task]
    tags = frozenset().union(*(card.languages for card in models))
    if not tags:
        hint = "" if models else did_you_mean(terms.task, {card.task for card in zoo.models})
        raise UsageError(f"no model of task {terms.task} is made for a language{hint}: leave the task out")
    serving = frozenset(tag for tag in tags if any(claims([tag], language) for language in look.languages))
    claiming = [one for one in models if not serving.isdisjoint(one.languages)]
    found = [look.at(card, look.support_by(card)) for card in claiming]
    if include_unclaimed or look.weak(found):
        claimers = {one.name for one in claiming}
        found += look.unclaimed([one for one in models if one.charset and one.name not in claimers], found)
    return _judge(look, found)


@dataclass(frozen=True)
class _Look:
    """What is asked, and of which zoo."""

    zoo: Models
    languages: tuple[Language, ...]
    terms: ModelFilters
    default: str
    installed: Callable[[ModelCard], bool]

    def support_by(self, card: ModelCard) -> tuple[LanguageSupport, ...]:
        """Put together what is known of a model and each language."""
        return tuple(support_of(card, language) for language in self.languages)

    def at(self, card: ModelCard, support: tuple[LanguageSupport, ...]) -> Candidate:
        """Make a model a candidate."""
        installed = self.installed(card)
        return Candidate(
            card=card,
            support=support,
            is_default=card.name == self.default,
            is_available=installed or self.zoo.is_available(card),
            installed=installed,
            failed_filters=self.terms.failures(card, installed=installed),
        )

    def unclaimed(self, others: list[ModelCard], found: list[Candidate]) -> list[Candidate]:
        """Of models that claim none of the languages: those with the letters of one; without any the nearest."""
        by_charset: dict[tuple[Path, str | None], list[ModelCard]] = {}
        for card in others:
            by_charset.setdefault((card.folder, card.charset), []).append(card)
        known = [(group, self.support_by(group[0])) for group in by_charset.values()]
        telling = [group for group, evidence in known if any(one.coverage and self.covers(one) for one in evidence)]
        if not telling and not found:
            some = [(min(one.share for one in evidence), group) for group, evidence in known]
            some.sort(key=lambda pair: pair[0], reverse=True)
            telling = [group[:1] for share, group in some[:_NEAREST] if share]
        return [self.at(card, self.support_by(card)) for group in telling for card in group]

    def weak(self, found: Iterable[Candidate]) -> frozenset[Language]:
        """The languages that no model both claims and covers: letters without a claim have to do there."""
        fit = [candidate.support for candidate in found if not candidate.failed_filters]
        return frozenset(
            language
            for place, language in enumerate(self.languages)
            if not any(evidence[place].claimed and self.covers(evidence[place]) for evidence in fit)
        )

    def covers(self, one: LanguageSupport) -> bool:
        """Whether the letters are there, or nobody knows them."""
        return one.covers(self.terms.min_coverage)

    def trained_on(self, one: LanguageSupport) -> bool:
        """Whether the model has seen the letters in texts that it was made for."""
        return one.trained_on(self.terms.min_coverage)


def _judge(look: _Look, found: list[Candidate]) -> Selection:
    """Say of each candidate what it lacks, rank them, and find the fewest that read all."""
    weak = look.weak(found)

    def reads(one: LanguageSupport) -> bool:
        return look.covers(one) and (one.claimed or (one.language in weak and look.trained_on(one)))

    def nearness(candidate: Candidate) -> tuple[object, ...]:
        merit = candidate.score if candidate.claimed else ()
        supported = len(candidate.support) - len(candidate.unsupported)
        return (not candidate.failed_filters, supported, candidate.share, merit)

    every = [replace(one, unsupported=tuple(e for e in one.support if not reads(e))) for one in found]
    good = sorted((one for one in every if one.qualifies), key=_merit, reverse=True)
    bad = sorted((one for one in every if not one.qualifies), key=nearness, reverse=True)
    useful = [one for one in every if not one.failed_filters and len(one.unsupported) < len(one.support)]
    parts = [replace(one, support=tuple(filter(reads, one.support))) for one in useful]
    parts.sort(key=_merit, reverse=True)
    places = minimum_set_cover([frozenset(e.language.tag for e in one.support) for one in parts])
    return Selection(look.languages, (*good, *bad), tuple(parts[place] for place in sorted(places)))


def _merit(one: Candidate) -> tuple[object, ...]:
    return one.score


def _listed(languages: Iterable[Language]) -> str:
    return ", ".join(map(str, languages))


_EXACT = 12
"""Up to so many members the answer is exact (4096 subsets); beyond, each step takes the set that adds most."""


def minimum_set_cover(sets: Sequence[frozenset[str]]) -> list[int]:
    """Return the places of the fewest sets whose union is the union of all; of equal ones the first."""
    places: dict[frozenset[str], int] = {}
    for place, members in enumerate(sets):
        places.setdefault(members, place)
    everything = frozenset().union(*places)
    useful = {members: place for members, place in places.items() if not any(members < other for other in places)}
    if len(everything) > _EXACT:
        return _greedy(everything, useful)
    best: dict[frozenset[str], tuple[int, ...]] = {frozenset(): ()}
    for members, place in useful.items():
        for held, taken in list(best.items()):
            union = held | members
            if union not in best or len(taken) + 1 < len(best[union]):
                best[union] = (*taken, place)
    return list(best[everything])


def _greedy(everything: frozenset[str], places: dict[frozenset[str], int]) -> list[int]:
    taken: list[int] = []
    left = everything
    while left:
        members = max(places, key=lambda members: (len(members & left), -places[members]))
        taken.append(places[members])
        left -= members
    return taken
