"""How text is chosen where it is not simply the best class of each column: what a user knows of the lines.

Characters that are allowed (:mod:`.characters`), spaces (:mod:`.spaces`), patterns and closed lists of which a line
must be one (:mod:`.patterns`, :mod:`.lexicon`), and what else a line might be (:mod:`.beam`);
:class:`~.decoder.Decoder` applies them to a network's output.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import read_lines

MOST_READINGS = 20
"""Most readings of a line that are returned."""
MOST_TERMS = 1000
"""Terms of ``allow`` and of ``deny``."""
MOST_PATTERNS = 8
MOST_ENTRIES = 100_000
"""Entries of a lexicon."""
_MOST_BYTES = 16 << 20
_LONGEST_TERMS = 100_000
"""Characters of all terms of ``allow`` or of ``deny``: five times those of the largest charset."""
_LONGEST_PATTERN = 500
_LONGEST_ENTRY = 200
"""Characters of an entry of a lexicon; a line has about a hundred."""

Terms = str | Sequence[str] | None
Lexicon = Path | Sequence[str] | None


@dataclass(frozen=True)
class Decoding:
    """What is known of the lines."""

    allow: tuple[str, ...] = ()
    """Terms of :mod:`.characters`; none: every character."""
    deny: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    """Regular expressions, or names of :data:`.patterns.NAMED`; a line matches one of them as a whole."""
    lexicon: tuple[str, ...] = ()
    """Lines, of which each line is one."""
    alternatives: int = 0
    """How many readings of a line are returned."""
    restore_spaces: bool = False
    """Whether spaces are added that the network sees but does not read (:mod:`.spaces`)."""

    @property
    def names(self) -> list[str]:
        """The parameters that are set."""
        return [one.name for one in fields(self) if getattr(self, one.name)]

    @property
    def is_constrained(self) -> bool:
        """Whether a line as a whole must be of some form."""
        return bool(self.patterns or self.lexicon)


PLAIN = Decoding()
"""The best class of each column, as PaddleX reads."""


def decoding(
    allow: Terms = None,
    deny: Terms = None,
    patterns: Terms = None,
    lexicon: Lexicon = None,
    alternatives: int = 0,
    *,
    restore_spaces: bool = False,
) -> Decoding:
    """Return what is known of lines, checked as far as it is without a model.

    Raises:
        UsageError: A value makes no sense, or the lexicon cannot be read.
    """
    from ocrzoo.decoding.characters import character_class

    chosen = Decoding(
        _terms("allow", allow),
        _terms("deny", deny),
        _texts("patterns", patterns),
        lexicon_entries(lexicon),
        alternatives,
        restore_spaces,
    )
    for name, terms in (("allow", chosen.allow), ("deny", chosen.deny)):
        character_class(name, terms)
    if len(chosen.patterns) > MOST_PATTERNS or any(not 0 < len(one) <= _LONGEST_PATTERN for one in chosen.patterns):
        raise UsageError(f"patterns: up to {MOST_PATTERNS} of 1 to {_LONGEST_PATTERN} characters are possible")
    if isinstance(alternatives, bool) or not isinstance(alternatives, int) or not 0 <= alternatives <= MOST_READINGS:
        raise UsageError(f"alternatives={alternatives!r}: a whole number from 0 to {MOST_READINGS} is needed")
    return chosen


def _texts(name: str, given: Any) -> tuple[str, ...]:
    texts = () if given is None else (given,) if isinstance(given, str) else given
    if not isinstance(texts, Sequence) or not all(isinstance(one, str) for one in texts):
        raise UsageError(f"{name}={given!r}: text is needed, or a list of it")
    return tuple(texts)


def _terms(name: str, given: Any) -> tuple[str, ...]:
    terms = _texts(name, given)
    if "" in terms:
        raise UsageError(f"{name}: a term is empty: leave it out")
    if len(terms) > MOST_TERMS or sum(map(len, terms)) > _LONGEST_TERMS:
        raise UsageError(f"{name}: up to {MOST_TERMS} terms are possible, of {_LONGEST_TERMS} characters together")
    return terms


def lexicon_entries(lexicon: Any) -> tuple[str, ...]:
    """Return the lines of a lexicon, each once; empty ones and white space at their ends are left out.

    Raises:
        UsageError: It cannot be read, or has no such lines.
    """
    if lexicon is None:
        return ()
    name = "lexicon"
    if isinstance(lexicon, Path):
        name = f"lexicon {lexicon}"
        try:
            lexicon = read_lines(lexicon, _MOST_BYTES)
        except UsageError as error:
            raise UsageError(f"lexicon {error}") from error
    if isinstance(lexicon, str) or not isinstance(lexicon, Sequence) or not all(isinstance(e, str) for e in lexicon):
        raise UsageError(f"{name}: a list of texts is needed, or the Path of a file with an entry a line")
    entries = tuple(dict.fromkeys(entry.strip() for entry in lexicon if entry.strip()))
    if not 0 < len(entries) <= MOST_ENTRIES or any(len(entry) > _LONGEST_ENTRY for entry in entries):
        raise UsageError(f"{name}: 1 to {MOST_ENTRIES} entries of 1 to {_LONGEST_ENTRY} characters are needed")
    return entries
