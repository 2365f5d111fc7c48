"""Items that are worked on at once: order, errors, what stops the work, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import pytest

from ocrzoo.scheduling.in_order import Job, in_order, in_order_async
from ocrzoo.scheduling.slots import Slots

BOUND_S = 20.0
"""Seconds after which a test gives up; nothing here takes one."""


def job(items: Any, do: Callable[[Any], Any], workers: int = 2, **more: Any) -> Job[Any, Any, Any]:
    keys: dict[str, Any] = {"places": Slots(lambda: workers), "window": workers, "prepare": lambda item: item, **more}
    return Job(iter(items), workers=[do] * workers, **keys)


def threads_end() -> bool:
    """Whether the threads of all jobs end."""
    end = time.monotonic() + BOUND_S
    while any(thread.name == "ocrzoo-pages" for thread in threading.enumerate()):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_items_whatever_each_takes(workers: int) -> None:
    drawn = random.Random(workers)

    def slowly(item: int) -> int:
        time.sleep(drawn.random() / 200)
        return item * item

    assert list(in_order(job(range(40), slowly, workers))) == [item * item for item in range(40)]
    assert threads_end()


def test_items_are_worked_on_at_once() -> None:
    both_there = threading.Barrier(2)
    assert list(in_order(job([1, 2], lambda item: both_there.wait(BOUND_S) >= 0 and item))) == [1, 2]


def test_the_first_result_comes_before_the_second_item() -> None:
    first_was_read = Event()

    def trickle() -> Iterator[int]:
        yield 1
        assert first_was_read.wait(BOUND_S)
        yield 2

    results = in_order(job(trickle(), lambda item: item))
    assert next(results) == 1
    first_was_read.set()
    assert list(results) == [2]


def test_an_iterator_that_nobody_reads_stops_the_work() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(100):
            taken.append(item)
            yield item

    results = in_order(job(items(), lambda item: item, 3))
    assert next(results) == 0
    time.sleep(0.2)
    assert len(taken) <= 4  # three, and one for the result that was read
    results.close()  # type: ignore[attr-defined]  # a generator
    assert threads_end()


def test_an_iterator_that_is_never_read_takes_nothing() -> None:
    taken: list[int] = []
    in_order(job(map(taken.append, range(3)), lambda item: item))
    assert threads_end()
    assert not taken


def test_an_error_is_raised_in_its_place() -> None:
    def fail_on_3(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        return item

    results = in_order(job(range(100), fail_on_3, 4))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)
    assert threads_end()


def test_an_error_of_the_source_is_raised_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("unplugged")

    results = in_order(job(items(), lambda item: item))
    assert next(results) == 1
    with pytest.raises(OSError, match="unplugged"):
        next(results)


def test_an_error_while_preparing_gives_its_place_back() -> None:
    def fail(_item: int) -> int:
        raise ValueError("unprepared")

    places = Slots(lambda: 1)
    for _ in range(3):
        with pytest.raises(ValueError, match="unprepared"):
            next(in_order(job([1], lambda item: item, places=places, prepare=fail)))
    assert list(in_order(job([1, 2], lambda item: item, places=places))) == [1, 2]


def test_closing_ends_work_and_source_and_gives_all_places_back() -> None:
    closed, going = Event(), Event()

    def items() -> Iterator[int]:
        try:
            yield from range(100)
        finally:
            closed.set()

    def work(item: int) -> int:
        going.wait(0.05)
        return item

    places = Slots(lambda: 2)
    for _ in range(5):
        closed.clear()
        results = in_order(job(items(), work, places=places))
        next(results)
        results.close()  # type: ignore[attr-defined]  # a generator
        assert closed.wait(BOUND_S)
    assert threads_end()
    assert list(in_order(job(range(5), work, places=places))) == [*range(5)]


def test_an_iterator_that_is_dropped_leaves_no_thread() -> None:
    results = in_order(job(range(100), lambda item: item, 4))
    next(results)
    del results
    gc.collect()
    assert threads_end()


def test_closing_does_not_wait_for_a_source_that_blocks() -> None:
    for_ever = Event()

    def items() -> Iterator[int]:
        yield 1
        for_ever.wait()

    results = in_order(job(items(), lambda item: item))
    assert next(results) == 1
    started = time.monotonic()
    results.close()  # type: ignore[attr-defined]  # a generator
    assert time.monotonic() - started < BOUND_S
    for_ever.set()
    assert threads_end()


@pytest.mark.parametrize("runs", [False, True])
def test_ctrl_c_while_a_thread_is_started(runs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal comes before the thread runs, or once it does."""
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        if runs:
            start(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(in_order(job(range(5), lambda item: item)))

    assert threads_end()


def test_jobs_with_the_same_places_share_them() -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    def work(item: int) -> int:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.002)
        with lock:
            at_once -= 1
        return item

    places = Slots(lambda: 2)
    found: list[list[int]] = []
    readers = [
        threading.Thread(target=lambda: found.append([*in_order(job(range(10), work, 3, places=places))]))
        for _ in range(8)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(BOUND_S)
    assert found == [[*range(10)]] * 8
    assert most == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_says_that_the_threads_are_not_in_it() -> None:
    results = in_order(job(range(10), lambda item: item))
    next(results)
    child = os.fork()
    if not child:
        try:
            list(results)
        except RuntimeError:
            os._exit(3)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    assert list(results) == [*range(1, 10)]


class TestAsync:
    def test_results_come_in_order_and_the_loop_goes_on(self) -> None:
        ticked = Event()

        def work(item: int) -> int:
            assert ticked.wait(BOUND_S)  # only the loop sets it
            return item

        async def read() -> list[int]:
            asyncio.get_running_loop().call_soon(ticked.set)
            return [one async for one in in_order_async(job(range(20), work, 3))]

        assert asyncio.run(read()) == [*range(20)]
        assert threads_end()

    def test_cancelling_stops_the_work(self) -> None:
        done: list[int] = []

        def work(item: int) -> int:
            time.sleep(0.01)
            done.append(item)
            return item

        async def read() -> None:
            async for _ in in_order_async(job(range(10_000), work)):
                pass

        async def cancel() -> None:
            task = asyncio.create_task(read())
            async with asyncio.timeout(30):
                while not done:  # on a busy machine, threads take their time to start
                    await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(cancel())
        assert threads_end()
        assert 0 < len(done) < 10_000

    def test_leaving_the_loop_early_stops_the_work(self) -> None:
        async def read() -> int:
            async for one in in_order_async(job(range(10_000), lambda item: item)):
                return int(one)
            return -1

        assert asyncio.run(read()) == 0
        assert threads_end()

    def test_an_error_is_raised_in_its_place(self) -> None:
        async def read() -> list[float]:
            return [one async for one in in_order_async(job([1, 0], lambda item: 1 / item))]

        with pytest.raises(ZeroDivisionError):
            asyncio.run(read())
        assert threads_end()
