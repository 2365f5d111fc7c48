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


def parse_pages(text: str, *, what: str, first: int = 1) -> Sequence[int]:
    """Return the pages of a text such as ``2,4-6``, counted from 0; ``what`` names its key in errors.

    ``first`` is how the text counts the first page.

    Raises:
        Problem: It is not such a text.
    """
    chosen: set[int] = set()
    count = 0
    for part in text.split(","):
        found = _PART.fullmatch(part.strip())
        begin = int(found[1]) if found else -1
        end = int(found[2] or found[1]) if found else -1
        count += end - begin + 1
        if not first <= begin <= end <= MAX_PAGE or count > MAX_PAGE:
            raise Problem(f"{what}: not pages such as {first}-3,5, counted from {first}", "invalid_request")
        chosen.update(range(begin - first, end - first + 1))
    return sorted(chosen)


def left_out(answer: Answer, chosen: Sequence[int] | None) -> int:
    """Return how many of the chosen pages were not read, because of the limit of the server."""
    wanted = answer.total_pages if chosen is None else sum(number < answer.total_pages for number in chosen)
    return wanted - len(answer.pages)
