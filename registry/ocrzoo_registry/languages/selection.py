"""Selection: from languages to the model that reads them, with the evidence and a reason for each.

Which model a language gets is asked of the cards and their charsets alone; no list of languages is kept here, so a
card of a third party takes part like any other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ocrzoo_registry.cards.loader import OfferedCard
from ocrzoo_registry.errors import UnknownLanguage, UsageError
from ocrzoo_registry.languages.ranking import MIN_COVERAGE, Candidate, Terms, why_behind
from ocrzoo_registry.languages.support import Evidence, collect
from ocrzoo_registry.languages.tags import Language, claims, find_all
from ocrzoo_registry.plugins import gc_pause
from ocrzoo_registry.plugins.specs import load_attribute
from ocrzoo_registry.store.store import SUFFIXES
from ocrzoo_registry.zoo import Zoo

log = logging.getLogger("ocrzoo")

_NEAREST = 3
"""So many of the nearest charsets are told of where nobody claims a language."""


@dataclass(frozen=True)
class Selection:
    """What was found for languages."""

    languages: tuple[Language, ...]
    candidates: tuple[Candidate, ...]
    """Those that qualify, the best first; then the others, the nearest first."""
    together: tuple[Candidate, ...]
    """The fewest models that read what can be read of the languages, each with the evidence for those it reads."""

    @property
    def winner(self) -> Candidate | None:
        """The model to take: it reads all the languages."""
        return self.candidates[0] if self.candidates and self.candidates[0].qualifies else None

    @property
    def unread(self) -> tuple[Language, ...]:
        """The languages that no candidate reads."""
        read = {one.language for candidate in self.together for one in candidate.evidence}
        return tuple(language for language in self.languages if language not in read)

    @property
    def readers(self) -> tuple[Candidate, ...]:
        """The models to take, each with the evidence for what it reads; none where a language is read by none.

        That is the winner, or the fewest together: the one for most scripts first, of equals that for the language
        named first.
        """
        if self.winner is not None:
            return (self.winner,)
        return () if self.unread else tuple(sorted(self.together, key=self._last))

    def _last(self, reader: Candidate) -> tuple[int, int]:
        read = [one.language for one in reader.evidence]
        return -len({language.script for language in read}), min(map(self.languages.index, read))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of how codes were understood, and of models that nobody vouches for."""
        told = tuple(language.note for language in self.languages if language.note)
        unclaimed = ((model, one) for model in self.readers for one in model.evidence if not one.claimed)
        return told + tuple(f"{model.name} {one.merit()}" for model, one in unclaimed)

    @property
    def reason(self) -> str:
        """Why the winner won, or why there is none, in one sentence."""
        if self.winner is not None:
            return self.why(self.winner)
        if not self.unread:
            parts = (f"{one.name} for {_listed(e.language for e in one.evidence)}" for one in self.together)
            return f"no single model reads {_listed(self.languages)}: the fewest that do are {' and '.join(parts)}"
        asked = ",".join(language.tag for language in self.languages)
        return (
            f"no model reads {_listed(self.unread)}: {'; '.join(map(self._nearest, self.unread))} "
            f"('ocrzoo models select --lang {asked} --explain' tells more; "
            f"docs/plugin-tutorial.md shows how to add a model)"
        )

    def why(self, candidate: Candidate) -> str:
        """Return why a candidate won, or why it did not, in one sentence."""
        if not candidate.qualifies:
            return f"{candidate.name} {', and '.join(candidate.faults)}"
        first = self.candidates[0]
        if candidate != first:
            return f"{candidate.name} {why_behind(first, candidate)}"
        rival = next((one for one in self.candidates[1:] if one.qualifies), None)
        behind = f"; the next, {rival.name}, {why_behind(first, rival)}" if rival else "; no other qualifies"
        return f"{first.name} {' and '.join(one.merit() for one in first.evidence)}{behind}"

    def _nearest(self, language: Language) -> str:
        """What stands between a language and the model that comes nearest to it."""
        place = self.languages.index(language)
        known = [(one.evidence[place], one) for one in self.candidates]
        near = [(evidence, one) for evidence, one in known if evidence.share]
        if not near and not language.required:
            return f"no model claims {language.name}, and its letters are not known"
        if not near:
            return f"no charset has letters of {language.name}"
        evidence, one = max(near, key=lambda pair: (not pair[1].unmet, pair[0].claimed, pair[0].share, pair[1].merit))
        return f"the nearest, {one.name}, {', and '.join(one.unmet) or evidence.lack()}"


