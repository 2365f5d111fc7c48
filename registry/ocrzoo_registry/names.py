"""Names: the nearest ones to a misspelled name, and their natural order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeAlias


def did_you_mean(wrong: str, known: Iterable[str], *, aliases: Mapping[str, str] | None = None, count: int = 3) -> str:
    """Return `` (did you mean a, b?)`` with the nearest names, or an empty string.

    ``aliases`` are other names; for one that is near, the name that it stands for is returned.
    """
    by_folded = {alias.casefold(): name for alias, name in (aliases or {}).items()}
    by_folded |= {name.casefold(): name for name in known}
    matches = get_close_matches(wrong.casefold(), by_folded, n=count, cutoff=0.5)
    if not matches:
        return ""
    return f" (did you mean {', '.join(dict.fromkeys(by_folded[match] for match in matches))}?)"


def canonical(distribution: str) -> str:
    """Return a distribution's name as pip compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


_ALIKE = str.maketrans({"-": "_", ".": "_", "0": "o", "1": "l", "i": "l"})


def lookalike(name: str) -> str:
    """Return a form that is the same for names that a reader or a file system may take for one another."""
    return unicodedata.normalize("NFKC", name).casefold().translate(_ALIKE)


NaturalKey: TypeAlias = list[tuple[int, str]]


def natural_key(name: str) -> NaturalKey:
    """Return a sort key in which v9 comes before v10."""
    parts = re.split(r"0*(\d+)", name.casefold())  # every second one is a number
    return [(len(part) if part.isdecimal() else 0, part) for part in parts]
