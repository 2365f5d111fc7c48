"""The fault table: every fault, with each of the four sources; ``docs/faults.md`` tells the outcomes.

``OCRZOO_WRITE_DOCS=1`` writes that page anew.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.hubs import fault_page
from tests.hubs.fault_rows import ROWS, Row
from tests.hubs.fault_stage import FILES, Stage
from tests.hubs.kit import MODEL
from tests.hubs.pulling import SOURCES
from tests.hubs.server import Hubs

pytestmark = pytest.mark.slow

WRITES = os.environ.get("OCRZOO_WRITE_DOCS") == "1"
CELLS = [(row, source) for row in ROWS for source in row.words]
SHORT = [(row, source) for row, source in CELLS if not row.long]


def check(row: Row, source: str, folder: Path) -> None:
    """Play one cell of the table, and compare what comes of it with the row and with the page."""
    with Hubs({MODEL: dict(FILES)}) as hubs:
        folder.mkdir()
        stage = Stage(source, hubs, folder / "home")
        words = row.play(stage)
    assert words == row.words[source], stage.message
    if WRITES:
        fault_page.note(row, source, words, stage.seconds)
    else:
        told = fault_page.read()[row.section, row.fault, source]
        assert fault_page.without_seconds(told) == words


@pytest.mark.parametrize(("row", "source"), SHORT, ids=[f"{row.section}: {row.fault}-{name}" for row, name in SHORT])
def test_what_becomes_of_a_pull(row: Row, source: str, tmp_path: Path) -> None:
    check(row, source, tmp_path / "cell")


@pytest.mark.parametrize("source", SOURCES)
def test_what_becomes_of_a_pull_when_a_hub_is_silent(source: str, tmp_path: Path) -> None:
    """These wait for most of their time, and do so side by side."""
    rows = [row for row in ROWS if row.long]
    with ThreadPoolExecutor(len(rows)) as pool:
        checks = [pool.submit(check, row, source, tmp_path / str(n)) for n, row in enumerate(rows)]
    failed = [_named(row, error) for row, one in zip(rows, checks, strict=True) if (error := one.exception())]
    if failed:
        raise ExceptionGroup(f"{len(failed)} of {len(rows)} faults", failed)


def _named(row: Row, error: BaseException) -> Exception:
    error.add_note(f"fault: {row.fault}")
    return error if isinstance(error, Exception) else RuntimeError(repr(error))


def test_the_page_tells_these_faults_and_bounds_and_no_others() -> None:
    page = fault_page.PAGE.read_text("utf-8")
    if not WRITES:
        assert page == fault_page.render(fault_page.read())
        assert fault_page.read().keys() == {(row.section, row.fault, source) for row, source in CELLS}
