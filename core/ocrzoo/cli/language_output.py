"""Output of languages, candidates and missing letters: table cells, and plain data for JSON."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ocrzoo_registry.languages.ranking import Candidate
    from ocrzoo_registry.languages.selection import Selection
    from ocrzoo_registry.languages.support import LanguageSupport
    from ocrzoo_registry.languages.tags import Language

_MAX_LETTERS = 60
"""Letters shown in one cell."""


def letters_cell(one: LanguageSupport | None) -> str:
    """Return the number of a language's letters that a model has."""
    if one is None or one.coverage is None:
        return "not known"
    count, missing = one.coverage.required, len(one.coverage.missing)
    return f"all {count}" if not missing else f"{count - missing} of {count}"


def letters_text(letters: Iterable[str]) -> str:
    """Return letters separated by spaces, combining marks on a dotted circle, at most ``_MAX_LETTERS``."""
    shown = [f"\u25cc{letter}" if unicodedata.category(letter).startswith("M") else letter for letter in letters]
    more = f" and {len(shown) - _MAX_LETTERS} more" if len(shown) > _MAX_LETTERS else ""
    return " ".join(shown[:_MAX_LETTERS]) + more


def lacking_cell(support: Iterable[LanguageSupport]) -> str:
    """Return the letters that a model lacks, of languages that it claims or has some letters of."""
    known = [one.coverage for one in support if one.coverage and (one.share or one.claimed)]
    if known and not any(coverage.covered for coverage in known):
        return f"all {sum(coverage.required for coverage in known)}"
    missing = [letter for coverage in known for letter in coverage.missing]
    return letters_text(dict.fromkeys(missing))


def describe_selection(selection: Selection) -> dict[str, Any]:
    """Return a selection as plain data."""
    selected = selection.selected_model
    return {
        "languages": [describe_language(language) for language in selection.languages],
        "model": selected.name if selected else None,
        "reason": selection.reason,
        "notes": list(selection.notes),
        "minimal_set": [
            {"name": one.name, "languages": [e.language.tag for e in one.support]} for one in selection.minimal_set
        ],
        "refused": [{"name": one.name, "plugin": str(one.origin), "reason": one.reason} for one in selection.refused],
        "candidates": [describe_candidate(selection, one) for one in selection.candidates],
    }


def describe_language(language: Language) -> dict[str, Any]:
    """Return a language as plain data."""
    return {
        "tag": language.tag,
        "name": language.name,
        "script": language.script,
        "direction": language.direction,
        "letters": len(language.letters) or None,
    }


def describe_candidate(selection: Selection, one: Candidate) -> dict[str, Any]:
    """Return a candidate as plain data, with the reason why it was selected or not."""
    from ocrzoo_registry.cards.size import size_mb

    card = one.card
    return {
        "name": card.name,
        "qualifies": one.qualifies,
        "reason": selection.explain(one),
        "support": {support.language.tag: describe_support(support) for support in one.support},
        "tier": card.tier,
        "version": card.version,
        "size_mb": size_mb(card),
        "latency": [latency.model_dump(mode="json") for latency in card.latency],
        "installed": one.is_installed,
        "available": one.is_available,
    }


def describe_support(one: LanguageSupport) -> dict[str, Any]:
    """Return a model's support for a language as plain data."""
    return {
        "claimed": one.claimed,
        "coverage": None if one.coverage is None else round(one.coverage.share, 4),
        "required": None if one.coverage is None else one.coverage.required,
        "missing": None if one.coverage is None else one.coverage.missing_names,
        "metric": None if one.metric is None else one.metric.model_dump(mode="json", exclude_none=True),
    }
