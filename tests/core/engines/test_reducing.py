"""OpenVINO shows its output where it has it, and keeps its requests apart."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.engines.base import EngineOptions, ReducingSession
from ocrzoo.engines.openvino import OpenVinoEngine
from ocrzoo.engines.openvino_sessions import OpenVinoSession

Array = NDArray[np.float32]


@pytest.fixture
def session(onnx_folder: Path) -> OpenVinoSession:
    return OpenVinoEngine().load(onnx_folder, "onnx", EngineOptions(threads=1))


def batch(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).random(shape, np.float32)


def test_the_reduction_sees_what_run_returns(session: OpenVinoSession) -> None:
    assert isinstance(session, ReducingSession)
    given = batch(1, 2, 3, 8, 9)
    np.testing.assert_array_equal(session.run_reduced(given, np.copy), session.run(given))


def test_what_it_raises_is_passed_on_and_the_session_stays_usable(session: OpenVinoSession) -> None:
    def refuse(output: Array) -> None:
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        session.run_reduced(batch(1, 1, 3, 8, 8), refuse)
    assert session.run(batch(1, 1, 3, 8, 8)).shape == (1, 4, 8, 8)


def test_calls_at_the_same_time_see_their_own_outputs(session: OpenVinoSession) -> None:
    given = [batch(seed, 1, 3, 16 + seed, 16) for seed in range(20)]
    expected = [session.run(one) for one in given]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: session.run_reduced(one, np.copy), given))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
