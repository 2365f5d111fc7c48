"""Coverage: which letters of a language a charset can write, and which it lacks.

A charset writes a letter that it has as an entry, or whose base and combining marks it has as entries. It is a matter
of a millisecond, so nothing is computed ahead: what a plugin brings is measured like everything else.
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

LOOK_ALIKES = {"\u02bc": "'\u2019", "\u02bb": "'\u2018"}
"""Letters that texts and networks write as an apostrophe; Unicode CLDR 48.2 lets parsers take them for one."""

_composed = partial(unicodedata.normalize, "NFC")


@dataclass(frozen=True)
class Coverage:
    """What a charset has of the letters of a language."""

    letters: frozenset[str]
    """What the language needs, in both cases; never empty."""
    written: frozenset[str]
    """Those of them that the charset can write."""

    @property
    def required(self) -> int:
        """How many letters the language needs."""
        return len(self.letters)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Those that the charset cannot write: lower case first, each by code point."""
        return tuple(sorted(self.letters - self.written, key=lambda letter: (letter.isupper(), letter)))

    @cached_property
    def share(self) -> float:
        """The share of letters that are there, 0 to 1."""
        return len(self.written) / len(self.letters)

    @property
    def missing_names(self) -> dict[str, str]:
        """The missing letters and their names in Unicode."""
        return {letter: name_of(letter) for letter in self.missing}


def name_of(letter: str) -> str:
    """Return a letter's name in Unicode, or its number where it has none."""
    return unicodedata.name(letter, f"U+{ord(letter):04X}")


def measure(charset: Iterable[str], orthography: Orthography) -> Coverage | None:
    """Return what a charset has of the letters of a language; ``None`` where these are not known."""
    return _measure(_normal(charset), orthography)


def coverage_of(card: ModelCard, language: Language) -> Coverage | None:
    """Return what a model's charset has of a language; ``None`` without a charset, or letters to ask for.

    Raises:
        CardError: The charset cannot be read.
    """
    if card.charset is None or language.orthography is None:
        return None
    return _coverage(str(card.folder), card.charset, language.orthography.tag)


def _measure(entries: frozenset[str], orthography: Orthography) -> Coverage | None:
    required = orthography.required
    if not required:
        return None
    written = required & entries
    if alike := required & {letter for letter, others in LOOK_ALIKES.items() if not entries.isdisjoint(others)}:
        written |= alike
    if len(written) < len(required) and not entries.isdisjoint(orthography.last_marks):
        composed = orthography.composed.items()
        written |= {letter for letter, parts in composed if entries.issuperset(parts)}
    return Coverage(required, required if len(written) == len(required) else written)


@lru_cache(maxsize=1 << 13)
def _coverage(root: str, charset: str, tag: str) -> Coverage | None:
    orthography = read_orthography(tag)
    return None if orthography is None else _measure(_entries(Path(root, charset)), orthography)


@lru_cache(maxsize=512)
def _entries(charset: Path) -> frozenset[str]:
    return _normal(read_charset(charset))


def _normal(charset: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_composed, charset))
