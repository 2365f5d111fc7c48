"""Calls that end: within a time, or not at all as far as the caller is concerned."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import TypeVar

_GLANCE_S = 0.25

Answer = TypeVar("Answer")


def within(
    seconds: float,
    call: Callable[[], Answer],
    discard: Callable[[Answer], object] | None = None,
    stop: Event | None = None,
) -> Answer:
    """Return what a call returns, or raise what it raises, if it ends within the time.

    The call runs in a thread of its own, since no timeout of a client bounds a name server that is silent, or
    a server that sends its headers one letter at a time. ``discard`` is given an answer that comes too late, and
    ``stop`` ends the wait at once.

    Raises:
        TimeoutError: The call goes on for longer.
    """
    outcome: list[Answer | BaseException] = []
    given_up = False
    lock = Lock()

    def work() -> None:
        answer: Answer | BaseException
        try:
            answer = call()
        except BaseException as error:  # noqa: BLE001  # told by the thread that waits
            answer = error
        with lock:
            outcome.append(answer)
            late = given_up
        if late and discard is not None and not isinstance(answer, BaseException):
            discard(answer)

    worker = Thread(target=work, daemon=True)
    worker.start()
    deadline = time.monotonic() + seconds
    while worker.is_alive() and time.monotonic() < deadline and not (stop and stop.is_set()):
        worker.join(min(_GLANCE_S, seconds))
    with lock:
        given_up = not outcome
    if given_up:
        raise TimeoutError(f"no answer within {seconds:.0f} s")
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]
