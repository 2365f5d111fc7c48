"""Hold an answer of our server against PaddleX's to the same request, field by field; what differs on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from case_comparison import NEAR, NOTHING, within

LEVELS = 2.0
"""How far a picture's mean color may be off, of 255."""
DRAWN_LEVELS = 20.0
"""The same of a picture with drawn results: colors and fonts are each side's own."""
ADDED = ("dt_scores", "reading_order", "line_counts", "rec_polys_original")
"""Keys of ocrzoo's results that PaddleX's have not (docs/paddlex-differences.md)."""


@dataclass(frozen=True)
class Difference:
    """One field that is not the same."""

    request: str
    field: str
    """Where it is: ``status``, ``headers.allow``, ``body.json.result.dataInfo.type``, with ``keys of`` before it for
    the order and ``type of`` for the kind of a value."""
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        """Return the difference in one line."""
        return f"{self.request}: {self.field}: ours {self.ours!r:.300}, theirs {self.theirs!r:.300}"


@dataclass(frozen=True)
class Allowed:
    """A difference that is meant: shell patterns over the names of requests, and over fields."""

    what: str
    theirs: str
    ours: str
    why: str
    requests: Sequence[str] = ("*",)
    fields: Sequence[str] = ("*",)

    def covers(self, difference: Difference) -> bool:
        """Whether a difference is this one."""
        named = any(fnmatchcase(difference.request, pattern) for pattern in self.requests)
        return named and any(fnmatchcase(difference.field, pattern) for pattern in self.fields)


def differences(request: str, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield all that differs between two answers to one request."""
    for part in ("status", "headers", "body"):
        for field, mine, other in _differing(part, part, ours[part], theirs[part]):
            yield Difference(request, field, mine, other)


def _differing(field: str, key: str, ours: Any, theirs: Any) -> Iterator[tuple[str, Any, Any]]:
    if key == "color" and ours != NOTHING:
        if not within(DRAWN_LEVELS if ".ocrImage." in field else LEVELS)(ours, theirs):
            yield field, ours, theirs
    elif isinstance(ours, dict) and isinstance(theirs, dict):
        common = [[name for name in one if name in other] for one, other in ((ours, theirs), (theirs, ours))]
        if common[0] != common[1]:
            yield f"keys of {field}", common[0], common[1]
        for name in dict.fromkeys([*theirs, *ours]):
            mine, other = ours.get(name, NOTHING), theirs.get(name, NOTHING)
            yield from _differing(f"{field}.{name}", name, mine, other)
    elif kind(ours) != kind(theirs):
        yield f"type of {field}" if NOTHING not in (ours, theirs) else field, ours, theirs
    elif key in NEAR and isinstance(ours, list):
        if not _near(key, ours, theirs):
            yield field, ours, theirs
    elif isinstance(ours, list) and len(ours) == len(theirs):
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _differing(f"{field}.{number}", key, mine, other)
    elif ours != theirs:
        yield field, ours, theirs


def _near(key: str, ours: Any, theirs: Any) -> bool:
    try:
        return NEAR[key](ours, theirs)
    except TypeError:  # one has a list where the other has a number
        return False


def kind(value: Any) -> str:
    """Return what JSON calls a value, and whether a number is written with a fraction."""
    return type(value).__name__


def allowed_by(difference: Difference) -> Allowed | None:
    """Return why something differs, if that is on the list."""
    return next((one for one in ALLOWED if one.covers(difference)), None)


ALLOWED: Sequence[Allowed] = (
    Allowed(
        what="keys of results",
        theirs="absent",
        ours="there",
        why="ocrzoo's results have them; no client reads a key that it does not know",
        fields=tuple(f"*.{key}" for key in ADDED),
    ),
)
"""All that differs on purpose, with the reason; the first that covers a difference counts."""
