"""Calls that end: what they give, and what becomes of those that take too long."""

from __future__ import annotations

import time
from threading import Event

import pytest

from ocrzoo_registry.network.deadline import within


@pytest.fixture
def gate() -> Event:
    return Event()


def test_a_call_in_time_gives_what_it_returns() -> None:
    assert within(5, lambda: "answer") == "answer"
    assert within(5, lambda: None) is None


def test_a_call_in_time_raises_what_it_raises() -> None:
    error = ZeroDivisionError("its own")

    def fail() -> None:
        raise error

    with pytest.raises(ZeroDivisionError) as caught:
        within(5, fail)
    assert caught.value is error


def test_a_call_that_exits_does_not_hang_its_caller() -> None:
    with pytest.raises(SystemExit):
        within(5, lambda: exit(3))  # noqa: PLR1722  # as a plugin might


def test_a_quick_call_is_not_waited_for_longer_than_it_takes() -> None:
    start = time.monotonic()
    for _ in range(20):
        within(5, lambda: None)
    assert time.monotonic() - start < 1


def test_a_call_that_takes_longer_is_a_timeout(gate: Event) -> None:
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="no answer within 0 s"):
        within(0.05, lambda: gate.wait(30))
    assert time.monotonic() - start < 1
    gate.set()


def test_an_answer_that_comes_too_late_is_discarded(gate: Event) -> None:
    discarded: list[str] = []
    done = Event()

    def discard(answer: str) -> None:
        discarded.append(answer)
        done.set()

    def call() -> str:
        gate.wait(30)
        return "late"

    with pytest.raises(TimeoutError):
        within(0.05, call, discard)
    assert discarded == []
    gate.set()
    assert done.wait(5)
    assert discarded == ["late"]


def test_an_answer_in_time_is_not_discarded() -> None:
    discarded: list[int] = []
    assert within(5, lambda: 1, discarded.append) == 1
    assert discarded == []


def test_stop_ends_the_wait_before_its_time(gate: Event) -> None:
    stop = Event()
    stop.set()
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        within(30, lambda: gate.wait(30), stop=stop)
    assert time.monotonic() - start < 5
    gate.set()
