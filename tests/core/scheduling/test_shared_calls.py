"""Calls that several callers share: which items share one, in which order, and whose an error is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest

from ocrzoo.scheduling import turns
from ocrzoo.scheduling.shared_calls import SharedCalls
from ocrzoo.scheduling.turns import Stopped, Turn

BOUND_S = 20.0


class Engine:
    """Squares numbers, up to three a call and only those of one sign, and holds the first call until told."""

    def __init__(self, at_once: int = 1) -> None:
        self.calls: list[list[int]] = []
        self.turns: list[Turn] = []
        self.go = threading.Event()
        self.shared: SharedCalls[int, int] = SharedCalls(self.group, float, at_once)

    def group(self, items: Sequence[int]) -> list[list[int]]:
        signs = ([place for place, item in enumerate(items) if (item > 0) is sign] for sign in (True, False))
        return [places[start : start + 3] for places in signs for start in range(0, len(places), 3)]

    def run(self, items: Sequence[int]) -> list[int]:
        self.turns.append(turns.current())
        self.calls.append([*items])
        assert self.go.wait(BOUND_S)
        if 13 in items:
            raise ValueError("unlucky")
        return [item * item for item in items]

    def wait_for(self, met: Callable[[], bool]) -> None:
        end = time.monotonic() + BOUND_S
        while not met():
            assert time.monotonic() < end
            time.sleep(0.001)


class Caller(threading.Thread):
    """Asks in a thread and keeps the answer."""

    def __init__(self, engine: Engine, items: list[int], turn: Turn | None = None) -> None:
        super().__init__(daemon=True)
        self.engine, self.items, self.turn = engine, items, turn or Turn()
        self.answer: list[int] | BaseException | None = None
        is_first, before = not engine.calls, len(engine.shared._waiting)
        self.start()
        if is_first:
            engine.wait_for(lambda: len(engine.calls) == 1)
        else:  # while the first call is held
            engine.wait_for(lambda: len(engine.shared._waiting) == before + len(items))

    def run(self) -> None:
        with turns.taking(self.turn):
            try:
                self.answer = self.engine.shared.results(self.items, self.engine.run)
            except BaseException as error:  # noqa: BLE001  # compared by the test
                self.answer = error

    def answered(self) -> list[int] | BaseException | None:
        self.join(BOUND_S)
        assert not self.is_alive()
        return self.answer


def test_who_is_alone_gets_calls_at_once() -> None:
    engine = Engine()
    engine.go.set()
    assert engine.shared.results([1, 2, 3, 4, -1], engine.run) == [1, 4, 9, 16, 1]
    assert sorted(map(len, engine.calls)) == [1, 1, 3]
    assert engine.shared.results([], engine.run) == []


def test_no_thread_is_started_that_would_have_no_item() -> None:
    before = {*threading.enumerate()}
    engine = Engine(at_once=3)
    caller = Caller(engine, [1])
    assert {*threading.enumerate()} - before == {caller}
    engine.go.set()
    assert caller.answered() == [1]


def test_what_waits_meanwhile_shares_the_next_call() -> None:
    engine = Engine()
    callers = [Caller(engine, [1]), Caller(engine, [2]), Caller(engine, [3, -3]), Caller(engine, [4])]
    engine.go.set()
    assert [caller.answered() for caller in callers] == [[1], [4], [9, 9], [16]]
    assert engine.calls == [[1], [2, 3, 4], [-3]]


def test_the_earliest_turn_is_served_first() -> None:
    engine, early, late = Engine(), Turn(), Turn()
    callers = [Caller(engine, [1]), Caller(engine, [-2, -3], late), Caller(engine, [4], early)]
    engine.go.set()
    assert [caller.answered() for caller in callers] == [[1], [4, 9], [16]]
    assert engine.calls == [[1], [4], [-2, -3]]


def test_an_error_is_raised_to_its_own_caller_alone() -> None:
    engine = Engine()
    callers = [Caller(engine, [1]), Caller(engine, [2]), Caller(engine, [13])]
    engine.go.set()
    assert callers[1].answered() == [4]
    assert isinstance(callers[2].answered(), ValueError)
    assert engine.calls == [[1], [2, 13], [2], [13]]


def test_who_is_stopped_leaves_and_the_others_go_on() -> None:
    engine, stopped = Engine(), threading.Event()
    callers = [Caller(engine, [1]), Caller(engine, [2], Turn(stopped.is_set)), Caller(engine, [3])]
    stopped.set()
    assert isinstance(callers[1].answered(), Stopped)
    engine.go.set()
    assert [callers[place].answered() for place in (0, 2)] == [[1], [9]]
    assert engine.calls == [[1], [3]]


def test_a_call_goes_on_while_anybody_waits_for_it() -> None:
    engine, stopped = Engine(), [False, False]
    callers = [Caller(engine, [1]), *(Caller(engine, [2 + i], Turn(lambda i=i: stopped[i])) for i in range(2))]  # type: ignore[misc]
    engine.go.set()
    assert [caller.answered() for caller in callers] == [[1], [4], [9]]
    shared = engine.turns[1]
    assert shared.number == callers[1].turn.number
    stopped[0] = True
    assert not shared.stopped()
    stopped[1] = True
    assert shared.stopped()


def test_what_waits_is_grouped_once() -> None:
    """Else a page of thousands of lines would take a time that grows with their square."""
    engine, grouped = Engine(), list[int]()

    def group(items: Sequence[int]) -> list[list[int]]:
        grouped.append(len(items))
        return engine.group(items)

    engine.shared.group = group
    callers = [Caller(engine, [1]), Caller(engine, [*range(20, 3020)]), Caller(engine, [*range(20, 50)])]
    engine.go.set()
    for caller in callers:
        assert caller.answered() == [item * item for item in caller.items]
    assert grouped == [1, 3030]


def test_who_is_stopped_makes_no_further_call() -> None:
    """However many of its items wait: a worker of the server that goes on would be ended."""
    made: list[list[int]] = []
    shared: SharedCalls[int, int] = SharedCalls(lambda items: [[place] for place in range(len(items))], float, 1)

    def run(items: Sequence[int]) -> list[int]:
        made.append([*items])
        return [*items]

    with turns.taking(Turn(lambda: len(made) == 3)), pytest.raises(Stopped):
        shared.results(range(3000), run)
    assert len(made) == 3
    assert not shared._waiting


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_many_threads_get_their_own_answers(at_once: int) -> None:
    engine = Engine(at_once)
    engine.go.set()
    found: dict[int, list[int]] = {}

    def ask(number: int) -> None:
        for round_ in range(20):
            items = [number * 100 + round_ + 20, -number - 1]
            found[number] = engine.shared.results(items, engine.run)
            assert found[number] == [item * item for item in items]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(BOUND_S)
    assert len(found) == 8
    assert not engine.shared._waiting
    assert engine.shared._running == 0


@pytest.mark.parametrize("at_once", [1, 2])
def test_an_interrupt_ends_all_calls_of_its_caller(at_once: int) -> None:
    """Ctrl-C is raised in the thread that asks: no further call is made, and no thread is left waiting."""
    made: list[list[int]] = []
    asking = threading.current_thread()

    def run(items: Sequence[int]) -> list[int]:
        made.append([*items])
        if threading.current_thread() is asking:
            raise KeyboardInterrupt
        time.sleep(0.01)  # else it might make all calls before this thread makes one
        return [*items]

    before = threading.active_count()
    shared: SharedCalls[int, int] = SharedCalls(lambda items: [[place] for place in range(len(items))], float, at_once)
    with pytest.raises(KeyboardInterrupt):
        shared.results(range(50), run)
    assert len(made) < 50
    assert not shared._waiting
    assert threading.active_count() == before
