"""Which way is taken, from what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocrzoo.engines.base import Device, EngineOptions
from ocrzoo.loading.candidates import Candidate
from ocrzoo.tuning.choice import Choice, Way, in_order
from ocrzoo_registry.plugins.specs import EngineSpec
from ocrzoo_registry.store.store import ModelFiles

FILES = ModelFiles("a_rec", "onnx", Path())


def candidate(engine: str, precision: str = "float32", batching: Any = "exact", **options: Any) -> Candidate:
    spec = EngineSpec(engine, "", ("onnx",), engine, engine, rank=1)
    return Candidate(spec, FILES, EngineOptions(**options), precision, batching)


def way(engine: str, *rounds: float, same: bool = True, **changes: Any) -> Way:
    stated: dict[str, Any] = {"precision": "float32", "batching": "exact", "streams": 1, "threads": 4, **changes}
    return Way(engine=engine, format="onnx", rounds_ms=rounds, same_answers=same, **stated)


def measured(*ways: Way) -> Choice:
    return Choice(model="a_rec", made="", cpu="", cores=4, engines={}, ways=ways, chosen={})


def first_of(choice: Choice, *candidates: Candidate) -> Candidate:
    found = in_order(candidates, choice)
    assert len(found) == len(candidates)
    return found[0]


QUICK, SLOW = candidate("quick"), candidate("slow")
DEFAULT = way("quick", 10, 10, 10, 10)


def test_the_fastest_comes_first() -> None:
    assert first_of(measured(DEFAULT, way("slow", 6, 6, 6, 6)), QUICK, SLOW) == SLOW


def test_the_others_follow_in_their_order() -> None:
    third = candidate("third")
    found = in_order([QUICK, SLOW, third], measured(DEFAULT, way("third", 5, 5, 5, 5)))
    assert found == [third, QUICK, SLOW]


@pytest.mark.parametrize(
    ("rounds", "why"),
    [
        ((9.7, 9.7, 9.7, 9.7), "3 % are within what other programs disturb"),
        ((5.0, 5.0, 11.0, 11.0), "it lost half of the rounds"),
        ((), "it could not be run"),
    ],
)
def test_one_that_is_not_clearly_faster_is_not_taken(rounds: tuple[float, ...], why: str) -> None:
    assert first_of(measured(DEFAULT, way("slow", *rounds)), QUICK, SLOW) == QUICK, why


def test_one_slow_round_of_many_does_not_decide() -> None:
    assert first_of(measured(DEFAULT, way("slow", 6, 30, 6, 6)), QUICK, SLOW) == SLOW


def test_other_answers_are_not_taken_in_float32() -> None:
    assert first_of(measured(DEFAULT, way("slow", 2, 2, 2, 2, same=False)), QUICK, SLOW) == QUICK


def test_reduced_precision_is_taken_only_where_it_is_allowed() -> None:
    choice = measured(DEFAULT, way("quick", 5, 5, 5, 5, precision="bfloat16", same=False))
    reduced = candidate("quick", "bfloat16")
    assert first_of(choice, QUICK, SLOW) == QUICK
    assert first_of(choice, QUICK, reduced) == reduced


class TestStreams:
    """Several calls at once."""

    def test_they_are_taken_with_their_threads(self) -> None:
        taken = first_of(measured(DEFAULT, way("quick", 5, 5, 5, 5, streams=4, threads=1)), QUICK)
        assert (taken.options.streams, taken.options.threads) == (4, 1)

    def test_they_need_a_larger_gain_because_one_page_takes_longer(self) -> None:
        assert first_of(measured(DEFAULT, way("quick", 9, 9, 9, 9, streams=4, threads=1)), QUICK) == QUICK

    def test_fewer_streams_than_the_default_has_are_taken_too(self) -> None:
        default = way("quick", 10, 10, 10, 10, streams=4, threads=1)
        taken = first_of(measured(default, way("quick", 9, 9, 9, 9)), candidate("quick", threads=1, streams=4))
        assert (taken.options.streams, taken.options.threads) == (1, 4)

    def test_a_number_of_threads_that_the_user_gives_stays(self) -> None:
        own = candidate("quick", threads=4)
        choice = measured(DEFAULT, way("quick", 5, 5, 5, 5, streams=4, threads=1))
        assert in_order([own], choice, any_streams=False) == [own]


def test_nothing_is_concluded_for_another_device() -> None:
    on_gpu = [candidate(name, device=Device("gpu")) for name in ("quick", "slow")]
    assert first_of(measured(DEFAULT, way("slow", 6, 6, 6, 6)), *on_gpu) == on_gpu[0]


def test_nothing_is_concluded_where_the_default_was_not_measured() -> None:
    assert first_of(measured(way("slow", 6, 6, 6, 6)), QUICK, SLOW) == QUICK
