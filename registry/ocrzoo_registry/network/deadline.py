"""Deadlines: calls that end in time, or are abandoned."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread, local
from typing import TypeVar

CANCEL_POLL_S = 0.25
"""How often a waiting thread checks whether it was cancelled."""

Result = TypeVar("Result")


class Deadline:
    """The time by which something has to be done: one clock for all that is called meanwhile."""

    def __init__(self, seconds: float, cancelled: Callable[[], bool] = lambda: False) -> None:
        """``cancelled`` is asked now and then; the wait ends when it returns true."""
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._cancelled = cancelled

    @staticmethod
    def current(seconds: float) -> Deadline:
        """Return the deadline that this thread runs under, or else a new one."""
        return _thread.deadline or Deadline(seconds)

    @property
    def left(self) -> float:
        """Seconds; negative when it has passed, or was cancelled."""
        if self._cancelled():
            return -1.0
        return self._end - time.monotonic()

    def wait(self, seconds: float) -> None:
        """Let the time begin again in so many seconds: whoever is asked is there, and said when to come back."""
        self._end = time.monotonic() + seconds + self.seconds

    def run(self, call: Callable[[], Result]) -> Result:
        """Return what a call returns, or raise what it raises, if it ends in time.

        The call runs in a thread of its own, since no timeout of a client bounds a name server that does not answer,
        or a server that sends its headers one letter at a time. An abandoned call ends with its next request.

        Raises:
            TimeoutError: The call takes longer, or was cancelled.
        """
        outcome: list[Result | BaseException] = []

        def work() -> None:
            _thread.deadline = self
            try:
                outcome.append(call())
            except BaseException as error:  # noqa: BLE001  # raised by the thread that waits
                outcome.append(error)

        worker = Thread(target=work, daemon=True)
        worker.start()
        while worker.is_alive() and (left := self.left) > 0:
            worker.join(min(CANCEL_POLL_S, left))
        if not outcome:
            raise TimeoutError(f"no answer within {self.seconds:.0f} s")
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]


class _Thread(local):
    deadline: Deadline | None = None


_thread = _Thread()
