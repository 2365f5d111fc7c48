"""Unicode's scripts: that of each character, their names and directions, from ``scripts.tsv``."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

UNKNOWN = "Zzzz"
"""The script of code points that Unicode has not assigned."""


@dataclass(frozen=True)
class Script:
    """A script by its code of ISO 15924."""

    code: str
    name: str
    """Unicode's English name."""
    direction: Literal["ltr", "rtl"]


@dataclass(frozen=True)
class _Table:
    scripts: dict[str, Script]
    starts: list[int]
    """First code point of each range, ascending."""
    ranges: list[tuple[int, str]]
    """Last code point and script of each range."""


@lru_cache(maxsize=4096)
def script_of(char: str) -> str:
    """Return the script of a character."""
    table, code = _table(), ord(char)
    place = bisect_right(table.starts, code) - 1
    end, script = table.ranges[place] if place >= 0 else (-1, UNKNOWN)
    return script if code <= end else UNKNOWN


def script_named(code: str) -> Script:
    """Return a script by its code; one that Unicode has no characters of runs from left to right."""
    return _table().scripts.get(code, Script(code, "Unknown" if code == UNKNOWN else code, "ltr"))


@cache
def _table() -> _Table:
    scripts: dict[str, Script] = {}
    found: list[tuple[int, int, str]] = []
    for line in Path(__file__).with_name("scripts.tsv").read_text("utf-8").split("\n"):
        if not line or line.startswith("#"):
            continue
        code, name, direction, ranges = line.split("\t")
        scripts[code] = Script(code, name, "rtl" if direction == "rtl" else "ltr")
        for one in ranges.split(" "):
            start, _, end = one.partition("-")
            found.append((int(start, 16), int(end or start, 16), code))
    found.sort()
    return _Table(scripts, [start for start, _, _ in found], [(end, code) for _, end, code in found])
