"""Survey: every language that a model claims or PaddleOCR maps, its best model here, and PaddleOCR's choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ocrzoo_registry.languages.ranking import MIN_COVERAGE
from ocrzoo_registry.languages.selection import Selection, default_model, select
from ocrzoo_registry.languages.support import Evidence, collect
from ocrzoo_registry.languages.tags import Language, PaddleCode, find_tag, paddle_codes
from ocrzoo_registry.zoo import Zoo


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


def survey(zoo: Zoo) -> Iterator[Surveyed]:
    """Yield every language that a model of the zoo claims or PaddleOCR maps, by tag."""
    default = default_model(zoo)
    for language in known_languages(zoo):
        yield look_up(zoo, language, default)


def look_up(zoo: Zoo, language: Language, default: str | None = None) -> Surveyed:
    """Return what is known of one language."""
    codes = tuple(code for code in paddle_codes().values() if _same(find_tag(code.tag), language))
    theirs = next((collect(zoo.models.get(code.model), language) for code in codes if code.model in zoo.models), None)
    return Surveyed(language, select(language.tag, zoo=zoo, default=default), codes, theirs)


def known_languages(zoo: Zoo) -> list[Language]:
    """Return every language that a model claims or PaddleOCR maps, each script for itself, by tag."""
    tags = {tag for offered in zoo.models for tag in offered.card.languages}
    found = {
        (language.language, language.script): language
        for language in map(find_tag, sorted({*tags, *(code.tag for code in paddle_codes().values())}))
    }
    return sorted(found.values(), key=lambda language: language.tag)


def _same(one: Language, other: Language) -> bool:
    return (one.language, one.script) == (other.language, other.script)
