"""Readings and their probabilities, beside all paths of small outputs, counted one by one."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.decoding.beam import Transitions, search
from ocrzoo.decoding.paths import Classes, columns_of, log_probabilities

COLUMNS, CLASSES = 5, 3


def collapsed(path: Classes) -> Classes:
    return tuple(one for one, _ in itertools.groupby(path) if one)


@dataclass
class Counted:
    """Every reading of an output."""

    output: NDArray[np.float32]
    probabilities: Mapping[Classes, float]
    best_paths: Mapping[Classes, Classes]


def counted(output: NDArray[np.float32]) -> Counted:
    total: dict[Classes, float] = defaultdict(float)
    best: dict[Classes, tuple[float, Classes]] = {}
    for path in itertools.product(range(output.shape[1]), repeat=len(output)):
        probability = float(np.prod(output[np.arange(len(output)), path], dtype=np.float64))
        reading = collapsed(path)
        total[reading] += probability
        best[reading] = max(best.get(reading, (0.0, path)), (probability, path))
    return Counted(output, total, {reading: path for reading, (_, path) in best.items()})


@pytest.fixture(params=range(10))
def every(request: pytest.FixtureRequest) -> Counted:
    random = np.random.default_rng(request.param)
    return counted(random.dirichlet(np.full(CLASSES, 0.7), COLUMNS).astype(np.float32))


def test_a_readings_probability_is_that_of_all_its_paths(every: Counted) -> None:
    readings = [*every.probabilities]
    found = np.exp(log_probabilities(every.output, readings))
    assert found == pytest.approx([every.probabilities[reading] for reading in readings])


def test_a_reading_longer_than_the_columns_allow_has_none(every: Counted) -> None:
    assert log_probabilities(every.output, [(1,) * COLUMNS, (1, 2) * COLUMNS]).tolist() == [-np.inf, -np.inf]


def test_the_search_finds_the_most_probable_readings_in_order(every: Counted) -> None:
    ranked = sorted(every.probabilities, key=lambda reading: -every.probabilities[reading])
    assert search(every.output)[:3] == ranked[:3]


def test_columns_are_those_of_the_most_probable_path(every: Counted) -> None:
    readings = [*every.best_paths]
    for path, columns in zip(every.best_paths.values(), columns_of(every.output, readings), strict=True):
        firsts = [at for at, one in enumerate(path) if one and (not at or path[at - 1] != one)]
        assert list(columns) == firsts


class OnlyOfOneLength:
    """An automaton: readings of so many classes."""

    start = 0

    def __init__(self, length: int) -> None:
        self._length = length

    def transitions(self, state: int) -> Transitions:
        classes = np.arange(1, CLASSES if state < self._length else 1)
        return Transitions(len(classes), classes, np.full_like(classes, state + 1))

    def is_final(self, state: int) -> bool:
        return state == self._length


@pytest.mark.parametrize("length", [0, 1, 2, 3])
def test_with_an_automaton_the_best_reading_that_it_accepts_is_found(every: Counted, length: int) -> None:
    fitting = {reading: p for reading, p in every.probabilities.items() if len(reading) == length}
    assert search(every.output, OnlyOfOneLength(length))[0] == max(fitting, key=lambda reading: fitting[reading])


def test_the_end_of_a_pattern_is_reached_however_improbable() -> None:
    output = np.full((60, CLASSES), 1e-6, np.float32)
    output[:, 0] = 1
    (best, *_) = search(output, OnlyOfOneLength(12))
    assert len(best) == 12


@pytest.mark.parametrize("automaton", [None, OnlyOfOneLength(9)])
def test_a_prefix_that_was_dropped_and_is_found_again_is_the_same(automaton: OnlyOfOneLength | None) -> None:
    for seed in range(20):
        output = np.random.default_rng(seed).dirichlet(np.full(CLASSES, 0.5), 40).astype(np.float32)
        found = search(output, automaton)
        assert len(found) > 1
        assert len(set(found)) == len(found)


def test_long_lines_do_not_underflow() -> None:
    random = np.random.default_rng(0)
    output = random.dirichlet(np.ones(50), 400).astype(np.float32)
    (best, *_) = search(output)
    (log,) = log_probabilities(output, [best])
    assert np.isfinite(log)
    assert log < -300