@gc_pause.at_rest()
def select(
    lang: str | Iterable[str],
    *,
    zoo: Zoo | None = None,
    task: str = "text_recognition",
    tier: str | None = None,
    max_size_mb: float | None = None,
    min_coverage: float = MIN_COVERAGE,
    installed: bool = False,
    default: str | None = None,
    thorough: bool = False,
) -> Selection:
    """Find the model that reads a language, or all of several languages.

    ``lang`` is a tag, a name or a PaddleOCR code, or several, also with commas between. A model qualifies that claims
    the language and whose charset has ``min_coverage`` of its letters; where none does, one whose charset has them and
    that claims other languages in which they all occur. ``default`` is the model to prefer where it qualifies by a
    claim, if not given the OCR pipeline's. ``thorough`` also tells of models that have the letters and no claim where
    others have both.

    Raises:
        AmbiguousLanguage: A code has two meanings.
        UnknownLanguage: There is no such language. That no model reads it is no error here: ``winner`` is ``None``.
        UsageError: A term makes no sense.
    """
    zoo = zoo or Zoo()
    terms = Terms(task, tier, max_size_mb, min_coverage, installed)
    look = _Look(zoo, find_all(lang), terms, default_model(zoo) if default is None else default)
    models = [offered for offered in zoo.models if offered.card.task == terms.task]
    tags = frozenset().union(*(offered.card.languages for offered in models))
    if not tags:
        raise UsageError(f"no model of task {task} is made for a language: leave the task out")
    serving = frozenset(tag for tag in tags if any(claims([tag], language) for language in look.languages))
    claiming = [one for one in models if not serving.isdisjoint(one.card.languages)]
    found = [look.at(offered, look.evidence(offered)) for offered in claiming]
    if thorough or look.weak(found):
        claimers = {one.card.name for one in claiming}
        found += look.unclaimed([one for one in models if one.card.charset and one.card.name not in claimers], found)
    return _judge(look, found)


def select_recognition(zoo: Zoo, lang: str | Iterable[str], default: str) -> tuple[Candidate, ...]:
    """Return the models to read languages with, one where it reads all; warnings say what the user should know.

    Raises:
        AmbiguousLanguage: A code has two meanings.
        UnknownLanguage: No model reads one of the languages; the message has the letters that the nearest lacks.
    """
    found = select(lang, zoo=zoo, default=default)
    if not found.readers:
        raise UnknownLanguage(found.reason)
    for note in found.notes:
        log.warning(note)
    return found.readers


def default_model(zoo: Zoo, pipeline: str = "OCR") -> str:
    """Return the recognition model that a pipeline takes where nobody says anything; nothing if it has none."""
    if pipeline not in zoo.pipelines:
        return ""
    modules = load_attribute(zoo.pipelines.get(pipeline).config)().get("SubModules") or {}
    return str((modules.get("TextRecognition") or {}).get("model_name") or "")


