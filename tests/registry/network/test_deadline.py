"""Calls that end: what they give, and what becomes of those that take too long."""

from __future__ import annotations

import time
from threading import Event

import pytest

from ocrzoo_registry.network.deadline import Deadline


@pytest.fixture
def gate() -> Event:
    return Event()


def test_a_call_in_time_gives_what_it_returns() -> None:
    assert Deadline(5).run(lambda: "answer") == "answer"
    assert Deadline(5).run(lambda: None) is None


def test_a_call_in_time_raises_what_it_raises() -> None:
    error = ZeroDivisionError("its own")

    def fail() -> None:
        raise error

    with pytest.raises(ZeroDivisionError) as caught:
        Deadline(5).run(fail)
    assert caught.value is error


def test_a_call_that_exits_does_not_hang_its_caller() -> None:
    with pytest.raises(SystemExit):
        Deadline(5).run(lambda: exit(3))  # noqa: PLR1722  # as a plugin might


def test_a_quick_call_is_not_waited_for_longer_than_it_takes() -> None:
    start = time.monotonic()
    for _ in range(20):
        Deadline(5).run(lambda: None)
    assert time.monotonic() - start < 1


def test_a_call_that_takes_longer_is_a_timeout(gate: Event) -> None:
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="no answer within 0 s"):
        Deadline(0.05).run(lambda: gate.wait(30))
    assert time.monotonic() - start < 1
    gate.set()


def test_a_call_learns_its_deadline() -> None:
    deadline = Deadline(5)
    assert deadline.run(lambda: Deadline.current(9)) is deadline
    assert Deadline.current(9).seconds == 9


def test_an_abandoned_call_sees_that_its_time_is_up(gate: Event) -> None:
    left: list[float] = []
    done = Event()

    def call() -> None:
        gate.wait(30)
        left.append(Deadline.current(9).left)
        done.set()

    with pytest.raises(TimeoutError):
        Deadline(0.05).run(call)
    gate.set()
    assert done.wait(5)
    assert left[0] < 0


def test_stop_ends_the_wait_before_its_time(gate: Event) -> None:
    stop = Event()
    stop.set()
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        Deadline(30, stop.is_set).run(lambda: gate.wait(30))
    assert time.monotonic() - start < 5
    gate.set()
