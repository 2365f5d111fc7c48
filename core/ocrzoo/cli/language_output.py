"""How languages, candidates and what they lack are shown: in cells of tables, and as plain data for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ocrzoo_registry.languages.ranking import Candidate
    from ocrzoo_registry.languages.selection import Selection
    from ocrzoo_registry.languages.support import LanguageSupport
    from ocrzoo_registry.languages.tags import Language

_MANY = 60
"""So many letters are shown in one cell."""


def letters_cell(one: LanguageSupport | None) -> str:
    """Return how many letters a model has of a language."""
    if one is None or one.coverage is None:
        return "not known"
    count, missing = one.coverage.required, len(one.coverage.missing)
    return f"all {count}" if not missing else f"{count - missing} of {count}"


def letters_text(letters: Iterable[str]) -> str:
    """Return letters with spaces between, combining marks on a dotted circle, of many the first."""
    shown = [f"\u25cc{letter}" if _combines(letter) else letter for letter in letters]
    more = f" and {len(shown) - _MANY} more" if len(shown) > _MANY else ""
    return " ".join(shown[:_MANY]) + more


def lacking_cell(evidence: Iterable[LanguageSupport]) -> str:
    """Return the letters that a model lacks of languages of which it has some."""
    known = [one.coverage for one in evidence if one.coverage and one.share]
    missing = [letter for coverage in known for letter in coverage.missing]
    return letters_text(dict.fromkeys(missing))


def describe_selection(selection: Selection) -> dict[str, Any]:
    """Return a selection as plain data."""
    winner = selection.selected_model
    return {
        "languages": [describe_language(language) for language in selection.languages],
        "model": winner.name if winner else None,
        "reason": selection.reason,
        "notes": list(selection.notes),
        "minimal_set": [
            {"name": one.name, "languages": [e.language.tag for e in one.support]} for one in selection.minimal_set
        ],
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
    """Return a candidate as plain data, with why it won or did not."""
    from ocrzoo_registry.languages.ranking import size_mb

    card = one.card
    return {
        "name": card.name,
        "qualifies": one.qualifies,
        "reason": selection.explain(one),
        "support": {evidence.language.tag: describe_support(evidence) for evidence in one.support},
        "tier": card.tier,
        "version": card.version,
        "size_mb": size_mb(card),
        "latency": [latency.model_dump(mode="json") for latency in card.latency],
        "installed": one.installed,
        "is_available": one.is_available,
    }


def describe_support(one: LanguageSupport) -> dict[str, Any]:
    """Return what is known of a model and a language as plain data."""
    return {
        "claimed": one.claimed,
        "coverage": None if one.coverage is None else round(one.coverage.share, 4),
        "required": None if one.coverage is None else one.coverage.required,
        "missing": None if one.coverage is None else one.coverage.missing_names,
        "metric": None if one.metric is None else one.metric.model_dump(mode="json", exclude_none=True),
    }


def _combines(letter: str) -> bool:
    import unicodedata

    return unicodedata.category(letter).startswith("M")
