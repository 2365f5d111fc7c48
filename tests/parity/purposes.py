"""What differs from PaddleX on purpose, with the reason: nothing else may differ.

A purpose says which cases and which aspects of their answers it is about (shell patterns over ``Case.name`` and
``Finding.aspect``). The tests see that each is still needed, and that those which ``paddlex_quirks`` undoes are undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from case_comparison import Finding


@dataclass(frozen=True)
class Purpose:
    """One difference that is meant."""

    what: str
    theirs: str
    ours: str
    why: str
    aspects: Sequence[str]
    cases: Sequence[str] = ("*",)
    quirk: bool = False
    """Whether ``paddlex_quirks=True`` gives PaddleX's behaviour."""
    everywhere: bool = False
    """Whether it holds for every result."""

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is what this is about."""
        named = any(fnmatchcase(finding.case, pattern) for pattern in self.cases)
        return named and any(fnmatchcase(finding.aspect, pattern) for pattern in self.aspects)


def purpose_of(finding: Finding) -> Purpose | None:
    """Return why something differs, if that is on the list; the first purpose counts."""
    return next((purpose for purpose in PURPOSES if purpose.covers(finding)), None)


PURPOSES: Sequence[Purpose] = ()
