"""Support matrix: every language that a model claims or PaddleOCR maps, its best model, and PaddleOCR's choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ocrzoo_registry.languages.query import ModelProvider
from ocrzoo_registry.languages.ranking import MIN_COVERAGE, ModelFilters
from ocrzoo_registry.languages.selection import Selection, select
from ocrzoo_registry.languages.support import LanguageSupport, support_of
from ocrzoo_registry.languages.tags import Language, PaddleCode, language_of_tag, paddle_codes


@dataclass(frozen=True)
class LanguageReport:
    """One row of the support matrix."""

    language: Language
    selection: Selection
    codes: tuple[PaddleCode, ...]
    """PaddleOCR's codes for it."""
    paddleocr_support: LanguageSupport | None
    """Support by the model that PaddleOCR chooses; ``None`` if it chooses none, or the model is not registered."""

    @property
    def best_support(self) -> LanguageSupport | None:
        """Support by the selected model, or else by the closest."""
        return self.selection.candidates[0].support[0] if self.selection.candidates else None

    @property
    def paddleocr_lacks_letters(self) -> bool:
        """Whether PaddleOCR's model for the language lacks letters of it."""
        support = self.paddleocr_support
        return support is not None and support.coverage is not None and not support.covers(MIN_COVERAGE)

    @property
    def paddleocr_unverified(self) -> bool:
        """Whether PaddleOCR has a model for the language, but its letters are not known."""
        return self.paddleocr_support is not None and self.paddleocr_support.coverage is None


def support_matrix(zoo: ModelProvider, default: str) -> Iterator[LanguageReport]:
    """Yield a report on every known language, sorted by tag; ``default`` as for :func:`.select`."""
    for language in known_languages(zoo):
        yield report_on(zoo, language, default)


def report_on(zoo: ModelProvider, language: Language, default: str) -> LanguageReport:
    """Return the report on one language."""
    by_name = {card.name: card for card in zoo.models}
    codes = tuple(code for code in paddle_codes().values() if _same(language_of_tag(code.tag), language))
    support = next((support_of(by_name[code.model], language) for code in codes if code.model in by_name), None)
    return LanguageReport(language, select(zoo, (language,), ModelFilters(), default=default), codes, support)


def known_languages(zoo: ModelProvider) -> list[Language]:
    """Return every language that a model claims or PaddleOCR maps, one per script, sorted by tag."""
    tags = {tag for card in zoo.models for tag in card.languages}
    found = {
        (language.language, language.script): language
        for language in map(language_of_tag, sorted({*tags, *(code.tag for code in paddle_codes().values())}))
    }
    return sorted(found.values(), key=lambda language: language.tag)


def _same(one: Language, other: Language) -> bool:
    return (one.language, one.script) == (other.language, other.script)
