"""Survey: every language that a model claims or PaddleOCR maps, its best model here, and PaddleOCR's choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ocrzoo_registry.languages.ranking import MIN_COVERAGE, Terms
from ocrzoo_registry.languages.selection import Models, Selection, select
from ocrzoo_registry.languages.support import Evidence, collect
from ocrzoo_registry.languages.tags import Language, PaddleCode, find_tag, paddle_codes


@dataclass(frozen=True)
class Surveyed:
    """What is known of a language."""

    language: Language
    selection: Selection
    codes: tuple[PaddleCode, ...]
    """PaddleOCR's codes for it."""
    theirs: Evidence | None
    """What is known of the model that PaddleOCR takes for it; ``None`` where it takes none, or it is not on offer."""

    @property
    def best(self) -> Evidence | None:
        """The evidence of the winner, else of the nearest."""
        return self.selection.candidates[0].evidence[0] if self.selection.candidates else None

    @property
    def uncovered(self) -> bool:
        """Whether PaddleOCR takes the language and a model that lacks letters of it."""
        return self.theirs is not None and self.theirs.coverage is not None and not self.theirs.covers(MIN_COVERAGE)

    @property
    def unproven(self) -> bool:
        """Whether PaddleOCR takes the language, and nobody knows its letters."""
        return self.theirs is not None and self.theirs.coverage is None


def survey(zoo: Models, default: str) -> Iterator[Surveyed]:
    """Yield every language that a model claims or PaddleOCR maps, by tag; ``default`` as for a selection."""
    for language in known_languages(zoo):
        yield look_up(zoo, language, default)


def look_up(zoo: Models, language: Language, default: str) -> Surveyed:
    """Return what is known of one language."""
    by_name = {card.name: card for card in zoo.models}
    codes = tuple(code for code in paddle_codes().values() if _same(find_tag(code.tag), language))
    theirs = next((collect(by_name[code.model], language) for code in codes if code.model in by_name), None)
    return Surveyed(language, select(zoo, language.tag, Terms(), default=default), codes, theirs)


def known_languages(zoo: Models) -> list[Language]:
    """Return every language that a model claims or PaddleOCR maps, each script for itself, by tag."""
    tags = {tag for card in zoo.models for tag in card.languages}
    found = {
        (language.language, language.script): language
        for language in map(find_tag, sorted({*tags, *(code.tag for code in paddle_codes().values())}))
    }
    return sorted(found.values(), key=lambda language: language.tag)


def _same(one: Language, other: Language) -> bool:
    return (one.language, one.script) == (other.language, other.script)
