"""Survey: every language that a model claims or PaddleOCR maps, its best model here, and PaddleOCR's choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ocrzoo_registry.languages.ranking import MIN_COVERAGE, ModelFilters
from ocrzoo_registry.languages.selection import Models, Selection, select
from ocrzoo_registry.languages.support import LanguageSupport, support_of
from ocrzoo_registry.languages.tags import Language, PaddleCode, language_of_tag, paddle_codes


@dataclass(frozen=True)
class LanguageReport:
    """What is known of a language."""

    language: Language
    selection: Selection
    codes: tuple[PaddleCode, ...]
    """PaddleOCR's codes for it."""
    paddleocr_support: LanguageSupport | None
    """What is known of the model that PaddleOCR takes for it; ``None`` where it takes none, or it is not on offer."""

    @property
    def best_support(self) -> LanguageSupport | None:
        """The evidence of the winner, else of the nearest."""
        return self.selection.candidates[0].support[0] if self.selection.candidates else None

    @property
    def paddleocr_lacks_letters(self) -> bool:
        """Whether PaddleOCR takes the language and a model that lacks letters of it."""
        support = self.paddleocr_support
        return support is not None and support.coverage is not None and not support.covers(MIN_COVERAGE)

    @property
    def paddleocr_unverified(self) -> bool:
        """Whether PaddleOCR takes the language, and nobody knows its letters."""
        return self.paddleocr_support is not None and self.paddleocr_support.coverage is None


def support_matrix(zoo: Models, default: str) -> Iterator[LanguageReport]:
    """Yield every language that a model claims or PaddleOCR maps, by tag; ``default`` as for a selection."""
    for language in known_languages(zoo):
        yield report_on(zoo, language, default)


def report_on(zoo: Models, language: Language, default: str) -> LanguageReport:
    """Return what is known of one language."""
    by_name = {card.name: card for card in zoo.models}
    codes = tuple(code for code in paddle_codes().values() if _same(language_of_tag(code.tag), language))
    theirs = next((support_of(by_name[code.model], language) for code in codes if code.model in by_name), None)
    return LanguageReport(language, select(zoo, language.tag, ModelFilters(), default=default), codes, theirs)


def known_languages(zoo: Models) -> list[Language]:
    """Return every language that a model claims or PaddleOCR maps, each script for itself, by tag."""
    tags = {tag for card in zoo.models for tag in card.languages}
    found = {
        (language.language, language.script): language
        for language in map(language_of_tag, sorted({*tags, *(code.tag for code in paddle_codes().values())}))
    }
    return sorted(found.values(), key=lambda language: language.tag)


def _same(one: Language, other: Language) -> bool:
    return (one.language, one.script) == (other.language, other.script)
