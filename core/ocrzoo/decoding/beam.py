"""Readings of a line beside the best class of each column: which there are, and how probable each is.

A network's output for a line is T x classes, float32: probabilities of columns from left to right; class 0 is the blank
of connectionist temporal classification (CTC). A reading is a sequence of classes without blanks. Many paths through
the columns give one reading; its probability is the sum of theirs (Graves et al. 2006).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Classes = tuple[int, ...]
Output = NDArray[np.float32]
"""T x classes."""

BEAMS = 16
"""Prefixes that are followed from column to column."""
OF_A_STATE = 2
"""The same with an automaton, for each of its states: so the ends of a pattern are reached however improbable."""
MOST_BEAMS = 400
"""The same, all states together."""
CLASSES = 4
"""Classes of a column that may follow a prefix, the most probable ones."""
CERTAIN = 0.999
"""A column whose best class has this probability has no other, without an automaton."""


class Automaton(Protocol):
    """What readings may be; states are numbers."""

    @property
    def start(self) -> int:
        """The state of the empty reading."""
        ...

    def following(self, state: int) -> NDArray[np.intp]:
        """Return the classes that may come next, ascending."""
        ...

    def next(self, state: int, one: int) -> int:
        """Return the state after a class."""
        ...

    def is_final(self, state: int) -> bool:
        """Whether a reading may end here."""
        ...


@dataclass
class _Prefix:
    """What is known of a prefix at a column."""

    blank: float = 0.0
    """The probability of its paths that end with a blank, scaled."""
    entry: float = 0.0
    """That of those that end with its last class."""

    @property
    def total(self) -> float:
        return self.blank + self.entry


def search(output: Output, automaton: Automaton | None = None) -> list[Classes]:
    """Return the most probable readings, the best first; with an automaton, those that it accepts.

    It is a prefix beam search, so readings of little probability may be missing.
    """
    prefixes: dict[Classes, _Prefix] = {(): _Prefix(blank=1.0)}
    states: dict[Classes, int] = {(): automaton.start if automaton else 0}
    for column in output:
        choose = _unbound(column) if automaton is None else _bound(column, automaton)
        blank = float(column[0])
        grown: dict[Classes, _Prefix] = defaultdict(_Prefix)
        reached: dict[Classes, int] = {}
        for prefix, known in prefixes.items():
            stays, reached[prefix] = grown[prefix], states[prefix]
            stays.blank += known.total * blank
            if prefix:
                stays.entry += known.entry * float(column[prefix[-1]])
            for one, state, probability in choose(states[prefix]):
                longer = (*prefix, one)
                repeats = prefix[-1:] == (one,)  # only a blank between separates two of one class
                grown[longer].entry += (known.blank if repeats else known.total) * probability
                reached[longer] = state
        prefixes = _scaled(_kept(grown, reached, automaton))
        states = {prefix: reached[prefix] for prefix in prefixes}
    ends = [one for one in prefixes if automaton is None or automaton.is_final(states[one])]
    return sorted(ends, key=lambda prefix: -prefixes[prefix].total)


_Next = tuple[int, int, float]
"""A class, the state after it, and its probability in a column."""


def _unbound(column: NDArray[np.float32]) -> Callable[[int], list[_Next]]:
    best = int(column.argmax())
    few = [best] if column[best] >= CERTAIN else _most_probable(column)
    found = [(one, 0, float(column[one])) for one in few if one]
    return lambda _: found


def _bound(column: NDArray[np.float32], automaton: Automaton) -> Callable[[int], list[_Next]]:
    known: dict[int, list[_Next]] = {}

    def choose(state: int) -> list[_Next]:
        if state not in known:
            classes = automaton.following(state)
            few = classes[_most_probable(column[classes])].tolist()
            known[state] = [(one, automaton.next(state, one), float(column[one])) for one in few]
        return known[state]

    return choose


def _most_probable(values: NDArray[np.float32]) -> list[int]:
    few = min(CLASSES, len(values))
    found: list[int] = np.argpartition(values, len(values) - few)[len(values) - few :].tolist() if few else []
    return found


def _kept(
    grown: dict[Classes, _Prefix], states: dict[Classes, int], automaton: Automaton | None
) -> dict[Classes, _Prefix]:
    def total(prefix: Classes) -> float:
        return grown[prefix].total

    possible = [prefix for prefix in grown if total(prefix) > 0]
    if automaton is None:
        return {prefix: grown[prefix] for prefix in nlargest(BEAMS, possible, key=total)}
    of_state: Counter[int] = Counter()
    kept: dict[Classes, _Prefix] = {}
    for prefix in sorted(possible, key=total, reverse=True):
        of_state[states[prefix]] += 1
        if of_state[states[prefix]] <= OF_A_STATE:
            kept[prefix] = grown[prefix]
        if len(kept) == MOST_BEAMS:
            break
    return kept


def _scaled(prefixes: dict[Classes, _Prefix]) -> dict[Classes, _Prefix]:
    """Divide by the largest, so that long lines do not underflow."""
    most = max((one.total for one in prefixes.values()), default=1.0)
    return {prefix: _Prefix(one.blank / most, one.entry / most) for prefix, one in prefixes.items()}


def log_probabilities(output: Output, readings: Sequence[Classes]) -> NDArray[np.float64]:
    """Return the natural logarithm of each reading's probability, all of its paths together; -inf if it has none."""
    paths = _Paths(output, readings)
    totals = paths.first
    for emitted in paths.emitted():
        totals = np.logaddexp(np.logaddexp(totals, paths.shifted(totals, 1)), paths.shifted(totals, 2)) + emitted
    return np.asarray(np.logaddexp(*paths.ends(totals)), np.float64)


