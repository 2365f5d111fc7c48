"""What the weights of ``restore_spaces`` are fitted with, and what is counted."""

from __future__ import annotations

import numpy as np
import pytest
from bench.spaces import Counts, Gap, gaps, logistic_regression


def test_the_regression_finds_the_weights_that_classes_were_drawn_by() -> None:
    rng = np.random.default_rng(3)
    features = np.column_stack([rng.normal(size=(40_000, 2)), np.ones(40_000)])
    weights = np.array([1.8, -3.0, 0.7])
    classes = (rng.random(40_000) < 1 / (1 + np.exp(-features @ weights))).astype(np.float64)
    found = logistic_regression(features, classes)
    assert found == pytest.approx(weights, abs=0.1)
    chances = 1 / (1 + np.exp(-features @ found))
    assert abs(features.T @ (classes - chances)).max() < 1e-6, "the slope at the most likely weights is 0"


def test_only_gaps_between_characters_that_were_read_right_are_counted() -> None:
    found = list(gaps("an old mill", [*"anold", " ", *"mxll"]))
    assert found == [
        *(Gap(0, False, False), Gap(1, True, False), Gap(2, False, False), Gap(3, False, False)),
        *(Gap(4, True, True), Gap(8, False, False)),
    ]
    counts = Counts()
    counts.add(found)
    assert (counts.gaps, counts.written, counts.read, counts.false) == (4, 2, 1, 0)
