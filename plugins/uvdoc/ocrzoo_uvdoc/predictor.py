"""The predictor ``image_unwarping``: flattens photographs of bent pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ocrzoo import Image, MultiOutputSession, Session, Unwarped, check_image_input
from ocrzoo_registry import InputError, IntegrityError, ModelCard

Array: TypeAlias = NDArray[np.float32]

MOST_PIXELS = 36_000_000
"""Most pixels of a page, and of a batch: A4 at 600 dpi. The network runs at the page's own size and needs up to 240
bytes a pixel (measured with the tests' network on OpenVINO)."""


class UVDocUnwarper:
    """Unwarps pages; implements :class:`ocrzoo.Unwarper`."""

    def __init__(self, card: ModelCard, _config: Mapping[str, Any], session: Session) -> None:
        """``inference.yml`` has no pre-processing for this family; it is fixed, as in PaddleX."""
        self.name = card.name
        check_image_input(card.name, session)
        self._session = session
        self._multi_output = session if isinstance(session, MultiOutputSession) else None

    def predict(self, images: Sequence[Image], batch_size: int = 1, *, wrap: bool = False) -> list[Unwarped]:
        """Unwarp pages (H x W x 3, uint8, BGR, any sizes), in their order; pages of one size share a batch.

        Values beyond 0 to 255 are clipped; with ``wrap`` they overflow, as in PaddleX. ``origin`` is set if the
        engine exposes the grid by which the network samples the page.

        Raises:
            InputError: A page is too large.
            IntegrityError: The network's output is not an image of the page's size.
        """
        flat: dict[int, Unwarped] = {}
        for indices in _batches(self._sizes(images), batch_size):
            pages = self._unwarp([images[index] for index in indices], wrap=wrap)
            flat.update(zip(indices, pages, strict=True))
        return [flat[index] for index in range(len(images))]

    def _sizes(self, images: Sequence[Image]) -> list[tuple[int, int]]:
        sizes = [image.shape[:2] for image in images]
        for height, width in sizes:
            if height * width > MOST_PIXELS:
                raise InputError(
                    f"{self.name} cannot unwarp a page of {width} x {height}: at most "
                    f"{MOST_PIXELS // 1_000_000} million pixels are supported. Scale it down, or turn unwarping off"
                )
        return sizes

    def _unwarp(self, images: Sequence[Image], *, wrap: bool) -> list[Unwarped]:
        batch = _prepare(images)
        outputs = self._multi_output.run_all(batch) if self._multi_output else (self._session.run(batch),)
        flat = outputs[0]
        if flat.shape != batch.shape:
            raise IntegrityError(
                f"{self.name}: not an unwarping network: for an input of {batch.shape} "
                f"its output has the shape {flat.shape}"
            )
        if not _is_finite(flat):
            raise IntegrityError(f"{self.name}: the network's output has values that are not finite")
        grids = _origins(outputs, self._multi_output.align_corners if self._multi_output else None)
        origins = [None] * len(images) if grids is None else list(grids)
        return [Unwarped(_to_image(planes, wrap=wrap), origin) for planes, origin in zip(flat, origins, strict=True)]


def _batches(sizes: Sequence[tuple[int, int]], batch_size: int) -> list[list[int]]:
    """Group the indices of pages of one size, at most ``batch_size`` and MOST_PIXELS each."""
    alike: dict[tuple[int, int], list[int]] = {}
    for index, size in enumerate(sizes):
        alike.setdefault(size, []).append(index)
    batches: list[list[int]] = []
    for (height, width), indices in alike.items():
        most = max(1, min(batch_size, MOST_PIXELS // max(1, height * width)))
        batches += [indices[start : start + most] for start in range(0, len(indices), most)]
    return batches


def _prepare(images: Sequence[Image]) -> Array:
    """Return N x 3 x H x W, float32, 0 to 1, BGR."""
    batch = np.empty((len(images), 3, *images[0].shape[:2]), np.float32)
    for planes, image in zip(batch, images, strict=True):
        np.multiply(image.transpose(2, 0, 1), np.float32(1 / 255), out=planes, dtype=np.float32)
    return batch


def _to_image(planes: Array, *, wrap: bool) -> Image:
    """Convert 3 x H x W to H x W x 3, uint8; fractions are truncated, as in PaddleX."""
    values = planes.transpose(1, 2, 0) * np.float32(255)
    if wrap:
        return np.ascontiguousarray(values.astype(np.int32).astype(np.uint8))
    return np.ascontiguousarray(values.clip(0, 255).astype(np.uint8))


def _is_finite(values: Array) -> bool:
    return bool(np.isfinite([values.min(), values.max()]).all())


def _origins(outputs: Sequence[Array], align_corners: bool | None) -> Array | None:
    """Return the sampling grid in pixels of the page, N x H x W x 2; ``None`` if the network does not output it.

    A network exported with its grid has it as the last output, N x H x W x 2 or N x 2 x H x W; its coordinates are
    taken to be UVDoc's: -1 and 1 are the centers of the outermost pixels.
    """
    count, _, height, width = outputs[0].shape
    grid = outputs[-1]
    if align_corners is None and grid.shape == (count, 2, height, width):
        grid = grid.transpose(0, 2, 3, 1)
    if len(outputs) < 2 or grid.shape != (count, height, width, 2) or not _is_finite(grid):
        return None
    sides = np.array([width, height], np.float32)
    if align_corners is False:
        return np.asarray(((grid + 1) * sides - 1) / 2, np.float32)
    return np.asarray((grid + 1) * ((sides - 1) / 2), np.float32)
