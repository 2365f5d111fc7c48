"""Pages that a client chooses: ``2,4-6``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ocrzoo.serving.problems import Problem

if TYPE_CHECKING:
    from ocrzoo.serving.reading import Answer

MAX_PAGE = 100_000
"""The last page that can be chosen."""
_PART = re.compile(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?")


def parse_pages(text: str, *, what: str) -> Sequence[int]:
    """Return the pages of a text such as ``2,4-6``, counted from 0; ``what`` names its key in errors.

    Raises:
        Problem: It is not such a text.
    """
    chosen: set[int] = set()
    for part in text.split(","):
        found = _PART.fullmatch(part.strip())
        first = int(found[1]) if found else 0
        last = int(found[2] or found[1]) if found else 0
        if not 1 <= first <= last <= MAX_PAGE:
            raise Problem(f"{what}: not pages such as 1-3,5, counted from 1", "invalid_request")
        chosen.update(range(first - 1, last))
    return sorted(chosen)


def left_out(answer: Answer, chosen: Sequence[int] | None) -> int:
    """Return how many of the chosen pages were not read, because of the limit of the server."""
    wanted = answer.total_pages if chosen is None else sum(number < answer.total_pages for number in chosen)
    return wanted - len(answer.pages)
