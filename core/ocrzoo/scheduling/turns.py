"""Whose turn it is: pages are served in the order in which they were taken, and work that nobody waits for ends."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

_numbers = itertools.count()


class Stopped(BaseException):
    """The work was stopped, because nobody waits for its result. No ``except Exception`` holds it up."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Turn:
    """The place of a page, or of another piece of work, among all of this process."""

    stopped: Callable[[], bool] = _never
    """Whether nobody waits for its result any more."""
    number: int = field(default_factory=lambda: next(_numbers))
    """Lower numbers are served first."""

    def check(self) -> None:
        """Go on if somebody waits for the result.

        Raises:
            Stopped: Nobody does.
        """
        if self.stopped():
            raise Stopped


_current: ContextVar[Turn | None] = ContextVar("ocrzoo_turn", default=None)


def current() -> Turn:
    """Return the turn of the work that runs in this thread; a new one if it has none."""
    return _current.get() or Turn()


@contextmanager
def taking(turn: Turn) -> Iterator[None]:
    """Do what is inside as the work of a turn."""
    before = _current.set(turn)
    try:
        yield
    finally:
        _current.reset(before)
