"""Inputs are padded to a grid of shapes, and outputs cut back to what was given."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.engines.base import Device, EngineOptions
from ocrzoo.engines.grid import Grid, Profile, Shape, run_on
from ocrzoo.loading.candidates import options_on_grid
from ocrzoo.processing.recognition import WIDTHS
from ocrzoo_registry.zoo import Zoo

Array = NDArray[np.float32]
GRID = Grid((1, 4), (32, 64), (64, 128, 320))


class Network:
    """Keeps the shapes that it is given, and outputs a map, columns of 8 pixels with 5 classes, and a vector."""

    def __init__(self) -> None:
        self.given: list[Shape] = []

    def __call__(self, batch: Array) -> tuple[Array, ...]:
        self.given.append(batch.shape)
        columns = batch[:, 0, 0, ::8, None].repeat(5, axis=2)
        return batch[:, :1] * 2, columns, batch.mean(axis=(2, 3))


@pytest.mark.parametrize(
    ("given", "padded"),
    [
        ((1, 3, 32, 64), (1, 3, 32, 64)),
        ((2, 3, 33, 65), (4, 3, 64, 128)),
        ((3, 3, 1, 1), (4, 3, 32, 64)),
        ((1, 3, 65, 321), (1, 3, 65, 321)),
        ((7, 3), (7, 3)),
    ],
)
def test_the_next_shape_on_the_grid(given: Shape, padded: Shape) -> None:
    assert GRID.room(given) == padded


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_a_network_is_given_only_shapes_on_the_grid(count: int) -> None:
    batch = np.random.default_rng(0).random((count, 3, 40, 104), np.float32)
    network = Network()
    doubled, columns, means = run_on(GRID, network, batch)
    assert {shape[1:] for shape in network.given} == {(3, 64, 128)}
    assert {shape[0] for shape in network.given} <= {1, 4}
    np.testing.assert_array_equal(doubled, batch[:, :1] * 2)
    np.testing.assert_array_equal(columns, batch[:, 0, 0, ::8, None].repeat(5, axis=2))
    assert len(means) == count


def test_without_a_grid_nothing_is_padded() -> None:
    network = Network()
    run_on(Grid(), network, np.ones((5, 3, 7, 9), np.float32))
    assert network.given == [(5, 3, 7, 9)]


@pytest.mark.parametrize(
    ("shape", "left"),
    [
        ((None, 3, None, None), GRID),
        ((None, 3, 48, None), Grid(GRID.counts, (), GRID.widths)),
        ((1, 3, 80, 160), Grid()),
        (None, Grid(GRID.counts)),
    ],
)
def test_what_a_network_fixes_is_not_padded(shape: tuple[int | None, ...] | None, left: Grid) -> None:
    assert GRID.left_open(shape) == left


def test_the_sizes_that_a_profile_allows() -> None:
    profile = Profile((1, 3, 40, 100), (1, 3, 64, 128), (3, 3, 64, 300))
    assert GRID.within(profile) == Grid((1, 3), (64,), (128, 300))
    assert Grid((1, 2)).within(profile) == Grid((1, 2, 3))


def test_models_have_the_grid_of_their_task_and_the_shapes_of_their_card(zoo: Zoo) -> None:
    found = {
        name: options_on_grid(zoo.models.get(name), EngineOptions(Device("npu")))
        for name in ("PP-OCRv5_mobile_rec", "PP-OCRv5_mobile_det", "UVDoc")
    }
    lines, pages, warped = found.values()
    assert (lines.grid.widths, lines.grid.heights) == (WIDTHS, ())
    assert lines.profile == Profile((1, 3, 48, 160), (1, 3, 48, 320), (8, 3, 48, 3200))
    assert pages.grid == Grid((1,))
    assert (warped.grid.heights, warped.grid.widths) == ((), ())
    assert (lines.shapes, pages.shapes) == (len(WIDTHS), 8)
    assert options_on_grid(zoo.models.get("PP-OCRv5_mobile_rec"), EngineOptions()).shapes == 2  # of a CPU