@dataclass(frozen=True)
class _Look:
    """What is asked, and of which zoo."""

    zoo: Zoo
    languages: tuple[Language, ...]
    terms: Terms
    default: str

    def evidence(self, offered: OfferedCard) -> tuple[Evidence, ...]:
        """Put together what is known of a model and each language."""
        return tuple(collect(offered, language) for language in self.languages)

    def at(self, offered: OfferedCard, evidence: tuple[Evidence, ...]) -> Candidate:
        """Make a model a candidate."""
        installed = self.installed(offered)
        return Candidate(
            offered=offered,
            evidence=evidence,
            default=offered.card.name == self.default,
            within_reach=installed or self.zoo.within_reach(offered),
            installed=installed,
            unmet=self.terms.unmet(offered.card, installed=installed),
        )

    def installed(self, offered: OfferedCard) -> bool:
        """Whether a model lies in the store, complete."""
        name, folders = offered.card.name, self._folders
        return any(
            f"{name}{SUFFIXES[kind]}" in folders and self.zoo.store.find(name, kind) is not None
            for kind in offered.card.artefacts
        )

    @cached_property
    def _folders(self) -> frozenset[str]:
        """What lies in the store, by one look: a large catalogue has many models that do not."""
        try:
            return frozenset(path.name for path in self.zoo.store.root.iterdir())
        except OSError:
            return frozenset()

    def unclaimed(self, others: list[OfferedCard], found: list[Candidate]) -> list[Candidate]:
        """Of models that claim none of the languages: those with the letters of one; without any the nearest."""
        by_charset: dict[tuple[Path, str | None], list[OfferedCard]] = {}
        for offered in others:
            by_charset.setdefault((offered.root, offered.card.charset), []).append(offered)
        known = [(group, self.evidence(group[0])) for group in by_charset.values()]
        telling = [group for group, evidence in known if any(one.coverage and self.covers(one) for one in evidence)]
        if not telling and not found:
            some = [(min(one.share for one in evidence), group) for group, evidence in known]
            some.sort(key=lambda pair: pair[0], reverse=True)
            telling = [group[:1] for share, group in some[:_NEAREST] if share]
        return [self.at(offered, self.evidence(offered)) for group in telling for offered in group]

    def weak(self, found: Iterable[Candidate]) -> frozenset[Language]:
        """The languages that no model both claims and covers: letters without a claim have to do there."""
        fit = [candidate.evidence for candidate in found if not candidate.unmet]
        return frozenset(
            language
            for place, language in enumerate(self.languages)
            if not any(evidence[place].claimed and self.covers(evidence[place]) for evidence in fit)
        )

    def covers(self, one: Evidence) -> bool:
        """Whether the letters are there, or nobody knows them."""
        return one.covers(self.terms.min_coverage)

    def taught(self, one: Evidence) -> bool:
        """Whether the model has seen the letters in texts that it was made for."""
        return one.taught(self.terms.min_coverage)


def _judge(look: _Look, found: list[Candidate]) -> Selection:
    """Say of each candidate what it lacks, rank them, and find the fewest that read all."""
    weak = look.weak(found)

    def reads(one: Evidence) -> bool:
        return look.covers(one) and (one.claimed or (one.language in weak and look.taught(one)))

    def nearness(candidate: Candidate) -> tuple[object, ...]:
        merit = candidate.merit if candidate.claimed else ()
        return (not candidate.unmet, len(candidate.evidence) - len(candidate.lacking), candidate.share, merit)

    every = [replace(one, lacking=tuple(e for e in one.evidence if not reads(e))) for one in found]
    good = sorted((one for one in every if one.qualifies), key=_merit, reverse=True)
    bad = sorted((one for one in every if not one.qualifies), key=nearness, reverse=True)
    useful = [one for one in every if not one.unmet and len(one.lacking) < len(one.evidence)]
    parts = [replace(one, evidence=tuple(filter(reads, one.evidence))) for one in useful]
    parts.sort(key=_merit, reverse=True)
    places = smallest_cover([frozenset(e.language.tag for e in one.evidence) for one in parts])
    return Selection(look.languages, (*good, *bad), tuple(parts[place] for place in sorted(places)))


def _merit(one: Candidate) -> tuple[object, ...]:
    return one.merit


def _listed(languages: Iterable[Language]) -> str:
    return ", ".join(map(str, languages))


_EXACT = 12
"""Up to so many members the answer is exact (4096 subsets); beyond, each step takes the set that adds most."""


def smallest_cover(sets: Sequence[frozenset[str]]) -> list[int]:
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
