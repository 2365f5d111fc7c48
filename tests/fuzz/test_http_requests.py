"""A slice of the hostile requests; ``python -m tests.fuzz.http_requests`` sends more."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.serving.conftest import running
from tests.fuzz.http_requests import MAX_MEMORY, OPTIONS, Outcome, attack, defect


@pytest.mark.slow
def test_no_hostile_request_crashes_or_hangs_the_server(home: Path, tmp_path: Path) -> None:
    with running(home, tmp_path, *OPTIONS) as server:
        workers = server.workers()
        outcomes, peak = attack(server, 120, 5, clients=8)
        assert server.workers() == workers
        assert server.get("/readyz").status_code == 200
        log = server.log.read_text().lower()
    assert [(one, found) for one in outcomes if (found := defect(one))] == []
    assert peak < MAX_MEMORY
    assert "traceback" not in log
    assert [path.name for path in tmp_path.iterdir()] == ["server.log"]


@pytest.mark.parametrize(
    ("status", "seconds", "answer", "found"),
    [
        ("200", 1.0, b"HTTP/1.1 200 OK\r\n\r\n", None),
        ("closed", 1.0, b"", None),
        ("500", 1.0, b"HTTP/1.1 500 x\r\n\r\n", "bug"),
        ("422", 99.0, b"HTTP/1.1 422 x\r\n\r\n", "hang"),
        ("200", 1.0, b"HTTP/1.1 200 OK\r\nSet-Cookie: x=1\r\n\r\n", "header injection"),
        ("200", 1.0, b"HTTP/1.1 200 OK\r\n\r\nroot:x:0:0", "leak"),
    ],
)
def test_a_defect_is_recognized(status: str, seconds: float, answer: bytes, found: str | None) -> None:
    assert defect(Outcome(0, status, seconds, answer)) == found
