"""Do the same with several items at once, for one caller that waits for all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from threading import Thread
from typing import TypeVar

INTERRUPTED_S = 2.0
"""Seconds that an interrupted caller waits for each thread: one may wait for a lock that the interrupt left taken."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_all(do: Callable[[Item], Result], items: Sequence[Item], at_once: int) -> list[Result]:
    """Return what ``do`` makes of each item, in their order, with ``at_once`` of them at a time.

    The others run in threads that end with this call, unless it is interrupted and they take too long. What one of
    them raises is raised, and no further one is begun.
    """
    found: dict[int, Result] = {}
    errors: list[BaseException] = []
    left = deque(range(len(items)))

    def work() -> None:
        while (index := _popped(left)) is not None:
            try:
                found[index] = do(items[index])
            except BaseException as error:  # noqa: BLE001  # raised below
                errors.append(error)
                left.clear()

    helpers = [Thread(target=copy_context().run, args=(work,), daemon=True) for _ in items[1:at_once]]
    try:
        for helper in helpers:
            helper.start()
        work()
        interrupted = any(isinstance(error, KeyboardInterrupt) for error in errors)
        for helper in helpers:
            helper.join(INTERRUPTED_S if interrupted else None)
    finally:
        left.clear()
    if errors:
        raise errors[0]
    return [found[index] for index in range(len(items))]


def _popped(left: deque[int]) -> int | None:
    try:
        return left.popleft()
    except IndexError:
        return None
