"""Model selection: the models that read given languages, and the reason for each decision.

Decisions use model cards and charsets only, no list of languages: third-party cards are treated like any other.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ocrzoo_registry.errors import AmbiguousLanguage, UnknownLanguage, UsageError
from ocrzoo_registry.languages.aliases import language_of_country
from ocrzoo_registry.languages.query import NEAREST, ModelProvider, Query
from ocrzoo_registry.languages.ranking import Candidate, ModelFilters, Preference, explain_order
from ocrzoo_registry.languages.set_cover import minimum_set_cover
from ocrzoo_registry.languages.support import LanguageSupport
from ocrzoo_registry.languages.tags import Language, claims, language_of_tag, parse_languages
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.plugins.found import RefusedCard
from ocrzoo_registry.plugins.gc_pause import gc_paused

log = logging.getLogger("ocrzoo")


@dataclass(frozen=True)
class Selection:
    """The models found for languages, and why."""

    languages: tuple[Language, ...]
    candidates: tuple[Candidate, ...]
    """Models that qualify, best first; then the others, closest first."""
    minimal_set: tuple[Candidate, ...]
    """The fewest models that read all supported languages, each with its support for the languages it reads."""
    prefer: Preference = "best"
    refused: tuple[RefusedCard, ...] = ()
    """Faulty cards that claim one of the languages: they do not count."""
    kept_out: str = ""
    """Which distributions have plugins that are not allowed, in a clause; empty if all are."""

    @property
    def selected_model(self) -> Candidate | None:
        """The best model that reads all the languages; ``None`` if there is none."""
        return self.candidates[0] if self.candidates and self.candidates[0].qualifies else None

    @property
    def unsupported(self) -> tuple[Language, ...]:
        """The languages that no candidate reads."""
        supported = {one.language for candidate in self.minimal_set for one in candidate.support}
        return tuple(language for language in self.languages if language not in supported)

    @property
    def selected_models(self) -> tuple[Candidate, ...]:
        """The models to use, each with its support for the languages it reads; empty if a language is unsupported.

        This is the selected model, or else the minimal set: the model for most scripts first, then the one for the
        language given first.
        """
        if self.selected_model is not None:
            return (self.selected_model,)
        return () if self.unsupported else tuple(sorted(self.minimal_set, key=self._position))

    def require(self) -> tuple[Candidate, ...]:
        """Return the selected models; log the notes as warnings.

        Raises:
            UnknownLanguage: A language is unsupported; the message names the letters that the closest model lacks.
        """
        if not self.selected_models:
            raise UnknownLanguage(self.reason)
        for note in self.notes:
            log.warning(note)
        return self.selected_models

    def _position(self, model: Candidate) -> tuple[int, int]:
        read = [one.language for one in model.support]
        return -len({language.script for language in read}), min(map(self.languages.index, read))

    @property
    def notes(self) -> tuple[str, ...]:
        """Warnings about ambiguous language codes, models that do not claim the language, and letters they lack."""
        notes = tuple(language.note for language in self.languages if language.note)
        support = ((model, one.warning) for model in self.selected_models for one in model.support)
        return notes + tuple(f"{model.name} {warning}" for model, warning in support if warning)

    @property
    def reason(self) -> str:
        """Why the model was selected, or why none was, in one sentence."""
        if self.selected_model is not None:
            return self.explain(self.selected_model)
        if not self.unsupported:
            parts = (f"{one.name} for {_listed(e.language for e in one.support)}" for one in self.minimal_set)
            return f"no single model reads {_listed(self.languages)}: the smallest set is {' and '.join(parts)}"
        tags = ",".join(language.tag for language in self.languages)
        return (
            f"no model reads {_listed(self.unsupported)}: "
            f"{'; '.join([*map(self._closest, self.unsupported), *map(str, self.refused)])}"
            f"{f'; {self.kept_out}' if self.kept_out else ''}"
            f"{self._advice} (see 'ocrzoo models select --lang {tags} --explain'; "
            "docs/plugins/tutorial.md shows how to add a model)"
        )

    def explain(self, candidate: Candidate) -> str:
        """Return why a candidate was selected or not, in one sentence."""
        if not candidate.qualifies:
            return f"{candidate.name} {', and '.join(candidate.rejections)}"
        first = self.candidates[0]
        if candidate != first:
            return f"{candidate.name} {explain_order(first, candidate)}"
        second = next((one for one in self.candidates[1:] if one.qualifies), None)
        ranking = f"; the next, {second.name}, {explain_order(first, second)}" if second else "; no other qualifies"
        ranking += self._installed_alternative
        return f"{first.name} {' and '.join(one.explain() for one in first.support)}{ranking}"

    @property
    def _installed_alternative(self) -> str:
        """A model on this machine that also qualifies, if the selected one is not; empty otherwise."""
        first, *others = self.candidates
        if self.prefer != "best" or first.is_installed:
            return ""
        installed = next((one for one in others if one.qualifies and one.is_installed), None)
        return f"; {installed.name} is on this machine (--prefer installed)" if installed else ""

    @property
    def _advice(self) -> str:
        """What the user may do about unsupported languages: accept missing letters, or write another language."""
        advice = [
            f"; {one.tag!r} as a country is {language_of_tag(likely).name}: use {likely!r}"
            for one in self.unsupported
            if (likely := language_of_country(one.tag)) is not None and likely != one.tag
        ]
        claimed = {e.language for one in self.candidates if not one.failed_filters for e in one.support if e.readable}
        if claimed.issuperset(self.unsupported):
            advice.append("; to read it all the same, add --accept_missing (in Python accept_missing=True)")
        return "".join(advice)

    def _closest(self, language: Language) -> str:
        """The closest model to a language, and why it does not qualify."""
        place = self.languages.index(language)
        known = [(one.support[place], one) for one in self.candidates]
        close = [(support, one) for support, one in known if support.share]
        if not close and not language.letters:
            return f"no model claims {language.name}, and its letters are not known"
        if not close and (claiming := [(support, one) for support, one in known if support.claimed]):
            return "; ".join(f"{one.name} {support.explain_gap()}" for support, one in claiming[:NEAREST])
        if not close:
            return f"no charset has letters of {language.name}"
        support, one = max(
            close, key=lambda pair: (not pair[1].failed_filters, pair[0].claimed, pair[0].share, pair[1].score)
        )
        return f"the closest, {one.name}, {', and '.join(one.failed_filters) or support.explain_gap()}"


@gc_paused()
def select(
    zoo: ModelProvider,
    lang: str | Iterable[str | Language],
    filters: ModelFilters,
    *,
    default: str = "",
    include_unclaimed: bool = False,
) -> Selection:
    """Select the model that reads a language, or all of several languages.

    See :func:`ocrzoo_registry.zoo.select_models`; ``default`` is the model to prefer if its card claims the languages.

    Raises:
        AmbiguousLanguage: A code has two meanings.
        UnknownLanguage: There is no such language.
        UsageError: Models of the task are not language-specific.
    """
    languages = _parsed(zoo, lang, filters, default)
    if filters.prefer == "installed" and not filters.installed:
        local = select(zoo, languages, replace(filters, installed=True), default=default)
        if local.selected_models:
            return local
    query = Query(zoo, languages, filters, default, zoo.local_check())
    models = [card for card in zoo.models if card.task == filters.task]
    tags = frozenset().union(*(card.languages for card in models))
    if not tags:
        if models:
            raise UsageError(f"models of task {filters.task} are not language-specific: omit the task")
        hint = did_you_mean(filters.task, {card.task for card in zoo.models})
        raise UsageError(f"no model has the task {filters.task!r}{hint}")
    serving = frozenset(tag for tag in tags if any(claims([tag], language) for language in query.languages))
    claiming = [one for one in models if not serving.isdisjoint(one.languages)]
    found = [query.candidate(card, query.support_by(card)) for card in claiming]
    if include_unclaimed or query.uncovered(found):
        names = {one.name for one in claiming}
        found += query.unclaimed([one for one in models if one.charset and one.name not in names], found)
    refused = [
        one
        for one in zoo.refused_cards
        if one.task in {"", filters.task} and any(claims(one.languages, language) for language in query.languages)
    ]
    return replace(_rank(query, found), refused=tuple(refused), kept_out=zoo.kept_out)


def _parsed(
    zoo: ModelProvider, lang: str | Iterable[str | Language], filters: ModelFilters, default: str
) -> tuple[Language, ...]:
    """The languages; an ambiguous code is also told what a model lacks for PaddleOCR's meaning (``ka``)."""
    try:
        return parse_languages(lang)
    except AmbiguousLanguage as error:
        if error.meaning is None:
            raise
        found = select(zoo, error.meaning, filters, default=default)
        if found.selected_models:
            raise
        raise AmbiguousLanguage(f"{error}; {found.reason.partition(' (see ')[0]}", error.meaning) from error


