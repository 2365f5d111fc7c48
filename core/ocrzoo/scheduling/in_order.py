"""Work on several items at once, and deliver the results in the order of the items."""

from __future__ import annotations

import asyncio
import atexit
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar, cast
from weakref import WeakSet

from ocrzoo.scheduling import turns
from ocrzoo.scheduling.slots import Slots
from ocrzoo.scheduling.turns import Stopped, Turn

Item = TypeVar("Item")
Ready = TypeVar("Ready")
Result = TypeVar("Result")

END_S = 2.0
"""Seconds that closing waits for work to end. Work looks before each call of a network whether it should."""
_LOOK_UP_S = 1.0
"""Seconds after which one who waits for a result looks whether anybody still works on it."""


@dataclass(frozen=True)
class Job(Generic[Item, Ready, Result]):
    """What is to be done with items."""

    items: Iterator[Item]
    """Taken by one thread, ahead of the results. It is closed there in the end."""
    prepare: Callable[[Item], Ready]
    """What that thread does with an item before it takes the next."""
    workers: Sequence[Callable[[Ready], Result]]
    """Each runs in a thread of its own; whoever is free takes the next item."""
    places: Slots
    """How many items may be worked on at once, by all jobs that have these places."""
    window: int
    """Items of this job that were taken and whose results were not delivered, at most."""


def in_order(job: Job[Item, Ready, Result]) -> Iterator[Result]:
    """Yield the results in the order of the items, each as soon as it and those before it are there.

    Items are taken ahead, so that work overlaps, but only :attr:`Job.window` of them: an iterator that nobody reads
    stops the work. Closing or dropping it ends the work and its threads. What an item, a worker or the iterator of the
    items raises is raised in its place, and ends all.

    Raises:
        RuntimeError: The process was forked, and the threads are in another one.
    """
    arrived: SimpleQueue[_Arrived] = SimpleQueue()
    running = _Running(job, arrived.put)
    early: dict[int, _Arrived] = {}
    number = 0
    try:
        running.start()
        while True:
            while number not in early:
                one = running.wait(arrived)
                early[one.number] = one
            if early[number].is_end:
                return
            running.allow()
            yield cast("Result", early.pop(number).outcome())
            number += 1
    finally:
        running.stop()
        running.join(END_S)


