"""Lines of a paragraph joined to one text: with a space where the script has spaces, and words that were divided."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import pairwise

from ocrzoo.text.scripts import writes_spaces

SOFT_HYPHEN = "\u00ad"
"""Marks where a word is divided at the end of a line, and is no letter of it."""
_HYPHENS = f"-\u2010{SOFT_HYPHEN}"
_LETTERS = r"[^\W\d_]+"
_START = r"(?<![^\W\d_])"
"""Where letters begin; searching from there only is linear in their number."""
_COMPOUND = re.compile(rf"{_START}{_LETTERS}(?:[-\u2010]{_LETTERS})+")
_DIVIDED = re.compile(rf"{_START}({_LETTERS}(?:[-\u2010]{_LETTERS})*)[{_HYPHENS}]$")
_FOLLOWS = re.compile(_LETTERS)
_SUSPENDED = frozenset({"and", "or", "to", "und", "oder", "bis", "et", "ou", "y", "o", "e", "en", "of", "och", "og"})
"""Words after a hyphen that stands for the end of a later compound, as in *pre- and postwar*."""


def join_lines(lines: Iterable[str]) -> str:
    """Return lines as one text: a word that is divided is whole again, without its hyphen if that is a soft one."""
    shown = [stripped for line in lines if (stripped := line.strip())]
    return "".join([*(_before(line, after) for line, after in pairwise(shown)), *shown[-1:]])


def is_hyphenated(line: str, after: str, compounds: Collection[str] = ()) -> bool:
    """Whether the hyphen at the end of a line only divides a word, which goes on in the line after it.

    That is so if a small letter follows, unless ``compounds`` (:func:`compounds_of`) have the word with a hyphen.
    """
    start, end = _DIVIDED.search(line.rstrip()), _FOLLOWS.match(after.lstrip())
    if not (start and end) or end[0].casefold() in _SUSPENDED:
        return False
    return end[0][0].islower() and _plain(f"{start[1]}-{end[0]}") not in compounds


def compounds_of(lines: Iterable[str]) -> frozenset[str]:
    """Return the words that have a hyphen within a line, in small letters."""
    return frozenset(_plain(word) for line in lines for word in _COMPOUND.findall(line))


def _plain(word: str) -> str:
    return word.replace("\u2010", "-").casefold()


def is_spaced(line: str, after: str) -> bool:
    """Whether a space separates the text of a line from that of the line after it; neither is empty."""
    follows = _FOLLOWS.match(after)
    if _DIVIDED.search(line) and follows and follows[0].casefold() not in _SUSPENDED:
        return False
    return not line.endswith(SOFT_HYPHEN) and (writes_spaces(line[-1]) or writes_spaces(after[0]))


def _before(line: str, after: str) -> str:
    """A line as it is before another one in a text."""
    return f"{line} " if is_spaced(line, after) else line.removesuffix(SOFT_HYPHEN)
