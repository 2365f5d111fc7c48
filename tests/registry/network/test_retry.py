"""Retries: what is tried again, how often and after how long, and what is too slow."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from ocrzoo_registry.errors import IntegrityError, Refused, SourceError, TooSlow, Unreachable
from ocrzoo_registry.network import retry
from ocrzoo_registry.network.deadline import Deadline
from ocrzoo_registry.network.retry import LEAST_RATE, TRIES, TRIES_UNCONNECTED, RetryPolicy, StallTimer

SILENCE_S = 10.0


class Clock:
    """A clock that runs only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    monkeypatch.setattr(retry, "SILENCE_S", SILENCE_S)
    return clock


def failing(*errors: Exception) -> tuple[Callable[[], str], list[int]]:
    """Give a call that raises one error after the other and then answers, and the list of its calls."""
    left, calls = list(errors), list[int]()

    def call() -> str:
        calls.append(1)
        if left:
            raise left.pop(0)
        return "answer"

    return call, calls


def test_what_is_unreachable_is_tried_again(clock: Clock) -> None:
    call, calls = failing(Unreachable("down"), Unreachable("still down"))
    assert RetryPolicy().call(call, clock.sleep) == "answer"
    assert len(calls) == 3


@pytest.mark.parametrize(("connected", "tries"), [(True, TRIES), (False, TRIES_UNCONNECTED)])
def test_the_tries_are_limited_and_the_last_error_is_raised(clock: Clock, connected: bool, tries: int) -> None:
    call, calls = failing(*(Unreachable(f"try {number}", connected=connected) for number in range(1, 20)))
    with pytest.raises(Unreachable, match=f"try {tries}"):
        RetryPolicy().call(call, clock.sleep)
    assert len(calls) == tries
    assert len(clock.slept) == tries - 1


def test_fewer_tries_than_without_a_server_would_be_none() -> None:
    assert 1 < TRIES_UNCONNECTED < TRIES


@pytest.mark.parametrize(
    "error",
    [SourceError("odd"), Refused("no"), TooSlow("slow"), IntegrityError("torn"), ValueError("a bug")],
    ids=lambda error: type(error).__name__,
)
def test_nothing_else_is_tried_again(clock: Clock, error: Exception) -> None:
    call, calls = failing(error)
    with pytest.raises(type(error)):
        RetryPolicy().call(call, clock.sleep)
    assert (len(calls), clock.slept) == (1, [])


def test_the_source_says_when_to_come_back(clock: Clock) -> None:
    call, _ = failing(Unreachable("busy", retry_after=3.0), Unreachable("busy", retry_after=0.0))
    RetryPolicy().call(call, clock.sleep)
    assert clock.slept == [3.0, 0.0]


def test_a_source_that_asks_for_more_time_than_is_left_is_not_waited_for(clock: Clock) -> None:
    call, calls = failing(Unreachable("busy", retry_after=SILENCE_S))
    with pytest.raises(Unreachable, match="busy"):
        RetryPolicy().call(call, clock.sleep)
    assert (len(calls), clock.slept) == (1, [])


def test_all_waits_together_are_bounded_by_the_silence(clock: Clock) -> None:
    call, calls = failing(*[Unreachable("busy", retry_after=SILENCE_S * 0.4)] * 9)
    with pytest.raises(Unreachable):
        RetryPolicy().call(call, clock.sleep)
    assert len(calls) == 3
    assert sum(clock.slept) < SILENCE_S


def told_to_wait(seconds: float, patience_s: float = 60.0) -> Unreachable:
    return Unreachable("busy", retry_after=seconds, patience_s=patience_s)


def test_a_mirror_that_says_when_to_come_back_is_asked_again_beyond_tries_and_silence(clock: Clock) -> None:
    call, calls = failing(*[told_to_wait(SILENCE_S / 2)] * 2 * TRIES)
    assert RetryPolicy(StallTimer()).call(call, clock.sleep) == "answer"
    assert len(calls) == 2 * TRIES + 1
    assert sum(clock.slept) > SILENCE_S


def test_clients_that_were_refused_together_do_not_come_back_together(clock: Clock) -> None:
    for _ in range(20):
        RetryPolicy().call(failing(told_to_wait(2.0))[0], clock.sleep)
    assert all(2.0 <= slept <= 3.0 for slept in clock.slept)
    assert max(clock.slept) - min(clock.slept) > 0.2


