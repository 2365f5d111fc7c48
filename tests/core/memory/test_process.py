"""Memory that was freed goes back to the system once the process has grown."""

from __future__ import annotations

import pytest

from ocrzoo.memory import process
from ocrzoo.memory.process import Trimmer


class Process:
    """A process whose memory is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.resident: int | None = 0
        self.freed = 0
        self.trims = 0
        monkeypatch.setattr(process, "resident", lambda: self.resident)
        monkeypatch.setattr(process, "trim", self._trim)

    def _trim(self) -> None:
        self.trims += 1
        assert self.resident is not None
        self.resident -= self.freed
        self.freed = 0


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Process:
    return Process(monkeypatch)


def test_growth_is_looked_at_once_it_is_large(own: Process) -> None:
    trimmer = Trimmer(100, pause_s=0)
    for own.resident in (90, 100, 101, 150, 201, 202):
        trimmer.look()
    assert own.trims == 2, "at 101 and, from there, at 202"


def test_what_was_freed_counts_no_more(own: Process) -> None:
    trimmer = Trimmer(100, pause_s=0)
    own.resident, own.freed = 150, 120
    trimmer.look()
    assert own.resident == 30
    own.resident = 125
    trimmer.look()
    assert own.trims == 1
    own.resident = 131
    trimmer.look()
    assert own.trims == 2


def test_it_is_done_at_most_once_in_a_while(own: Process) -> None:
    trimmer = Trimmer(100, pause_s=3600)
    for own.resident in (101, 300, 1000):
        trimmer.look()
    assert own.trims == 1


def test_a_system_that_does_not_tell_its_memory_is_left_alone(own: Process) -> None:
    own.resident = None
    Trimmer(0, pause_s=0).look()
    assert own.trims == 0
