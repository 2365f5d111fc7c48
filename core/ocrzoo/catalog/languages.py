"""Languages of the catalog: which models claim each, and which letters their charsets lack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ocrzoo.catalog.entries import Claim, Entry
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.languages.ranking import ModelFilters
from ocrzoo_registry.languages.report import known_languages
from ocrzoo_registry.languages.selection import select
from ocrzoo_registry.languages.tags import Language, language_of_tag
from ocrzoo_registry.plugins.found import RefusedCard

STATES = ("complete", "partial", "unknown", "none")
"""From the best to the worst."""
_NAMED = 5
"""Models that a cell names at most."""


@dataclass(frozen=True)
class Cell:
    """How the models of one column support one language."""

    claims: tuple[tuple[Entry, Claim], ...]
    """The best first; at least one."""

    @property
    def state(self) -> str:
        """That of the best model."""
        return self.claims[0][1].state

    @property
    def mark(self) -> str:
        """One sign to see it by."""
        return {"complete": "\u25cf", "unknown": "?"}.get(self.state, f"\u2212{len(self.claims[0][1].missing)}")

    @property
    def words(self) -> str:
        """The same in words, with the models."""
        more = f"; {len(self.claims) - _NAMED} more" if len(self.claims) > _NAMED else ""
        return "; ".join(f"{entry.card.name}: {claim.words}" for entry, claim in self.claims[:_NAMED]) + more


@dataclass(frozen=True)
class LanguageRow:
    """One language: its cells by column, and the model to take."""

    language: Language
    best: Entry | None
    """The model to take; ``None``: no model qualifies."""
    claims: tuple[tuple[Entry, Claim], ...]

    def cells(self, kind: str) -> Mapping[str, Cell]:
        """Return its cells by family (``families``) or by model (``models``), of those that claim it."""
        return self._by_family if kind == "families" else self._by_model

    @cached_property
    def _by_family(self) -> Mapping[str, Cell]:
        found: dict[str, list[tuple[Entry, Claim]]] = {}
        for one in self.claims:
            found.setdefault(one[0].card.family, []).append(one)
        return {family: Cell(tuple(claims)) for family, claims in found.items()}

    @cached_property
    def _by_model(self) -> Mapping[str, Cell]:
        return {one[0].card.name: Cell((one,)) for one in self.claims}

    @property
    def own_name(self) -> str:
        """Its name in itself, if known."""
        known = self.language.orthography
        return known.own_name if known else ""

    @property
    def lacking(self) -> list[tuple[Entry, Claim]]:
        """The models that claim it and lack letters of it."""
        return [one for one in self.claims if one[1].missing]


@dataclass(frozen=True)
class _Cards:
    """The cards alone, as a zoo in which all models are available: the pages are the same on every machine."""

    models: Sequence[ModelCard]
    refused_cards: Iterable[RefusedCard] = ()
    kept_out: str = ""

    def is_available(self, _card: ModelCard) -> bool:
        return True

    def local_check(self) -> Callable[[ModelCard], bool]:
        return lambda _card: False


def language_rows(entries: Sequence[Entry], default: str) -> list[LanguageRow]:
    """Return every language that a model claims or PaddleOCR maps, by name; ``default`` as for :func:`.select`."""
    readers = [entry for entry in entries if entry.card.task == "text_recognition" and entry.card.languages]
    by_language: dict[tuple[str, str], list[tuple[Entry, Claim]]] = {}
    for entry in readers:
        for claim in entry.claims:
            by_language.setdefault((claim.language.language, claim.language.script), []).append((entry, claim))
    rows = []
    choose = _chooser(readers, default)
    for language in known_languages(_Cards([entry.card for entry in entries])):  # pyright: ignore[reportArgumentType]
        claims = sorted(by_language.get((language.language, language.script), ()), key=_rank)
        rows.append(LanguageRow(language, choose(language), tuple(claims)))
    return sorted(rows, key=lambda row: (row.language.name.casefold(), row.language.tag))


def _chooser(readers: Sequence[Entry], default: str) -> Callable[[Language], Entry | None]:
    """Return a function that selects the model for a language, as ``ocrzoo ocr`` does where all are available."""
    cards = _Cards([entry.card for entry in readers])
    by_name = {entry.card.name: entry for entry in readers}

    def choose(language: Language) -> Entry | None:
        found = select(cards, (language,), ModelFilters(), default=default)  # pyright: ignore[reportArgumentType]
        return by_name[found.selected_model.name] if found.selected_model else None

    return choose if readers else lambda _language: None


def _rank(one: tuple[Entry, Claim]) -> tuple[int, int]:
    return STATES.index(one[1].state), len(one[1].missing)


def tags_as_listed(rows: Iterable[LanguageRow]) -> Callable[[Entry], list[str]]:
    """Return a function that lists the languages that a model claims, by the tags that the rows have."""
    by_key = {(row.language.language, row.language.script): row.language.tag for row in rows}

    def tags(entry: Entry) -> list[str]:
        spoken = map(language_of_tag, entry.card.languages)
        return list(dict.fromkeys(by_key[one.language, one.script] for one in spoken))

    return tags
