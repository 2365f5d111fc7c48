"""Hold an answer of ocrzoo against PaddleX's to the same case, key by key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

PIXELS = 1
"""How far a coordinate may be off."""
SCORE = 2e-4
"""How far a score may be off: twice the most that another CPU's kernels move one (docs/agreement.md)."""
LEVELS = 0.5
"""How far the means of two pictures' squares may be apart, of 255."""

NOTHING = "(nothing)"
"""Stands where one side has no such thing."""


@dataclass(frozen=True)
class Finding:
    """One thing that was compared."""

    case: str
    page: int | None
    """Which result of the case; ``None`` for the case as a whole."""
    aspect: str
    """``key:rec_texts``, ``type:rec_texts``, ``pages:output_img``, ``outcome`` and the like."""
    ours: Any
    theirs: Any
    equal: bool

    def __str__(self) -> str:
        """Return the finding in one line."""
        place = self.case if self.page is None else f"{self.case}, result {self.page}"
        return f"{place}: {self.aspect}: ours {self.ours!r:.300}, theirs {self.theirs!r:.300}"


def compare(case: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield everything that was compared of one case."""
    yield Finding(case, None, "outcome", *_pair(ours, theirs, _outcome))
    results = _answered(ours), _answered(theirs)
    yield Finding(case, None, "results", *_pair(*results, len))
    for page, (mine, other) in enumerate(zip(*results, strict=False)):
        yield from _compare_results(case, page, mine, other)


def _answered(answer: Mapping[str, Any]) -> list[Any]:
    """The results that are answers: PaddleX yields one that tells of a mistake before it raises an error."""
    return [result for result in answer["results"] if "error" not in result["json"]]


def _compare_results(case: str, page: int, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _compare_keys(case, page, "key", ours["json"], theirs["json"])
    common = [[key for key in one["json"] if key in other["json"]] for one, other in ((ours, theirs), (theirs, ours))]
    yield Finding(case, page, "order", common[0], common[1], common[0] == common[1])
    equal = [key for key in common[0] if _near(key)(ours["json"][key], theirs["json"][key])]
    kinds = ({key: one["types"][key] for key in equal} for one in (ours, theirs))
    yield from _compare_keys(case, page, "type", *kinds)
    for aspect in ("pages", "printed", "printed to", "img", "files"):
        yield from _compare_keys(case, page, aspect, ours.get(aspect, {}), theirs.get(aspect, {}))


def _compare_keys(
    case: str, page: int, aspect: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Iterator[Finding]:
    for key in dict.fromkeys([*theirs, *ours]):
        mine, other = ours.get(key, NOTHING), theirs.get(key, NOTHING)
        nothing = NOTHING in (_text(mine), _text(other))
        equal = mine == other if nothing or aspect == "type" else _near(key)(mine, other)
        yield Finding(case, page, f"{aspect}:{key}", mine, other, equal)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _near(key: str) -> Callable[[Any, Any], bool]:
    return NEAR.get(key, _same)


def _pair(ours: Any, theirs: Any, what: Callable[[Any], Any]) -> tuple[Any, Any, bool]:
    mine, other = what(ours), what(theirs)
    return mine, other, _ended(mine) == _ended(other)


def _outcome(answer: Mapping[str, Any]) -> str:
    return f"error in {answer['when']}: {answer['error']}" if "error" in answer else "answers"


def _ended(outcome: Any) -> Any:
    """What is compared of an outcome: that there was an error, not in whose words."""
    return outcome.partition(":")[0].partition(" in ")[0] if isinstance(outcome, str) else outcome


def _same(mine: Any, other: Any) -> bool:
    return bool(mine == other)


def within(most: float) -> Callable[[Any, Any], bool]:
    """Return a comparison of numbers, and of lists of them, that allows a difference."""

    def near(mine: Any, other: Any) -> bool:
        if isinstance(mine, list) and isinstance(other, list):
            return len(mine) == len(other) and all(map(near, mine, other))
        return abs(float(mine) - float(other)) <= most

    return near


def _like(mine: Any, other: Any) -> bool:
    """Whether two pictures are the same, or as near as two computers' arithmetic brings them."""
    if mine["size"] != other["size"]:
        return False
    apart = np.abs(np.array(mine["means"]) - np.array(other["means"])).max(initial=0)
    return bool(mine["sha256"] == other["sha256"] or apart <= LEVELS)


_ADDED = re.compile(
    r", '(dt_scores|reading_order|line_counts|rec_polys_original)': (array\(.*?\)|\[.*?\]|\{.*?\}|None)(?=, '|\}\})",
    re.DOTALL,
)
"""Keys that ocrzoo adds, in a printed dictionary."""


def _printed(mine: Any, other: Any) -> bool:
    """Whether the same is printed, but for the keys that ocrzoo adds (which are compared on their own)."""
    return bool((_ADDED.sub("", mine) if isinstance(mine, str) else mine) == other)


NEAR: Mapping[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("dt_polys", "rec_polys", "rec_boxes", "text_word_boxes"), within(PIXELS)),
    "rec_scores": within(SCORE),
    **dict.fromkeys(("rot_img", "output_img"), _like),
    "print(False)": _printed,
}
"""Keys that are not compared exactly."""
