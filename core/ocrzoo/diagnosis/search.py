"""The search for what reads: from what is stated to more and more changes, within a bound of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from ocrzoo.diagnosis.hypotheses import Choices, Hypothesis
from ocrzoo_registry.errors import OcrzooError

MOST_CHANGES = 3
"""Properties of the input that are changed at once."""
READS = 0.8
"""Share of the text (or of the boxes) that is right where a model reads: no more changes are tried."""
CLEAR = 0.04
"""By how much another hypothesis must be better, as a share of the text, to be blamed: more than engines differ by."""


@dataclass(frozen=True)
class Trial:
    """What came of one way to run a model."""

    choices: Choices
    right: float
    """Share of the text that is right (of the boxes, for detection), 0 to 1."""
    score: float
    """Mean probability, 0 to 1."""
    texts: tuple[str, ...] = ()
    """What was read, a line each; for detection, how many lines were found."""

    def changes(self, stated: Choices) -> list[Hypothesis]:
        """Return what differs from what is stated."""
        return [one for factor, one in self.choices.items() if stated.get(factor) != one]


Attempt = Callable[[Choices], Iterable[Trial]]
"""Runs the network once with the choices for its input, and yields a trial for each reading of its output."""


@dataclass
class Search:
    """The trials of a model."""

    stated: Choices
    trials: list[Trial]
    """The best first."""
    complete: bool
    """Whether all that was worth a trial was tried in time."""
    refusals: dict[str, str]
    """Why the network could not be run, by what was tried."""

    @property
    def baseline(self) -> Trial | None:
        """The trial of what is stated, if the network ran."""
        return next((trial for trial in self.trials if not trial.changes(self.stated)), None)

    @property
    def best(self) -> Trial | None:
        """The trial with the fewest changes of those that read about as well as any."""
        return self.trials[0] if self.trials else None


def search(stated: Choices, inputs: Sequence[Hypothesis], attempt: Attempt, seconds: float) -> Search:
    """Try what is stated, then one change of the input, then several, until one reads or the time is over."""
    end = time.monotonic() + seconds
    trials: list[Trial] = []
    refusals: dict[str, str] = {}
    complete = True
    for count in range(MOST_CHANGES + 1):
        if count > 1 and any(trial.right >= READS for trial in trials):
            break
        for choices in _changed(stated, inputs, count):
            if time.monotonic() > end:
                complete = False
                break
            try:
                trials.extend(attempt(choices))
            except OcrzooError as error:
                changed = [str(one) for factor, one in choices.items() if stated[factor] != one]
                refusals[", ".join(changed) or "as stated"] = str(error)
    return Search(stated, ranked(trials, stated), complete, refusals)


def ranked(trials: Sequence[Trial], stated: Choices) -> list[Trial]:
    """Return trials, the best first: of those about as right as the best, the one with the fewest changes."""
    if not trials:
        return []
    most = max(trial.right for trial in trials)

    def key(trial: Trial) -> tuple[bool, int, float, float]:
        near = trial.right >= most - CLEAR
        return (not near, len(trial.changes(stated)) if near else 0, -trial.right, -trial.score)

    return sorted(trials, key=key)


def _changed(stated: Choices, table: Sequence[Hypothesis], count: int) -> Iterator[Choices]:
    """Yield what is stated with ``count`` factors changed, each to every other value."""
    others: Mapping[str, list[Hypothesis]] = {
        factor: [one for one in table if one.factor == factor and one != stated[factor]]
        for factor in dict.fromkeys(one.factor for one in table)
    }
    for factors in combinations(others, count):
        for values in product(*(others[factor] for factor in factors)):
            yield {**stated, **dict(zip(factors, values, strict=True))}
