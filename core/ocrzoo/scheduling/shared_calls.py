"""Calls that several callers share: what waits is put together whenever a call can be made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Condition
from typing import Generic, TypeVar, cast

from ocrzoo.scheduling import turns
from ocrzoo.scheduling.slots import LOOK_UP_S
from ocrzoo.scheduling.together import run_all
from ocrzoo.scheduling.turns import Stopped, Turn

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(eq=False)
class _Caller:
    """Who asked, and how many of its items wait for a call, or for the end of one."""

    turn: Turn
    waiting: int
    unfinished: int


@dataclass(eq=False)
class _Asked(Generic[Item, Result]):
    item: Item
    caller: _Caller
    result: Result | None = None
    error: BaseException | None = None
    is_done: bool = False

    @property
    def turn(self) -> Turn:
        return self.caller.turn

    def end(self, result: Result | None = None, error: BaseException | None = None) -> None:
        self.result, self.error = result, error
        self.caller.unfinished -= not self.is_done
        self.is_done = True


@dataclass
class SharedCalls(Generic[Item, Result]):
    """Makes calls of the items of all who ask at the same time, from any threads.

    No call waits for items to come: whenever one can be made, it is made of what waits then, the earliest turn first.
    """

    group: Callable[[Sequence[Item]], Sequence[Sequence[int]]]
    """Which items may share a call, as indices."""
    size: Callable[[Item], float]
    """How much of a call an item takes; of the calls that could be next, the fullest is made."""
    at_once: int
    """Calls at once."""
    _waiting: dict[_Asked[Item, Result], None] = field(default_factory=dict, init=False)
    """Items without a call, in the order in which they came."""
    _calls: list[list[_Asked[Item, Result]]] | None = field(default=None, init=False)
    """The calls of what waits, the next one last; ``None`` once other items wait."""
    _running: int = field(default=0, init=False)
    _changed: Condition = field(default_factory=Condition, init=False)

    def results(self, items: Sequence[Item], run: Callable[[Sequence[Item]], Sequence[Result]]) -> list[Result]:
        """Return the result of each item, in their order; ``run`` makes one call, the same for all who ask.

        An error of a call that several share is only raised to those whose items have it in a call of their own.

        Raises:
            Stopped: Nobody waits for the results any more.
        """
        caller = _Caller(turns.current(), waiting=0, unfinished=len(items))
        asked: list[_Asked[Item, Result]] = [_Asked(item, caller) for item in items]
        with turns.taking(caller.turn):
            try:
                with self._changed:
                    self._wait(asked)
                threads = min(self.at_once, len(asked))  # a page of one line needs none but its own
                run_all(lambda _: self._make_calls_for(caller, asked, run), range(threads), threads)
            finally:
                self._give_up(asked)
        for one in asked:
            if one.error is not None:
                raise one.error
        return [cast("Result", one.result) for one in asked]

    def _wait(self, asked: Sequence[_Asked[Item, Result]]) -> None:
        for one in asked:
            self._waiting[one] = None
            one.caller.waiting += 1
        if asked:
            self._calls = None

    def _make_calls_for(
        self,
        caller: _Caller,
        asked: Sequence[_Asked[Item, Result]],
        run: Callable[[Sequence[Item]], Sequence[Result]],
    ) -> None:
        """Make calls, also of what others asked, until none of these waits, and wait until all are done."""
        try:
            while (chosen := self._next_call(caller)) is not None:
                try:
                    self._call(chosen, run)
                finally:
                    with self._changed:
                        self._running -= 1
                        self._changed.notify_all()
        except BaseException:  # Ctrl-C too: the other threads of this caller must not wait for its calls
            self._give_up(asked)
            raise

    def _give_up(self, asked: Sequence[_Asked[Item, Result]]) -> None:
        """Make no further calls of these; the other threads that wait for them end."""
        with self._changed:
            self._take([one for one in asked if one in self._waiting])
            for one in asked:
                one.end(one.result, one.error)
            self._changed.notify_all()

    def _take(self, asked: Sequence[_Asked[Item, Result]]) -> None:
        """Let these wait no longer for a call."""
        for one in asked:
            del self._waiting[one]
            one.caller.waiting -= 1
        if asked:
            self._calls = None

    def _next_call(self, caller: _Caller) -> list[_Asked[Item, Result]] | None:
        with self._changed:
            while caller.unfinished:
                caller.turn.check()
                if self._running < self.at_once and caller.waiting:
                    calls = self._formed() if self._calls is None else self._calls
                    self._take(chosen := calls.pop())
                    self._calls = calls  # those that are left are still what is to be made of the others
                    self._running += 1
                    return chosen
                self._changed.wait(LOOK_UP_S)
        return None

    def _formed(self) -> list[list[_Asked[Item, Result]]]:
        """The calls of all that waits, the next one last."""
        waiting = [*self._waiting]
        calls = [[waiting[index] for index in one] for one in self.group([one.item for one in waiting])]
        return sorted(calls, key=lambda call: (-_earliest(call), sum(self.size(one.item) for one in call)))

    def _call(self, asked: list[_Asked[Item, Result]], run: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        shared = Turn(lambda: all(one.turn.stopped() for one in asked), _earliest(asked))
        try:
            with turns.taking(shared):
                results = run([one.item for one in asked])
        except Exception as error:  # noqa: BLE001  # raised to those who asked
            owners = {id(one.turn): one.turn for one in asked}.values()
            if len(owners) > 1:
                for owner in owners:
                    self._call([one for one in asked if one.turn is owner], run)
                return
            self._end(asked, error=error)
        except BaseException as error:  # this thread was interrupted, or nobody waits
            own = [one for one in asked if isinstance(error, Stopped) or one.turn is turns.current()]
            self._end(own, error=error)
            with self._changed:
                self._wait([one for one in asked if not one.is_done])
            if not isinstance(error, Stopped):
                raise
        else:
            self._end(asked, results)

    def _end(
        self, asked: Sequence[_Asked[Item, Result]], results: Sequence[Result] = (), error: BaseException | None = None
    ) -> None:
        with self._changed:
            for place, one in enumerate(asked):
                one.end(results[place] if error is None else None, error)


def _earliest(asked: Sequence[_Asked[Item, Result]]) -> int:
    return min(one.turn.number for one in asked)
