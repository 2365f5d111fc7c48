"""What a recognition network outputs for a line, column by column, and what its numbers look like."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ocrzoo.predictors.network_checks import SUM_TOLERANCE, TOLERANCE

_FLAT = math.e * 1.05
"""The largest ratio of two classes after a second softmax, since the first one gives 0 to 1; and some rounding."""


@dataclass(frozen=True)
class Columns:
    """The classes of one line, reduced to what is needed: a network has 70 KB a column."""

    count: int
    """Classes."""
    best: NDArray[np.intp]
    """The best class of each column."""
    values: NDArray[np.float32]
    """Its number."""
    low: float
    high: float
    sums: NDArray[np.float32]
    """All numbers of a column added up."""
    exponents: NDArray[np.float32]
    """The logarithm of the sum of their exponentials."""
    ratios: NDArray[np.float32]
    """The best number of a column by its least one."""

    @classmethod
    def of(cls, output: NDArray[np.float32]) -> Columns:
        """Reduce an output, T x classes."""
        with np.errstate(all="ignore"):  # numbers that are none are judged by their kind
            best = output.argmax(axis=1)
            values = output.max(axis=1)
            least = output.min(axis=1)
            exponents = values + np.log(np.exp(output - values[:, None]).sum(axis=1))
            ratios = values / np.maximum(least, np.finfo(np.float32).tiny)
        low, high = float(least.min()), float(values.max())
        return cls(output.shape[1], best, values, low, high, output.sum(axis=1), exponents, ratios)

    @property
    def is_positive(self) -> bool:
        """Whether all numbers are from 0 to 1."""
        return self.low >= -TOLERANCE and self.high <= 1 + TOLERANCE

    @property
    def kind(self) -> str:
        """What the numbers are, by the names of the factor ``output values``; empty if they are not finite."""
        if not math.isfinite(self.low + self.high):
            return ""
        if self.is_positive:
            if float(self.sums.max()) > 1 + SUM_TOLERANCE:
                return "sigmoids"
            return "softmax twice" if float(self.ratios.max()) <= _FLAT else "probabilities"
        is_logarithm = self.high <= TOLERANCE and float(np.abs(self.exponents).max()) <= SUM_TOLERANCE
        return "logarithms" if is_logarithm else "raw scores"


PROBABILITY: Mapping[str, Callable[[Columns], NDArray[np.float32]]] = {
    "probabilities": lambda columns: columns.values,
    "sigmoids": lambda columns: columns.values,
    "logarithms": lambda columns: np.exp(columns.values),
    "raw scores": lambda columns: np.exp(columns.values - columns.exponents),
    "softmax twice": lambda columns: np.log(columns.ratios),
}
"""The probability of the best class of each column, by what the numbers are."""


@dataclass(frozen=True)
class Decoded:
    """The classes of a line without blanks and repetitions, and their probability."""

    classes: tuple[int, ...]
    score: float


def decode(columns: Columns, blank: int) -> Decoded:
    """Decode a line by greedy CTC with the blank in any class."""
    kept = columns.best != blank
    kept[1:] &= columns.best[1:] != columns.best[:-1]
    probability = PROBABILITY[columns.kind](columns)[kept] if columns.kind else np.zeros(int(kept.sum()))
    return Decoded(tuple(columns.best[kept].tolist()), float(probability.mean()) if kept.any() else 0.0)