def columns_of(output: Output, reading: Classes) -> tuple[int, ...]:
    """Return the first column of each class on the reading's most probable path; the reading has one."""
    paths = _Paths(output, [reading])
    best, came = paths.first, []
    for emitted in paths.emitted():
        ways = np.stack([best, paths.shifted(best, 1), paths.shifted(best, 2)])
        came.append(ways.argmax(axis=0)[0])
        best = ways.max(axis=0) + emitted
    with_blank, without = paths.ends(best)
    at = 2 * len(reading) - int(without[0] > with_blank[0])
    columns = [0] * len(reading)
    for column in range(len(output) - 1, -1, -1):
        if at % 2:
            columns[at // 2] = column
        if column:
            at -= int(came[column - 1][at])
    return tuple(columns)


class _Paths:
    """The states of readings' paths: the blank before, between and after their classes, and these; R x S."""

    def __init__(self, output: Output, readings: Sequence[Classes]) -> None:
        self._lengths = np.array([len(one) for one in readings])
        longest = int(self._lengths.max(initial=0))
        classes = np.zeros((len(readings), 2 * longest + 1), np.intp)
        for row, reading in zip(classes, readings, strict=True):
            row[1 : 2 * len(reading) : 2] = reading
        used, self._places = np.unique(classes, return_inverse=True)
        self._places = self._places.reshape(classes.shape)
        with np.errstate(divide="ignore"):
            self._logs = np.log(output[:, used].astype(np.float64))
        skips = np.zeros(classes.shape, bool)  # from class to class, unless they are equal
        skips[:, 3::2] = classes[:, 3::2] != classes[:, 1:-2:2]
        self._no_skip = np.where(skips, 0.0, -np.inf)
        self.first = np.full(classes.shape, -np.inf)
        self.first[:, :2] = self._logs[0][self._places[:, :2]]

    def emitted(self) -> Iterator[NDArray[np.float64]]:
        """The logarithms of the probabilities of the states' classes, a column at a time from the second on."""
        for logs in self._logs[1:]:
            yield logs[self._places]

    def shifted(self, values: NDArray[np.float64], by: int) -> NDArray[np.float64]:
        """What comes from the state before, or, skipping a blank, from the one before that."""
        moved = np.full(values.shape, -np.inf)
        moved[:, by:] = values[:, :-by]
        return moved + self._no_skip if by == 2 else moved

    def ends(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The values of each reading's last two states: the blank after it, and its last class."""
        rows = np.arange(len(values))
        last = values[rows, np.maximum(2 * self._lengths - 1, 0)]
        return values[rows, 2 * self._lengths], np.where(self._lengths > 0, last, -np.inf)
