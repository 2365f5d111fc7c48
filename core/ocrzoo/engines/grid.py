"""A grid of input shapes, for engines that prepare a network for each: inputs are padded, and outputs cut back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Shape = tuple[int, ...]
"""N x C x H x W."""

_MAPS, _LINES = 4, 3
"""Axes of an output: N x C x H x W, a map as large as the input; N x T x classes, columns along the width."""

_AXES = (0, 2, 3)
"""Of an input: number of images, height and width."""


@dataclass(frozen=True)
class Profile:
    """The shapes of a network's input that an engine is told before it sees one (``dynamic_shapes`` of a card)."""

    least: Shape
    usual: Shape
    most: Shape

    def for_input(self, shape: tuple[int | None, ...] | None) -> Profile | None:
        """Return the same with the sides that an input fixes; ``None`` if it leaves none open."""
        if shape is None or None not in shape or len(shape) != len(self.most):
            return None
        stated = (self.least, self.usual, self.most)
        return Profile(*(tuple(fixed or size for fixed, size in zip(shape, own, strict=True)) for own in stated))


@dataclass(frozen=True)
class Grid:
    """The sizes of each axis, ascending. An axis without sizes is taken as given, and so is a size above the last."""

    counts: tuple[int, ...] = ()
    """Images of a call. Above the last of them, a batch is run in several calls."""
    heights: tuple[int, ...] = ()
    """Pixels."""
    widths: tuple[int, ...] = ()
    """Pixels."""

    def within(self, profile: Profile) -> Grid:
        """Return the sizes that a profile allows, its largest ones included."""
        bounds = [(profile.least[axis], profile.most[axis]) for axis in _AXES]
        return Grid(*(_between(sizes, *bound) for sizes, bound in zip(self._sizes, bounds, strict=True)))

    def left_open(self, shape: tuple[int | None, ...] | None) -> Grid:
        """Return the sizes of the axes that a network leaves open; ``shape`` is its input's, as engines report it."""
        if shape is None or len(shape) != _MAPS:
            return self.of_counts()
        return Grid(*(() if shape[axis] else sizes for sizes, axis in zip(self._sizes, _AXES, strict=True)))

    def of_one_image(self) -> Grid:
        """Return the same with one image a call."""
        return replace(self, counts=(1,))

    def of_counts(self) -> Grid:
        """Return the same with heights and widths as they are given."""
        return Grid(self.counts)

    def room(self, shape: Shape) -> Shape:
        """Return the shape that an input is padded to."""
        padded = list(shape)
        for sizes, axis in zip(self._sizes, _AXES, strict=True):
            if len(shape) == _MAPS:
                padded[axis] = next((size for size in sizes if size >= shape[axis]), shape[axis])
        return tuple(padded)

    @property
    def _sizes(self) -> tuple[tuple[int, ...], ...]:
        return self.counts, self.heights, self.widths


ANY_SHAPE = Grid()
"""Inputs are taken as they are given."""


def run_on(
    grid: Grid, run: Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], ...]], batch: NDArray[np.float32]
) -> tuple[NDArray[np.float32], ...]:
    """Return what ``run`` outputs for a batch, N x C x H x W, of which it is given only shapes on the grid.

    The padding is 0, the mean of a normalized image. Maps, as large as the input, and lines, N x T x classes, are cut
    back to what the batch itself spans.
    """
    import numpy as np

    most = grid.counts[-1] if grid.counts else len(batch)
    if len(batch) > most:
        parts = [run_on(grid, run, batch[start : start + most]) for start in range(0, len(batch), most)]
        return tuple(np.concatenate(outputs) for outputs in zip(*parts, strict=True))
    room = grid.room(batch.shape)
    if room == batch.shape:
        return run(batch)
    padded = np.zeros(room, batch.dtype)
    padded[tuple(map(slice, batch.shape))] = batch
    return tuple(_cut_back(output, batch.shape, room) for output in run(padded))


def _cut_back(output: NDArray[np.float32], given: Shape, room: Shape) -> NDArray[np.float32]:
    """The part of an output that belongs to the input without its padding."""
    output = output[: given[0]]
    if output.ndim == _MAPS and output.shape[2:] == room[2:]:
        return output[:, :, : given[2], : given[3]]
    if output.ndim == _LINES:
        return output[:, : max(output.shape[1] * given[3] // room[3], 1)]
    return output


def _between(sizes: tuple[int, ...], least: int, most: int) -> tuple[int, ...]:
    return (*(size for size in sizes if least <= size < most), most) if sizes else ()