def _rank(query: Query, found: list[Candidate]) -> Selection:
    """Determine what each candidate lacks, rank them, and find the minimal set."""
    uncovered = query.uncovered(found)

    def has_letters(one: LanguageSupport) -> bool:
        trained = one.language in uncovered and one.trained_on(query.filters.min_coverage)
        return query.covers(one) and (one.claimed or trained)

    supported = {e.language for one in found if not one.failed_filters for e in one.support if has_letters(e)}

    def reads(one: LanguageSupport) -> bool:
        accepted = query.filters.accept_missing and one.language not in supported
        return has_letters(one) or (accepted and one.readable)

    def closeness(candidate: Candidate) -> tuple[object, ...]:
        score = candidate.score if candidate.claimed else ()
        supported = len(candidate.support) - len(candidate.unsupported)
        return (not candidate.failed_filters, supported, candidate.share, score)

    every = [replace(one, unsupported=tuple(e for e in one.support if not reads(e))) for one in found]
    good = sorted((one for one in every if one.qualifies), key=_score, reverse=True)
    bad = sorted((one for one in every if not one.qualifies), key=closeness, reverse=True)
    useful = [one for one in every if not one.failed_filters and len(one.unsupported) < len(one.support)]
    parts = [replace(one, support=tuple(filter(reads, one.support))) for one in useful]
    parts.sort(key=_score, reverse=True)
    places = minimum_set_cover([frozenset(e.language.tag for e in one.support) for one in parts])
    chosen = tuple(parts[place] for place in sorted(places))
    return Selection(query.languages, (*good, *bad), chosen, query.filters.prefer)


def _score(one: Candidate) -> tuple[object, ...]:
    return one.score


def _listed(languages: Iterable[Language]) -> str:
    return ", ".join(map(str, languages))
