"""Slots: never more than there are, the earliest turn first, and none is lost."""

from __future__ import annotations

import os
import threading
import time

import pytest

from ocrzoo.scheduling import turns
from ocrzoo.scheduling.slots import Slots
from ocrzoo.scheduling.turns import Stopped, Turn

BOUND_S = 20.0


def waits_for(slots: Slots, count: int) -> None:
    """Wait until so many threads wait."""
    end = time.monotonic() + BOUND_S
    while len(slots._waiting) < count:
        assert time.monotonic() < end
        time.sleep(0.001)


def test_calls_with_many_threads_are_never_together_and_small_ones_are() -> None:
    cores = Slots(lambda: 2)
    used, most, lock = 0, 0, threading.Lock()

    def call(count: int) -> None:
        nonlocal used, most
        for _ in range(50):
            with cores.taken(count):
                with lock:
                    used += count
                    most = max(most, used)
                with lock:
                    used -= count

    callers = [threading.Thread(target=call, args=(1 + place % 2,)) for place in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(BOUND_S)
    assert most <= 2
    assert cores.take(2) == 2


def test_more_than_there_are_is_all_of_them() -> None:
    cores = Slots(lambda: 2)
    assert cores.take(16) == 2


def test_the_earliest_turn_is_served_first_whoever_asked_first() -> None:
    slots, served = Slots(lambda: 1), list[int]()

    def ask(turn: Turn) -> None:
        with turns.taking(turn), slots.taken():
            served.append(turn.number)

    early = [Turn() for _ in range(4)]
    taken = slots.take()
    threads = []
    for place, turn in enumerate(reversed(early)):
        threads.append(threading.Thread(target=ask, args=(turn,)))
        threads[-1].start()
        waits_for(slots, place + 1)
    slots.give_back(taken)
    for thread in threads:
        thread.join(BOUND_S)
    assert served == [turn.number for turn in early]


def test_who_is_stopped_while_it_waits_takes_nothing() -> None:
    slots, stopped = Slots(lambda: 1), threading.Event()
    slots.take()
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            with turns.taking(Turn(stopped.is_set)):
                slots.take()
        except Stopped as error:
            failed.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    waits_for(slots, 1)
    stopped.set()
    thread.join(BOUND_S)
    assert len(failed) == 1
    slots.give_back()
    assert slots.take() == 1


def test_who_is_stopped_does_not_begin_even_what_needs_no_slot() -> None:
    with turns.taking(Turn(lambda: True)), pytest.raises(Stopped), Slots(lambda: 1).taken(0):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_in_a_forked_process_all_are_free() -> None:
    slots = Slots(lambda: 2)
    slots.take(2)
    child = os.fork()
    if not child:
        os._exit(slots.take(2))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
