"""What people decided of lines: ``corrections.jsonl``, one JSON object a line, which is only appended to."""

from __future__ import annotations

import errno
import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import os_errors_as, read_bounded

FILE = "corrections.jsonl"
CROPS = "crops"
"""The folder beside it with the picture of each line."""
_MOST_BYTES = 1 << 30

Verdict = Literal["accepted", "corrected", "rejected", "undone"]
"""``accepted``: read as it is written; ``rejected``: not text, or not legible; ``undone``: not decided after all."""

Point = tuple[int, int]

log = logging.getLogger("ocrzoo")


@checked_dataclass(frozen=True, config=ConfigDict(extra="ignore"))
class Place:
    """Where a line is."""

    result: str
    """The file with the result, as an absolute path."""
    input_path: str
    """The page's file, as the result has it."""
    page_index: int | None
    """From 0, for files with several pages."""
    angle: Literal[0, 90, 180, 270]
    """Degrees counter-clockwise by which the page is to be turned: points are those of the page after that."""
    lines: Annotated[int, Field(gt=0)]
    """How many lines were detected on the page."""
    line: Annotated[int, Field(ge=0)]
    """Index in ``rec_texts`` of the result."""
    points: tuple[Point, Point, Point, Point]
    """Pixels, x and y."""
    crop: Annotated[str, Field(pattern=rf"^{CROPS}/[0-9a-f]{{64}}\.png$")]
    """Its picture, below the folder of this file, by its SHA-256."""

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from other lines."""
        return self.result, self.line

    @property
    def page(self) -> tuple[str, str, int | None, int]:
        """The page that it is on, as it was read for this result."""
        return self.result, self.input_path, self.page_index, self.angle


@checked_dataclass(frozen=True, config=ConfigDict(extra="ignore"))
class Correction:
    """One decision."""

    place: Place
    read: str
    """The text that was read."""
    text: str | None
    """The text that is written there; ``None`` if the line was rejected."""
    score: float
    """Of what was read, 0 to 1."""
    verdict: Verdict
    time: str
    """ISO 8601, UTC."""


_CORRECTION = TypeAdapter(Correction)


def decide(place: Place, read: str, score: float, text: str | None, *, undo: bool = False) -> Correction:
    """Return the decision that a text was written on a line; ``None``: that it is to be left out."""
    if undo:
        verdict: Verdict = "undone"
    elif text is None:
        verdict = "rejected"
    else:
        verdict = "accepted" if text == read else "corrected"
    kept = None if undo else text
    return Correction(place, read, kept, score, verdict, datetime.now(UTC).isoformat(timespec="seconds"))


class CorrectionLog:
    """The file of a folder, open for appending; a decision is in it once :meth:`append` returns."""

    def __init__(self, folder: Path) -> None:
        """Create the folder and the file, if there are none.

        Raises:
            UsageError: They cannot be written.
        """
        self.path = folder / FILE
        with os_errors_as(UsageError, f"{self.path} could not be written"):
            (folder / CROPS).mkdir(parents=True, exist_ok=True)
            if self.path.is_fifo():  # the next line would wait for its reader
                raise OSError(f"{self.path}: a pipe, not a file")
            self._file = self.path.open("ab", buffering=0)
            # The process before may have been killed while it wrote.
            self._torn = self._file.tell() > 0 and not _ends_in_line_end(self.path)

    def append(self, correction: Correction) -> None:
        """Write a decision, in one call to the system.

        Raises:
            UsageError: It cannot be written.
        """
        line = json.dumps(_flat(correction), ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        line = b"\n" + line if self._torn else line
        self._torn = True  # until all of it is there
        with os_errors_as(UsageError, f"{self.path} could not be written"):
            if self._file.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._torn = False

    def close(self) -> None:
        """Close it."""
        self._file.close()


def read_corrections(folder: Path) -> list[Correction]:
    """Return all decisions in the order in which they were made; lines that are not whole are left out, with a warning.

    Raises:
        UsageError: The file cannot be read.
    """
    path = folder / FILE
    with os_errors_as(UsageError, f"{path} could not be read"):
        content = read_bounded(path, _MOST_BYTES)
    found, faulty = [], list[int]()
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            found.append(_CORRECTION.validate_python(_nested(json.loads(line))))
        except (ValueError, TypeError, RecursionError, ValidationError):
            faulty.append(number)
    if faulty:
        more = f", and {len(faulty) - 1} others" if len(faulty) > 1 else ""
        log.warning("%s, line %d%s: not a decision, or not whole: left out", path, faulty[0], more)
    return found


def latest(corrections: Iterable[Correction]) -> dict[tuple[str, int], Correction]:
    """Return the last decision of each line; lines whose decision was undone have none."""
    last = {one.place.key: one for one in corrections}
    return {key: one for key, one in last.items() if one.verdict != "undone"}


_PLACE = tuple(Place.__dataclass_fields__)


def _flat(correction: Correction) -> dict[str, Any]:
    whole = asdict(correction)
    return {**whole.pop("place"), **whole}


def _nested(data: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise TypeError("not an object")
    return {**data, "place": {name: data[name] for name in _PLACE if name in data}}


def _ends_in_line_end(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"