async def in_order_async(job: Job[Item, Ready, Result]) -> AsyncGenerator[Result, None]:
    """Do the same for ``async for``: the event loop goes on meanwhile, and cancelling the task stops the work."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[_Arrived] = asyncio.Queue()

    def put(one: _Arrived) -> None:
        try:
            loop.call_soon_threadsafe(arrived.put_nowait, one)
        except RuntimeError:  # the loop was closed
            running.stop()

    running = _Running(job, put)
    early: dict[int, _Arrived] = {}
    number = 0
    try:
        running.start()
        while True:
            while number not in early:
                one = await arrived.get()
                early[one.number] = one
            if early[number].is_end:
                return
            running.allow()
            yield cast("Result", early.pop(number).outcome())
            number += 1
    finally:
        running.stop()


@dataclass(frozen=True)
class _Arrived:
    """A result, an error in its place, or the end."""

    number: int
    result: Any = None
    error: BaseException | None = None
    is_end: bool = False

    def outcome(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.result


class _Running(Generic[Item, Ready, Result]):
    """The threads of a job. They know nothing of whoever reads the results, who may be dropped at any time."""

    def __init__(self, job: Job[Item, Ready, Result], put: Callable[[_Arrived], None]) -> None:
        self._job = job
        self._put = put
        self._stopped = False
        self._stopped_at: float | None = None
        # Simple queues, not locks: the garbage collector may close an iterator at any point of any thread.
        self._allowed: SimpleQueue[bool] = SimpleQueue()
        self._tasks: SimpleQueue[tuple[int, Turn, Ready] | None] = SimpleQueue()
        self._threads: list[Thread] = []
        for _ in range(job.window):
            self.allow()

    def start(self) -> None:
        _live.add(self)
        self._start(self._take_items)

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        # Daemons: a source that blocks for ever must not hold up the end of the program.
        thread = Thread(target=copy_context().run, args=(target, *arguments), name="ocrzoo-pages", daemon=True)
        self._threads.append(thread)
        thread.start()

    def allow(self) -> None:
        """Let one more item be taken."""
        self._allowed.put(True)

    @property
    def overdue(self) -> float:
        """Seconds that threads go on since they should have ended."""
        if self._stopped_at is None or not any(thread.is_alive() for thread in self._threads):
            return 0.0
        return time.monotonic() - self._stopped_at

    def stop(self) -> None:
        """Let the threads end as soon as they can."""
        self._stopped = True
        self._stopped_at = self._stopped_at or time.monotonic()
        self._allowed.put(False)
        self._tasks.put(None)

    def join(self, seconds: float) -> None:
        """Wait for the threads to end."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            with suppress(RuntimeError):  # it is this one, or a signal came while it was started: it ends at once
                thread.join(max(0.0, end - time.monotonic()))

    def wait(self, arrived: SimpleQueue[_Arrived]) -> _Arrived:
        while True:
            alive = any(thread.is_alive() for thread in self._threads)
            with suppress(Empty):
                return arrived.get(timeout=_LOOK_UP_S if alive else 0)
            if not alive:
                raise RuntimeError("the process was forked while pages were read: call predict again in the new one")
            turns.current().check()

    def _take_items(self) -> None:
        number = 0
        try:
            for item in self._permitted():
                turn = Turn(lambda: self._stopped)
                with turns.taking(turn):
                    self._job.places.take()
                    try:
                        self._hand_over(number, turn, self._job.prepare(item))
                    except BaseException:  # a stop too: the place must not stay taken
                        self._job.places.give_back()
                        raise
                del item  # its pixels
                number += 1
            self._put(_Arrived(number, is_end=True))
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001  # raised where the results are read
            self._put(_Arrived(number, error=error))
        finally:
            self._end_workers()

    def _permitted(self) -> Iterator[Item]:
        """The items, each once it may be taken."""
        items = self._job.items
        try:
            while self._allowed.get() and not self._stopped:
                try:
                    item = next(items)
                except StopIteration:
                    return
                yield item
                del item
        finally:
            if close := getattr(items, "close", None):
                close()

    def _hand_over(self, number: int, turn: Turn, ready: Ready) -> None:
        if number < len(self._job.workers):
            self._start(self._work, self._job.workers[number])
        self._tasks.put((number, turn, ready))

    def _work(self, worker: Callable[[Ready], Result]) -> None:
        while (task := self._tasks.get()) is not None:
            number, turn, ready = task
            del task
            try:
                with turns.taking(turn):
                    turn.check()
                    arrived = _Arrived(number, worker(ready))
            except BaseException as error:  # noqa: BLE001  # raised where the results are read
                arrived = _Arrived(number, error=error)
            finally:
                self._job.places.give_back()
                del ready
            self._put(arrived)
            del arrived
        self._end_workers()

    def _end_workers(self) -> None:
        """Let the next worker end, after the tasks that are left; if they are not wanted any more, drop them."""
        with suppress(Empty):
            while self._stopped:
                if self._tasks.get_nowait() is not None:
                    self._job.places.give_back()
        self._tasks.put(None)


_live: WeakSet[_Running[Any, Any, Any]] = WeakSet()


def overdue() -> float:
    """Return for how many seconds work goes on that was stopped, at most: it hangs in a call of a network."""
    return max((one.overdue for one in tuple(_live)), default=0.0)


@atexit.register
def _stop_all() -> None:
    """Let no thread be inside an engine when the process ends."""
    running = [*_live]
    for one in running:
        one.stop()
    for one in running:
        one.join(END_S)
