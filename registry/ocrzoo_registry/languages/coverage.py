"""Charset coverage: the letters of a language that a charset can produce, and those it lacks.

A charset covers a letter if it has the letter, or its base and combining marks, as entries. This takes about a
millisecond, so nothing is precomputed and charsets of plugins are measured like any other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path

from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.languages.orthography import Orthography
from ocrzoo_registry.languages.orthography import read as read_orthography
from ocrzoo_registry.languages.tags import Language

APOSTROPHES = {"\u02bc": "'\u2019", "\u02bb": "'\u2018"}
"""Letters that texts and charsets often write as an apostrophe (lenient parsing of Unicode CLDR 48.2)."""

_composed = partial(unicodedata.normalize, "NFC")


@dataclass(frozen=True)
class Coverage:
    """Coverage of a language's letters by a charset."""

    letters: frozenset[str]
    """The letters that the language needs, in both cases; never empty."""
    covered: frozenset[str]
    """Those of them that the charset can produce."""

    @property
    def required(self) -> int:
        """Number of letters that the language needs."""
        return len(self.letters)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The letters that the charset lacks: lower case first, then by code point."""
        return tuple(sorted(self.letters - self.covered, key=lambda letter: (letter.isupper(), letter)))

    @cached_property
    def share(self) -> float:
        """Share of covered letters, 0 to 1."""
        return len(self.covered) / len(self.letters)

    @property
    def missing_names(self) -> dict[str, str]:
        """The missing letters and their Unicode names."""
        return {letter: name_of(letter) for letter in self.missing}


def name_of(letter: str) -> str:
    """Return a letter's Unicode name, or its code point if it has none."""
    return unicodedata.name(letter, f"U+{ord(letter):04X}")


def measure(charset: Iterable[str], orthography: Orthography) -> Coverage | None:
    """Return the coverage of a language by a charset; ``None`` if its letters are not known."""
    return _measure(_normalized(charset), orthography)


def coverage_of(card: ModelCard, language: Language) -> Coverage | None:
    """Return the coverage of a language by a model's charset; ``None`` if either is not known.

    Raises:
        CardError: The charset cannot be read.
    """
    if card.charset is None or language.orthography_tag is None:
        return None
    return _coverage(str(card.folder), card.charset, language.orthography_tag)


def _measure(entries: frozenset[str], orthography: Orthography) -> Coverage | None:
    required = orthography.required
    if not required:
        return None
    covered = required & entries
    if alike := required & {letter for letter, others in APOSTROPHES.items() if not entries.isdisjoint(others)}:
        covered |= alike
    if len(covered) < len(required) and not entries.isdisjoint(orthography.last_marks):
        composed = orthography.composed.items()
        covered |= {letter for letter, parts in composed if entries.issuperset(parts)}
    return Coverage(required, required if len(covered) == len(required) else covered)


@lru_cache(maxsize=1 << 13)
def _coverage(root: str, charset: str, tag: str) -> Coverage | None:
    orthography = read_orthography(tag)
    return None if orthography is None else _measure(_entries(Path(root, charset)), orthography)


@lru_cache(maxsize=512)
def _entries(charset: Path) -> frozenset[str]:
    return _normalized(read_charset(charset))


def _normalized(charset: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_composed, charset))
