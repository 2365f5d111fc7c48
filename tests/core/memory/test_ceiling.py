"""Below the ceiling: who may take how much, and what happens if it is not enough."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.engines.base import TensorSpec
from ocrzoo.memory.ceiling import LEAST_PIXELS, Ceiling
from ocrzoo.memory.process import resident, trim
from ocrzoo_registry.errors import InputError, UsageError

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")

RATE = 400
"""Bytes that the network below takes for each pixel of its input."""


@dataclass
class Hoarder:
    """A network that keeps what its largest call took, as engines do, until it is released."""

    inputs: tuple[TensorSpec, ...] = (TensorSpec("x", (None, 3, None, None)),)
    kept: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        needed = batch.size // 3 * RATE
        if self.kept.size < needed:
            self.kept = np.ones(needed, np.uint8)
        return batch

    def release(self) -> None:
        self.kept = np.zeros(0, np.uint8)


def page(pixels: int) -> NDArray[np.float32]:
    return np.zeros((1, 3, 1, pixels), np.float32)


def ceiling_above_now(megabytes: int) -> Ceiling:
    gc.collect()
    trim()  # what other tests left would be given back later, and count as room
    return Ceiling((resident() or 0) + megabytes * 1_000_000)


def test_a_call_has_a_third_of_what_is_left() -> None:
    room = ceiling_above_now(600).room("network", Hoarder())
    assert room.rate == pytest.approx(RATE, rel=0.2)
    assert room.most_pixels == pytest.approx(600e6 / 3 / RATE, rel=0.25)


def test_a_ceiling_that_is_too_low_says_what_is_needed() -> None:
    ceiling = ceiling_above_now(150)
    with pytest.raises(UsageError, match=r"memory=\d+MiB is too little for network: .* give \d+MiB or more"):
        ceiling.room("network", Hoarder())


def test_what_another_network_keeps_is_released() -> None:
    ceiling = ceiling_above_now(500)
    first, second = Hoarder(), Hoarder()
    rooms = ceiling.room("first", first), ceiling.room("second", second)
    with rooms[0].taken(page(900_000)):
        first.run(page(900_000))
    assert first.kept.size
    with rooms[1].taken(page(900_000)):
        assert not first.kept.size


def test_what_a_network_keeps_is_used_again() -> None:
    ceiling = ceiling_above_now(500)
    hoarder = Hoarder()
    room = ceiling.room("network", hoarder)
    for _ in range(2):
        with room.taken(page(900_000)):
            kept = hoarder.kept
            hoarder.run(page(900_000))
    assert hoarder.kept is kept


def test_a_call_waits_for_others_to_end() -> None:
    ceiling = ceiling_above_now(500)
    rooms = [ceiling.room(name, Hoarder()) for name in ("first", "second")]
    entered = Event()

    def call() -> None:
        with rooms[1].taken(page(900_000)):
            entered.set()

    with rooms[0].taken(page(900_000)):
        other = Thread(target=call, daemon=True)
        other.start()
        assert not entered.wait(0.2)
    assert entered.wait(10)
    other.join(10)


def test_a_call_that_does_not_fit_is_refused() -> None:
    room = ceiling_above_now(500).room("network", Hoarder())
    with pytest.raises(InputError, match=r"network needs about \d+MiB .* memory=\d+MiB are in use: give more memory"):
        room.taken(page(2_000_000)).__enter__()


def test_a_network_that_cannot_run_the_small_call_is_taken_to_need_much() -> None:
    class Picky(Hoarder):
        def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
            raise RuntimeError("no such size")

    room = ceiling_above_now(2000).room("network", Picky())
    assert LEAST_PIXELS < room.most_pixels < 2000e6 / 3 / 900


@pytest.mark.parametrize(("reported", "given"), [(None, "float32"), ("float16", "float16")])
def test_the_small_call_has_the_numbers_that_the_network_takes(reported: str | None, given: str) -> None:
    """Paddle does not report them: they are float32 then."""
    kinds: list[str] = []

    class Noting(Hoarder):
        def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
            kinds.append(batch.dtype.name)
            return batch

    ceiling_above_now(600).room("network", Noting((TensorSpec("x", (None, 3, None, None), reported),)))
    assert kinds == [given]
