"""The most probable readings of a line, by a prefix beam search over its network's output (:mod:`.paths`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ocrzoo.decoding.paths import Classes, Output

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

_Integers = NDArray[np.intp]
_Numbers = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Transitions:
    """What may follow a state of an automaton."""

    kind: int
    """States of one kind have the same classes."""
    classes: _Integers
    """Without the blank, ascending."""
    states: _Integers
    """The state after each class."""


class Automaton(Protocol):
    """What readings may be; states are numbers."""

    @property
    def start(self) -> int:
        """The state of the empty reading."""
        ...

    def transitions(self, state: int) -> Transitions:
        """Return what may follow a state."""
        ...

    def is_final(self, state: int) -> bool:
        """Whether a reading may end here."""
        ...


def search(output: Output, automaton: Automaton | None = None) -> list[Classes]:
    """Return the most probable readings, the best first; with an automaton, those that it accepts.

    It is a prefix beam search, so readings of little probability may be missing.
    """
    prefixes = _Prefixes()
    beam = _Beam.before(automaton.start if automaton else 0)
    for column, best in zip(output, output.argmax(axis=1).tolist(), strict=True):
        following = _bound(column, beam.states, automaton) if automaton else _unbound(column, beam.states, best)
        beam = _grown(beam, column, following, prefixes, of_states=automaton is not None)
    ranked = np.argsort(-beam.totals, kind="stable").tolist()
    ends = [at for at in ranked if automaton is None or automaton.is_final(int(beam.states[at]))]
    return [prefixes.reading(int(beam.nodes[at])) for at in ends]


class _Prefixes:
    """A tree of the prefixes that were followed; each is a node, the empty one is 0."""

    def __init__(self) -> None:
        self._longer: dict[tuple[int, int], int] = {}
        self._parents = [0]
        self._classes = [0]

    def longer(self, node: int, one: int) -> int:
        """Return the node of a prefix with a class added."""
        found = self._longer.setdefault((node, one), len(self._parents))
        if found == len(self._parents):
            self._parents.append(node)
            self._classes.append(one)
        return found

    def places(self, nodes: _Integers) -> _Integers:
        """Return where each node of the tree is among ``nodes``; -1: it is not."""
        found = np.full(len(self._parents), -1, np.intp)
        found[nodes] = np.arange(len(nodes))
        return found

    def reading(self, node: int) -> Classes:
        """Return the classes of a prefix."""
        found = []
        while node:
            found.append(self._classes[node])
            node = self._parents[node]
        return tuple(reversed(found))


@dataclass(frozen=True)
class _Beam:
    """P prefixes that are followed, and what is known of each at a column."""

    nodes: _Integers
    parents: _Integers
    """The nodes without their last classes; 0 for the empty prefix, too."""
    classes: _Integers
    """Their last classes; 0: none."""
    states: _Integers
    blank: _Numbers
    """The probability of paths that end with a blank, divided by that of the best prefix, so that none underflows."""
    entry: _Numbers
    """The same of those that end with the last class."""

    @classmethod
    def before(cls, state: int) -> _Beam:
        """The empty prefix, before the first column."""
        none = np.zeros(1, np.intp)
        return cls(none, none, none, none + state, np.ones(1), np.zeros(1))

    @property
    def totals(self) -> _Numbers:
        return self.blank + self.entry


@dataclass(frozen=True)
class _Following:
    """What may be added to each prefix in a column, P x K: classes, the states after them, their probabilities or 0."""

    classes: _Integers
    states: _Integers
    probabilities: NDArray[np.float32]


def _unbound(column: Output, states: _Integers, best: int) -> _Following:
    few = np.array([best], np.intp) if column[best] >= CERTAIN else _most_probable(column)
    classes = few[few > 0][None].repeat(len(states), axis=0)
    return _Following(classes, np.zeros_like(classes), column[classes])


def _bound(column: Output, states: _Integers, automaton: Automaton) -> _Following:
    rows: dict[int, int] = {}
    own = [rows.setdefault(state, len(rows)) for state in states.tolist()]
    classes = np.zeros((len(rows), CLASSES), np.intp)
    reached = np.zeros_like(classes)
    ranked: dict[int, _Integers] = {}
    for state, row in rows.items():
        found = automaton.transitions(state)
        if found.kind not in ranked:
            ranked[found.kind] = _most_probable(column[found.classes])
        few = ranked[found.kind]
        classes[row, : len(few)] = found.classes[few]
        reached[row, : len(few)] = found.states[few]
    return _Following(classes[own], reached[own], np.where(classes, column[classes], 0)[own])


def _most_probable(values: Output) -> _Integers:
    few = min(CLASSES, len(values))
    return np.argpartition(values, len(values) - few)[len(values) - few :] if few else np.zeros(0, np.intp)


def _grown(beam: _Beam, column: Output, following: _Following, prefixes: _Prefixes, *, of_states: bool) -> _Beam:
    """The best prefixes after a column: those before it, and these with a class added."""
    classes, before = following.classes, beam.totals
    blank = before * column[0]
    entry = beam.entry * column[beam.classes]
    if not classes.size:
        most = float((blank + entry).max(initial=0)) or 1
        return replace(beam, blank=blank / most, entry=entry / most)
    repeats = classes == beam.classes[:, None]  # only a blank between separates two of one class
    added = np.where(repeats, beam.blank[:, None], before[:, None]) * following.probabilities

    parents = prefixes.places(beam.nodes)[beam.parents]
    same, which = np.nonzero((parents >= 0)[:, None] & (classes[parents] == beam.classes[:, None]))  # are there already
    entry[same] += added[parents[same], which]
    added[parents[same], which] = 0

    totals = np.concatenate([blank + entry, added.ravel()])
    kept = _best(totals, np.concatenate([beam.states, following.states.ravel()]) if of_states else None)
    count = len(beam.nodes)
    old, new = kept[kept < count], kept[kept >= count] - count
    of, one = beam.nodes[new // classes.shape[1]], classes.ravel()[new]
    nodes = [prefixes.longer(*pair) for pair in zip(of.tolist(), one.tolist(), strict=True)]
    most = float(totals[kept].max(initial=0)) or 1
    return _Beam(
        nodes=np.concatenate([beam.nodes[old], np.array(nodes, np.intp)]),
        parents=np.concatenate([beam.parents[old], of]),
        classes=np.concatenate([beam.classes[old], one]),
        states=np.concatenate([beam.states[old], following.states.ravel()[new]]),
        blank=np.concatenate([blank[old], np.zeros(len(new))]) / most,
        entry=np.concatenate([entry[old], added.ravel()[new]]) / most,
    )


def _best(totals: _Numbers, states: _Integers | None) -> _Integers:
    """Where the prefixes are that are followed; with states, the best of each."""
    if states is None:
        return _most(totals, np.flatnonzero(totals), BEAMS)
    ranked = np.argsort(-totals, kind="stable")[: np.count_nonzero(totals)]
    by_state = ranked[np.argsort(states[ranked], kind="stable")]
    own = states[by_state]
    few = np.ones(len(own), bool)
    few[OF_A_STATE:] = own[OF_A_STATE:] != own[:-OF_A_STATE]
    return _most(totals, by_state[few], MOST_BEAMS)


def _most(totals: _Numbers, places: _Integers, count: int) -> _Integers:
    return places if len(places) <= count else places[np.argpartition(-totals[places], count)[:count]]
