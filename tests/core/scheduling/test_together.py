"""Several items at once for one caller: order, errors, and as many at once as asked for."""

from __future__ import annotations

import threading

import pytest

from ocrzoo.scheduling import together, turns
from ocrzoo.scheduling.together import run_all
from ocrzoo.scheduling.turns import Turn


@pytest.mark.parametrize("at_once", [1, 2, 7])
def test_results_are_in_the_order_of_the_items(at_once: int) -> None:
    assert run_all(lambda item: item * item, range(50), at_once) == [item * item for item in range(50)]
    assert run_all(lambda item: item, [], at_once) == []


def test_items_run_at_once_and_in_the_turn_of_the_caller() -> None:
    barrier, turn = threading.Barrier(3), Turn()

    def do(_item: int) -> Turn:
        barrier.wait(20)
        return turns.current()

    with turns.taking(turn):
        assert run_all(do, range(6), 3) == [turn] * 6


def test_an_error_is_raised_and_no_further_item_is_begun() -> None:
    begun: list[int] = []

    def fail(item: int) -> int:
        begun.append(item)
        raise ValueError(str(item))

    with pytest.raises(ValueError, match=r"[01]"):
        run_all(fail, range(50), 2)
    assert len(begun) <= 2
    assert threading.active_count() < 20


def test_an_interrupt_does_not_wait_for_a_thread_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "INTERRUPTED_S", 0.05)
    asking, waits, ended = threading.current_thread(), threading.Event(), threading.Event()

    def do(_item: int) -> None:
        if threading.current_thread() is asking:
            waits.wait(20)
            raise KeyboardInterrupt
        waits.set()
        ended.wait(20)

    with pytest.raises(KeyboardInterrupt):
        run_all(do, range(2), 2)
    assert not ended.is_set()
    ended.set()
