"""A limited number of slots, given to the earliest turn first, and the cores of this process as such slots."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from weakref import WeakSet

from ocrzoo.engines.limits import usable_threads
from ocrzoo.scheduling import turns
from ocrzoo.scheduling.turns import Turn

LOOK_UP_S = 0.5
"""Seconds after which one who waits looks whether somebody still wants its result."""


class Slots:
    """Slots for work that must not all run at once; several threads may ask.

    Waiting work is served in the order of its turns, so that an early page is not held up by later ones. A forked
    process starts with all slots free: the threads that had them are not in it.
    """

    def __init__(self, total: Callable[[], int]) -> None:
        """``total`` returns the number of slots, at least 1; it is called once in each process."""
        self._count = total
        self._reset()
        _all.add(self)

    def _reset(self) -> None:
        self._changed = Condition()
        self._total: int | None = None
        self._free = 0
        self._waiting: list[Turn] = []

    @property
    def total(self) -> int:
        """The number of slots."""
        with self._changed:
            return self._known_total()

    def _known_total(self) -> int:
        if self._total is None:
            self._total = self._free = max(1, self._count())
        return self._total

    def take(self, count: int = 1) -> int:
        """Wait for ``count`` slots, or for all if there are fewer, and return how many were taken.

        Raises:
            Stopped: Nobody waits for the work any more.
        """
        turn = turns.current()
        turn.check()
        with self._changed:
            count = min(count, self._known_total())
            self._waiting.append(turn)
            try:
                while self._free < count or turn is not min(self._waiting, key=lambda one: one.number):
                    self._changed.wait(LOOK_UP_S)
                    turn.check()
                self._free -= count
            finally:
                self._waiting.remove(turn)
                self._changed.notify_all()
        return count

    def give_back(self, count: int = 1) -> None:
        """Return slots that were taken."""
        with self._changed:
            self._free += count
            self._changed.notify_all()

    @contextmanager
    def taken(self, count: int = 1) -> Iterator[None]:
        """Have ``count`` slots, or all if there are fewer, for what is inside; 0 waits for nothing.

        Raises:
            Stopped: Nobody waits for the work any more.
        """
        if not count:
            turns.current().check()
            yield
            return
        taken = self.take(count)
        try:
            yield
        finally:
            self.give_back(taken)


_all: WeakSet[Slots] = WeakSet()


def _reset_all() -> None:
    for slots in _all:
        slots._reset()  # noqa: SLF001  # of this module


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_reset_all)

CORES = Slots(usable_threads)
"""The cores that this process may use; a call of an engine with k threads takes k of them."""
