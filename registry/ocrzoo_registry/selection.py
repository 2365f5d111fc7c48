"""Selection: from languages to the model that reads them, with the evidence and a reason for each.

Which model a language gets is asked of the cards and their charsets alone; no list of languages is kept here, so a
card of a third party takes part like any other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from ocrzoo_registry.candidates import MIN_COVERAGE, Candidate, Terms, why_behind
from ocrzoo_registry.card_files import OfferedCard
from ocrzoo_registry.contracts import load_attribute
from ocrzoo_registry.covers import smallest_cover
from ocrzoo_registry.errors import UnknownLanguage, UsageError
from ocrzoo_registry.evidence import Evidence, collect
from ocrzoo_registry.languages import Language, claims, find_all
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
        return self.candidates[0] if self.candidates and not self.candidates[0].faults else None

    @property
    def unread(self) -> tuple[Language, ...]:
        """The languages that no candidate reads."""
        read = {one.language for candidate in self.together for one in candidate.evidence}
        return tuple(language for language in self.languages if language not in read)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of how codes were understood, and of a winner that nobody vouches for."""
        winner = self.winner
        unclaimed = [one for one in winner.evidence if not one.claimed] if winner else []
        told = tuple(language.note for language in self.languages if language.note)
        return told + tuple(f"{winner.name} {one.merit()}" for one in unclaimed if winner)

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
        if candidate.faults:
            return f"{candidate.name} {', and '.join(candidate.faults)}"
        first = self.candidates[0]
        if candidate != first:
            return f"{candidate.name} {why_behind(first, candidate)}"
        rival = next((one for one in self.candidates[1:] if not one.faults), None)
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
    that claims other languages in which they all occur. ``default`` is the model to prefer where it qualifies by a claim,
    if not given the OCR pipeline's. ``thorough`` also tells of models that have the letters and no claim where others
    have both.

    Raises:
        AmbiguousLanguage: A code has two meanings.
        UnknownLanguage: There is no such language. That no model reads it is no error here: ``winner`` is ``None``.
        UsageError: A term makes no sense.
    """
    zoo = zoo or Zoo()
    terms = Terms(task, tier, max_size_mb, min_coverage, installed)
    look = _Look(zoo, find_all(lang), terms, default_model(zoo) if default is None else default)
    models = [offered for offered in zoo.models if offered.card.task == task]
    if not any(offered.card.languages for offered in models):
        raise UsageError(f"no model of task {task} is made for a language: leave the task out")
    claiming = [one for one in models if any(claims(one.card.languages, language) for language in look.languages)]
    found = [look.at(offered) for offered in claiming]
    if thorough or look.weak(found):
        claimers = {one.card.name for one in claiming}
        others = [look.at(one) for one in models if one.card.charset is not None and one.card.name not in claimers]
        found += _worth_telling(others, terms, alone=not found)
    return _judge(look, found)


def select_recognition(zoo: Zoo, lang: str, default: str) -> OfferedCard:
    """Return the model to read languages with; what the user should know is logged as a warning.

    Raises:
        AmbiguousLanguage: A code has two meanings.
        UnknownLanguage: No model reads the language, or all of the languages; the message has the letters it lacks.
    """
    found = select(lang, zoo=zoo, default=default)
    if found.winner is None:
        raise UnknownLanguage(found.reason)
    for note in found.notes:
        log.warning(note)
    return found.winner.offered


def default_model(zoo: Zoo, pipeline: str = "OCR") -> str:
    """Return the recognition model that a pipeline takes where nobody says anything; nothing if it has none."""
    if pipeline not in zoo.pipelines:
        return ""
    modules = load_attribute(zoo.pipelines.get(pipeline).config)().get("SubModules") or {}
    return str((modules.get("TextRecognition") or {}).get("model_name") or "")


class _Look(NamedTuple):
    """What is asked, and of which zoo."""

    zoo: Zoo
    languages: tuple[Language, ...]
    terms: Terms
    default: str

    def at(self, offered: OfferedCard) -> Candidate:
        """Put together what is known of a model."""
        card = offered.card
        installed = any(self.zoo.store.find(card.name, file_format) for file_format in card.artefacts)
        return Candidate(
            offered=offered,
            evidence=tuple(collect(offered, language) for language in self.languages),
            default=card.name == self.default,
            within_reach=installed or self.zoo.within_reach(offered),
            installed=installed,
            unmet=self.terms.unmet(card, installed=installed),
        )

    def weak(self, found: Iterable[Candidate]) -> frozenset[Language]:
        """The languages that no model both claims and covers: letters without a claim have to do there."""
        fit = [one for candidate in found if not candidate.unmet for one in candidate.evidence]
        return frozenset(self.languages) - {one.language for one in fit if one.claimed and self.covers(one)}

    def covers(self, one: Evidence) -> bool:
        """Whether the letters are there, or nobody knows them."""
        return one.covers(self.terms.min_coverage)

    def taught(self, one: Evidence) -> bool:
        """Whether the model has seen the letters in texts that it was made for."""
        return one.taught(self.terms.min_coverage)


def _worth_telling(others: list[Candidate], terms: Terms, *, alone: bool) -> list[Candidate]:
    """Of models that claim none of the languages: those with the letters of one; without any candidate the nearest."""
    telling = [one for one in others if any(e.related and e.covers(terms.min_coverage) for e in one.evidence)]
    if telling or not alone:
        return telling
    return sorted((one for one in others if one.share), key=lambda one: (one.share, one.merit), reverse=True)[:_NEAREST]


def _judge(look: _Look, found: list[Candidate]) -> Selection:
    """Say of each candidate what it lacks, rank them, and find the fewest that read all."""
    weak = look.weak(found)

    def read(candidate: Candidate) -> tuple[Evidence, ...]:
        enough = (one for one in candidate.evidence if look.covers(one))
        return tuple(one for one in enough if one.claimed or (look.taught(one) and one.language in weak))

    def judged(candidate: Candidate) -> Candidate:
        lacking = (one.lack() for one in candidate.evidence if one not in read(candidate))
        return replace(candidate, faults=(*candidate.unmet, *lacking))

    def nearness(candidate: Candidate) -> tuple[object, ...]:
        return (not candidate.faults, not candidate.unmet, len(read(candidate)), candidate.share, candidate.merit)

    ranked = sorted(map(judged, found), key=lambda one: one.merit, reverse=True)
    good = [one for one in ranked if not one.faults]
    bad = sorted((one for one in ranked if one.faults), key=nearness, reverse=True)
    parts = [replace(one, evidence=read(one)) for one in ranked if not one.unmet and read(one)]
    parts.sort(key=lambda one: one.merit, reverse=True)
    places = smallest_cover([frozenset(e.language.tag for e in one.evidence) for one in parts])
    return Selection(look.languages, (*good, *bad), tuple(parts[place] for place in sorted(places)))


def _listed(languages: Iterable[Language]) -> str:
    return ", ".join(map(str, languages))
