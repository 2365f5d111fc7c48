"""How long a source is waited for: the bounds that keep a pull from hanging, and when to try again.

A source that sends nothing for :data:`SILENCE_S` gives way to the next one, whatever it does in that time
(no answer, errors, broken connections, a request to come back later). While bytes do come, they may take
as long as :data:`LEAST_RATE` allows, and twice that where some had to be fetched again. So a file of ``n``
bytes is there or given up within ``2 * SILENCE_S + 2 * n / LEAST_RATE`` seconds.
"""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ocrzoo_registry.errors import TooSlow, Unreachable

if TYPE_CHECKING:
    from tenacity import RetryCallState

SILENCE_S = 14.0
"""Seconds without a byte after which a source gives way: within 15 s, what it takes to notice included."""
LEAST_RATE = 16 << 10
"""Bytes a second, over each :data:`SILENCE_S`; a source below gives way."""
UNKNOWN_S = 900.0
"""Seconds for a file whose size nobody states."""
TRIES, TRIES_UNCONNECTED = 4, 2
"""Tries without a byte in between; the lower number where there is no server at all."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 4.0
"""Between tries: doubled each time, up to the longest."""

Answer = TypeVar("Answer")

log = logging.getLogger("ocrzoo")


class Patience:
    """The clock of one listing or one file."""

    def __init__(self) -> None:
        self.failures = 0
        """Tries that failed since there was anything new."""
        self._start = self._last_byte = self._window_start = time.monotonic()
        self._in_window = 0
        self._budget_s = UNKNOWN_S
        self._resting = False

    @property
    def left(self) -> float:
        """Seconds until the source gives way; may be negative. The source is not to blame for what we do meanwhile."""
        if self._resting:
            return math.inf
        return SILENCE_S - (time.monotonic() - self._last_byte)

    def rest(self) -> None:
        """Stop the clock: all is here, and is being checked and handed to the disk."""
        self._resting = True

    def resume(self) -> None:
        """Let the clock run: the source is asked for something."""
        self._resting = False
        self._last_byte = self._window_start = time.monotonic()
        self._in_window = 0

    def expect(self, size: int) -> None:
        """Bound the whole by the size of what is to come, in bytes."""
        self._budget_s = 2 * SILENCE_S + 2 * size / LEAST_RATE

    def received(self, count: int, *, new: bool = True) -> None:
        """Note that bytes came; ``new`` is false for those that had come before.

        Raises:
            TooSlow: They come slower than the least rate, or too many of them again and again.
        """
        now = time.monotonic()
        self._last_byte = now
        if new:
            self.failures = 0
        if now - self._start > self._budget_s:
            raise TooSlow(f"not complete within {self._budget_s:.0f} s")
        self._in_window += count
        if now - self._window_start >= SILENCE_S:
            rate = self._in_window / (now - self._window_start)
            if rate < LEAST_RATE:
                raise TooSlow(f"{rate / 1024:.0f} KiB/s, and at least {LEAST_RATE >> 10} are needed")
            self._window_start, self._in_window = now, 0

    def retrying(self, call: Callable[[], Answer], sleep: Callable[[float], None] = time.sleep) -> Answer:
        """Return what a call returns, trying again where that may help and there is time.

        Raises:
            Unreachable: It failed in the same way until the patience was at an end.
        """
        from tenacity import Retrying, retry_if_exception_type

        retrying = Retrying(
            retry=retry_if_exception_type(Unreachable),
            wait=self._wait,
            stop=self._at_an_end,
            after=self._failed,
            before_sleep=_log_retry,
            sleep=sleep,
            reraise=True,
        )
        return retrying(call)

    def _failed(self, _state: RetryCallState) -> None:
        self.failures += 1

    def _at_an_end(self, state: RetryCallState) -> bool:
        error = _error_of(state)
        tries = TRIES if error.connected else TRIES_UNCONNECTED
        return self.failures >= tries or state.upcoming_sleep >= self.left

    def _wait(self, state: RetryCallState) -> float:
        """Seconds until the next try: what the source asked for, else doubled each time, never two clients in step."""
        error = _error_of(state)
        if error.retry_after is not None:
            return error.retry_after
        doubled = min(FIRST_WAIT_S * 2.0 ** (self.failures - 1), LONGEST_WAIT_S)
        return doubled * random.uniform(0.75, 1.0)  # noqa: S311


def _log_retry(state: RetryCallState) -> None:
    log.debug("%s; retrying in %.1f s", _error_of(state), state.upcoming_sleep)


def _error_of(state: RetryCallState) -> Unreachable:
    error = state.outcome.exception() if state.outcome is not None else None
    assert isinstance(error, Unreachable)  # noqa: S101  # nothing else is retried
    return error
