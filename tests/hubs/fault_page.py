"""``docs/faults.md``: what our resolver makes of each fault, as measured by the tests."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from tempfile import gettempdir

from filelock import FileLock
from tests.hubs.fault_rows import ROWS, Row
from tests.hubs.fault_stage import FILES
from tests.hubs.pulling import SOURCES

from ocrzoo_registry.network import http, retry

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
MADE = "<!-- Made by tests/hubs/test_resolver_faults.py with OCRZOO_WRITE_DOCS=1; do not edit. -->"
LOCK = Path(gettempdir()) / "ocrzoo-faults.lock"
"""Cells are measured and written by several processes."""
LOCK_S = 30.0
NOT_POSSIBLE = "-"
LEAST_TOLD_S = 3
"""Shorter times say more about the machine than about the resolver."""

Cells = dict[tuple[str, str, str], str]
"""Section, fault and source -> words."""


def head() -> str:
    """Say what the tables show, and by which bounds."""
    megabytes = sum(map(len, FILES.values())) / 1e6
    shown = [
        f"Each cell is one download of a model of {megabytes:.1f} MB from a local server that speaks the hub's",
        "protocol and has this fault. *Right* means that every byte of every file was compared with the server's.",
        "After an *error* the store holds no model, complete or partial, that could be used; the word is the one in",
        "the message (exit code 5 for *corrupt*, 4 for the others). Times of",
        f"{LEAST_TOLD_S} s or more are given. The tests check all cells again, without the times.",
    ]
    bounds = [
        f"Time limits: a source times out after {retry.SILENCE_S:.0f} s without a byte, or below",
        f"{retry.LEAST_RATE >> 10} KiB/s over that time. Connecting may take",
        f"{http.CONNECT_S:.0f} s, and the next byte {http.IDLE_S:.0f} s.",
        f"There are {retry.TRIES} attempts in a row without a byte ({retry.TRIES_UNCONNECTED} without a connection),",
        f"{retry.FIRST_WAIT_S:g} to {retry.LONGEST_WAIT_S:g} s apart, or as the server's `Retry-After` states.",
    ]
    return f"{MADE}\n\n# Downloads under faults\n\n{' '.join(shown)}\n\n{' '.join(bounds)}"


def read() -> Cells:
    """Give the cells of the page, if there is one."""
    cells: Cells = {}
    section = ""
    sources: list[str] = []
    for line in PAGE.read_text("utf-8").splitlines() if PAGE.exists() else []:
        if line.startswith("## "):
            section = line[3:]
        elif line.startswith("| "):
            fault, *words = [cell.strip() for cell in line.strip("|").split("|")]
            if fault == "fault":
                sources = words
            else:
                named = zip(sources, words, strict=True)
                cells |= {(section, fault, source): text for source, text in named if text != NOT_POSSIBLE}
    return cells


def render(cells: Cells) -> str:
    parts = [head()]
    for section, rows in groupby(ROWS, lambda row: row.section):
        faults = list(rows)
        sources = [source for source in SOURCES if any(source in row.words for row in faults)]
        parts += [f"\n## {section}\n", _line("fault", *sources), "|---" * (1 + len(sources)) + "|"]
        for row in faults:
            parts.append(
                _line(row.fault, *(cells.get((section, row.fault, source), NOT_POSSIBLE) for source in sources))
            )
    return "\n".join(parts) + "\n"


def note(row: Row, source: str, words: str, seconds: float) -> None:
    """Write one cell; a time that differs from the one there by a second is the same."""
    with FileLock(LOCK, timeout=LOCK_S):
        cells = read()
        key = row.section, row.fault, source
        there = re.fullmatch(r"(.*) \((\d+) s\)", cells.get(key, ""))
        told = round(seconds)
        if there and there[1] == words and abs(int(there[2]) - told) <= 1:
            told = int(there[2])
        cells[key] = f"{words} ({told} s)" if told >= LEAST_TOLD_S else words
        PAGE.write_text(render(cells), "utf-8")


def without_seconds(words: str) -> str:
    return re.sub(r" \(\d+ s\)$", "", words)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
