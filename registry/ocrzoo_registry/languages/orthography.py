"""Orthographies: the letters that texts of a language need, from Unicode CLDR.

``orthographies.tsv`` beside this module has one line a language (``docs/orthographies.py`` makes it). A line is found
without parsing the others, so asking for one language costs a fraction of a millisecond.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, cast

Direction = Literal["ltr", "rtl", "ttb"]
"""How lines run: from the left, from the right, or down in columns."""

_COLUMNS = 9


@dataclass(frozen=True)
class Orthography:
    """How a language is written in one script; characters are in NFC."""

    tag: str
    """CLDR's name of it: the language, with script or region where those change the letters."""
    script: str
    """ISO 15924."""
    direction: Direction
    name: str
    """In English."""
    own_name: str
    """In the language itself; may be empty."""
    letters: frozenset[str]
    """Lower case, or all of a script without case; empty where CLDR does not know them."""
    capitals: frozenset[str]
    """Upper case by the language's own rules, without what ``letters`` has already."""
    digits: frozenset[str]
    punctuation: frozenset[str]

    @cached_property
    def required(self) -> frozenset[str]:
        """The letters that a text may hold, in both cases."""
        return self.letters | self.capitals

    @cached_property
    def composed(self) -> Mapping[str, str]:
        """The letters that Unicode also writes as a base and combining marks, and how: NFD."""
        written = ((letter, unicodedata.normalize("NFD", letter)) for letter in self.required)
        return {letter: parts for letter, parts in written if len(parts) > 1}

    @cached_property
    def last_marks(self) -> frozenset[str]:
        """What those letters end with in NFD: a charset with none of it can put no letter together."""
        return frozenset(parts[-1] for parts in self.composed.values())

    @cached_property
    def decomposed(self) -> frozenset[str]:
        """The characters that the same letters need in NFD: bases, and combining marks apart."""
        return (self.required - self.composed.keys()).union(*self.composed.values())


@cache
def read(tag: str) -> Orthography | None:
    """Return the orthography under this very tag, such as ``sr-Latn``, or ``None``."""
    text = _text()
    start = text.find(f"\n{tag}\t") + 1
    return _parse(text[start : text.index("\n", start)]) if start and tag else None


@cache
def tags() -> tuple[str, ...]:
    """Return every tag on file."""
    return tuple(row.partition("\t")[0] for row in _rows())


@cache
def names() -> Mapping[str, str]:
    """Return the tag of every name, English or a language's own, case-folded."""
    found: dict[str, str] = {}
    for row in _rows():
        tag, _, _, name, own, *_ = _cells(row)
        found.setdefault(name.casefold(), tag)
        found.setdefault(own.casefold(), tag)
    found.pop("", None)
    return found


@cache
def directions() -> Mapping[str, Direction]:
    """Return how the lines of each script run that a language on file is written in."""
    return {script: cast("Direction", direction) for _, script, direction, *_ in map(_cells, _rows())}


def _parse(row: str) -> Orthography:
    tag, script, direction, name, own, letters, capitals, digits, punctuation = _cells(row)
    sets = (_expand(letters), _expand(capitals), _expand(digits), frozenset(punctuation))
    return Orthography(tag, script, cast("Direction", direction), name, own, *sets)


def _cells(row: str) -> list[str]:
    cells = row.split("\t")
    return cells + [""] * (_COLUMNS - len(cells))


def _expand(written: str) -> frozenset[str]:
    """Read characters as the file has them: ``a-e`` is a row, and a space keeps a mark off the letter before it."""
    rows = re.sub("(.)-(.)", lambda ends: "".join(map(chr, range(ord(ends[1]), ord(ends[2]) + 1))), written)
    return frozenset(rows) - {" "}


def _rows() -> list[str]:
    return [row for row in _text().split("\n") if row and not row.startswith("#")]


@cache
def _text() -> str:
    return Path(__file__).with_name("orthographies.tsv").read_text(encoding="utf-8")