def test_the_patience_with_a_mirror_is_bounded(clock: Clock) -> None:
    call, calls = failing(*[told_to_wait(4.0, patience_s=20.0)] * 99)
    with pytest.raises(Unreachable, match="busy"):
        RetryPolicy().call(call, clock.sleep)
    assert 4 <= len(calls) <= 6
    assert sum(clock.slept) <= 20.0


def test_a_mirror_that_falls_silent_after_it_was_busy_is_given_up_as_any_other(clock: Clock) -> None:
    call, calls = failing(told_to_wait(4.0), *[Unreachable("down")] * 99)
    with pytest.raises(Unreachable, match="down"):
        RetryPolicy().call(call, clock.sleep)
    assert len(calls) == 1 + TRIES


def test_time_that_a_mirror_asked_for_is_no_silence(clock: Clock) -> None:
    timer = StallTimer()
    timer.expect(LEAST_RATE)
    budget = 2 * SILENCE_S + 2
    clock.now += SILENCE_S - 1
    timer.wait(2 * budget)
    assert timer.left == 2 * budget + SILENCE_S
    clock.now += 2 * budget
    timer.received(LEAST_RATE)
    assert timer.left == SILENCE_S


def test_waits_are_doubled_up_to_the_longest(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "TRIES", 7)
    monkeypatch.setattr(retry, "LONGEST_WAIT_S", 2.0)
    call, _ = failing(*[Unreachable("down")] * 6)
    RetryPolicy().call(call, clock.sleep)
    expected = [0.5, 1.0, 2.0, 2.0, 2.0, 2.0]
    assert len(clock.slept) == len(expected)
    for slept, most in zip(clock.slept, expected, strict=True):
        assert 0.5 * most <= slept <= most


def test_a_byte_resets_the_timer(clock: Clock) -> None:
    timer = StallTimer()
    clock.now += SILENCE_S - 1
    timer.received(LEAST_RATE * 100)
    assert timer.left == SILENCE_S


def test_a_paused_timer_does_not_run_out(clock: Clock) -> None:
    timer = StallTimer()
    timer.pause()
    clock.now += 10 * SILENCE_S
    assert timer.left > SILENCE_S
    timer.resume()
    assert timer.left == SILENCE_S


def test_the_deadline_of_a_call_bounds_its_retries(clock: Clock) -> None:
    def fail() -> None:
        raise Unreachable("down")

    with pytest.raises(Unreachable):
        Deadline(0.2).run(lambda: RetryPolicy().call(fail, clock.sleep))
    assert clock.slept == []


def test_the_timer_runs_out_without_a_byte(clock: Clock) -> None:
    chosen = StallTimer()
    clock.now += SILENCE_S + 1
    assert chosen.left == -1


def drip(chosen: StallTimer, clock: Clock, rate: float, seconds: float) -> None:
    for _ in range(int(seconds)):
        clock.now += 1
        chosen.received(int(rate))


def test_bytes_below_the_least_rate_are_too_slow(clock: Clock) -> None:
    with pytest.raises(TooSlow, match=r"15 KiB/s, and at least 16 are needed"):
        drip(StallTimer(), clock, 15 << 10, SILENCE_S)


def test_bytes_at_the_least_rate_are_fast_enough(clock: Clock) -> None:
    drip(StallTimer(), clock, LEAST_RATE, 10 * SILENCE_S)


def test_a_good_start_does_not_pay_for_a_slow_rest(clock: Clock) -> None:
    chosen = StallTimer()
    drip(chosen, clock, 1 << 30, SILENCE_S)
    with pytest.raises(TooSlow):
        drip(chosen, clock, 1, SILENCE_S)


def test_the_total_time_is_bounded_by_the_size(clock: Clock) -> None:
    chosen = StallTimer()
    chosen.expect(LEAST_RATE * 10)
    drip(chosen, clock, 1 << 20, 40)
    with pytest.raises(TooSlow, match="not complete within 40 s"):
        drip(chosen, clock, 1 << 20, 1)


def test_each_retry_is_logged_with_its_reason_and_wait(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "ocrzoo")
    call, _ = failing(Unreachable("hub: HTTP 503", retry_after=2.0))
    RetryPolicy(what="sea_onnx/inference.onnx").call(call, clock.sleep)
    assert caplog.messages == ["sea_onnx/inference.onnx: hub: HTTP 503; retrying in 2.0 s"]
