"""When a request is tried again, and when a source times out: the bounds that keep a download from hanging.

A source that sends nothing for :data:`SILENCE_S` times out, whatever it does in that time (no answer, errors, broken
connections, a request to come back later). While bytes do arrive, they may take as long as :data:`LEAST_RATE` allows,
and twice that where some had to be downloaded again. So a file of ``n`` bytes is complete or given up within
``2 * SILENCE_S + 2 * n / LEAST_RATE`` seconds.

A mirror is often the only source, and has a thousand clients in the moment in which a cluster starts. One that sends
when to come back is asked again for :data:`PATIENCE_S`, for each file.
"""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ocrzoo_registry.errors import TooSlow, Unreachable
from ocrzoo_registry.network.deadline import Deadline

if TYPE_CHECKING:
    from tenacity import RetryCallState

SILENCE_S = 14.0
"""Seconds without a byte after which a source times out: within 15 s, the time to notice included."""
LEAST_RATE = 16 << 10
"""Bytes a second, over each :data:`SILENCE_S`; a slower source times out."""
UNKNOWN_S = 900.0
"""Seconds for a file of unknown size."""
TRIES, TRIES_UNCONNECTED = 4, 2
"""Tries without a byte in between; the second if there is no server at all."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 4.0
"""Between tries: doubled each time, up to the longest."""

PATIENCE_S = 180.0
"""For a mirror that says when to come back."""
FURTHER_S = 1.0
"""``Retry-After`` is in whole seconds: clients that were refused together come back spread over a second more."""

Answer = TypeVar("Answer")

log = logging.getLogger("ocrzoo")


class StallTimer:
    """The clock of one file: it runs out when no bytes arrive, or too few."""

    def __init__(self) -> None:
        self._start = self._last_byte = self._window_start = time.monotonic()
        self._in_window = 0
        self._budget_s = UNKNOWN_S
        self._paused = False

    @property
    def left(self) -> float:
        """Seconds until the source times out; infinite while paused."""
        if self._paused:
            return math.inf
        return SILENCE_S - (time.monotonic() - self._last_byte)

    def pause(self) -> None:
        """Stop the clock: the file is complete, and is being verified and synced."""
        self._paused = True

    def resume(self) -> None:
        """Let the clock run: a request is sent."""
        self._paused = False
        self._last_byte = self._window_start = time.monotonic()
        self._in_window = 0

    def wait(self, seconds: float) -> None:
        """Let the time without a byte begin in so many seconds: the source is there, and said when to come back."""
        begin = time.monotonic() + seconds
        self._start += begin - self._last_byte
        self._last_byte = self._window_start = begin
        self._in_window = 0

    def expect(self, size: int) -> None:
        """Bound the total time by the size of the file, in bytes."""
        self._budget_s = 2 * SILENCE_S + 2 * size / LEAST_RATE

    def received(self, count: int) -> None:
        """Record that bytes arrived.

        Raises:
            TooSlow: They arrive below the least rate, or too many of them again and again.
        """
        now = time.monotonic()
        self._last_byte = now
        if now - self._start > self._budget_s:
            raise TooSlow(f"not complete within {self._budget_s:.0f} s")
        self._in_window += count
        if now - self._window_start >= SILENCE_S:
            rate = self._in_window / (now - self._window_start)
            if rate < LEAST_RATE:
                raise TooSlow(f"{rate / 1024:.0f} KiB/s, and at least {LEAST_RATE >> 10} are needed")
            self._window_start, self._in_window = now, 0


class RetryPolicy:
    """When a request is tried again: where that may help, and while the clock has time left."""

    def __init__(self, clock: StallTimer | None = None, what: str = "") -> None:
        """``clock`` is by default the deadline of this thread, or else :data:`SILENCE_S`; ``what`` is for the log."""
        self._what = what
        self.failures = 0
        """Failed tries since the last progress."""
        self._clock = clock or Deadline.current(SILENCE_S)
        self._patient_until: float | None = None

    @property
    def is_patient(self) -> bool:
        """Whether a mirror sends when to come back, and is waited for."""
        return self._patient_until is not None and time.monotonic() < self._patient_until

    def call(self, request: Callable[[], Answer], sleep: Callable[[float], None] = time.sleep) -> Answer:
        """Return what a request returns, after retries.

        Raises:
            Unreachable: It failed until the last try, or until the time was up.
        """
        from tenacity import Retrying, retry_if_exception_type

        retrying = Retrying(
            retry=retry_if_exception_type(Unreachable),
            wait=self._wait,
            stop=self._is_over,
            after=self._failed,
            before_sleep=self._before_sleep,
            sleep=sleep,
            reraise=True,
        )
        return retrying(request)

    def _failed(self, state: RetryCallState) -> None:
        self.failures += not _comes_back(_error_of(state))

    def _is_over(self, state: RetryCallState) -> bool:
        error = _error_of(state)
        if _comes_back(error):
            now = time.monotonic()
            self._patient_until = self._patient_until or now + error.patience_s
            return now + state.upcoming_sleep > self._patient_until
        tries = TRIES if error.connected else TRIES_UNCONNECTED
        return self.failures >= tries or state.upcoming_sleep >= self._clock.left

    def _wait(self, state: RetryCallState) -> float:
        """Seconds until the next try: what the source asked for, else doubled each time, never two clients in step."""
        error = _error_of(state)
        if _comes_back(error):
            return error.retry_after + random.uniform(0.0, FURTHER_S)  # type: ignore[operator]  # noqa: S311
        if error.retry_after is not None:
            return error.retry_after
        doubled = min(FIRST_WAIT_S * 2.0 ** (self.failures - 1), LONGEST_WAIT_S)
        return doubled * random.uniform(0.5, 1.0)  # noqa: S311

    def _before_sleep(self, state: RetryCallState) -> None:
        if _comes_back(_error_of(state)):
            self._clock.wait(state.upcoming_sleep)
        what = f"{self._what}: " if self._what else ""
        log.debug("%s%s; retrying in %.1f s", what, _error_of(state), state.upcoming_sleep)


def _comes_back(error: Unreachable) -> bool:
    """Whether the source is one that is waited for, and said when to come back."""
    return error.retry_after is not None and error.patience_s > 0


def _error_of(state: RetryCallState) -> Unreachable:
    error = state.outcome.exception() if state.outcome is not None else None
    assert isinstance(error, Unreachable)  # noqa: S101  # nothing else is retried
    return error
