"""What a check of a data set found, and the table of all checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ocrzoo.datasets.labels import MAX_TEXT_LENGTH, Label, LabelFile
from ocrzoo.datasets.pictures import Picture

Severity = Literal["error", "warning"]
"""``error``: lines are lost, or learned wrongly; ``warning``: worth a look."""

SCHEMA = 1
"""The version of the JSON report: keys are only added to it."""
_LONGEST = 500
"""Characters of an example: a path or a label may be as long as the file."""
_LISTED = 20
"""Places of a kind of fault that the JSON report names."""


@dataclass(frozen=True)
class Limits:
    """What labels are checked against."""

    charset: frozenset[str] | None = None
    """The characters that the model writes; ``None``: not checked."""
    charset_name: str = ""
    max_text_length: int = MAX_TEXT_LENGTH
    """Characters."""


@dataclass(frozen=True)
class Entry:
    """A line of a label file, with its picture."""

    label: Label
    picture: Picture


@dataclass(frozen=True)
class DataSet:
    """Label files with their pictures."""

    files: Sequence[LabelFile]
    entries: Mapping[str, Sequence[Entry]]
    """Of each file, by its name."""
    limits: Limits

    def all(self) -> Iterable[tuple[LabelFile, Entry]]:
        """Return every line with its file."""
        return ((file, entry) for file in self.files for entry in self.entries[file.name])


@dataclass(frozen=True)
class Check:
    """One check."""

    name: str
    severity: Severity
    what: str
    """What is wrong, of one line or several."""
    next_step: str
    find: Callable[[DataSet], Iterable[tuple[str, str]]]
    """Yields where each fault is, and what it is there."""


@dataclass(frozen=True)
class Fault:
    """What one check found."""

    check: Check
    count: int
    example: str
    """Where it is, and what."""
    places: Sequence[str] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "check": self.check.name,
            "severity": self.check.severity,
            "what": self.check.what,
            "count": self.count,
            "example": self.example,
            "places": list(self.places),
            "next_step": self.check.next_step,
        }


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def found_by(check: Check, data: DataSet) -> Fault | None:
    """Run a check; ``None`` if nothing is wrong."""
    count, example, places = 0, "", list[str]()
    for where, detail in check.find(data):
        count += 1
        example = example or _short(f"{where}: {detail}")
        if len(places) < _LISTED:
            places.append(where)
    return Fault(check, count, example, tuple(places)) if count else None
