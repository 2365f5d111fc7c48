"""Trials of a detection network: a page in, the boxes of its lines out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, product

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.diagnosis.hypotheses import OF_PAGES, Choices, Hypothesis, named, of_factor
from ocrzoo.diagnosis.lines import normalize
from ocrzoo.diagnosis.samples import LOOKS, Look, render, texts_for
from ocrzoo.diagnosis.search import Trial
from ocrzoo.engines.base import Session
from ocrzoo.predictors.network_checks import TOLERANCE
from ocrzoo.processing import detection
from ocrzoo.processing.detection import DetectionParams, Regions
from ocrzoo.types import Image
from ocrzoo_registry.errors import IntegrityError

INPUTS = tuple(
    one
    for factor in ("page size", "color order", "mean and scale")
    for one in of_factor(OF_PAGES, factor)
    if one.value != "gray"
)
_SIDES = (900, 1200)
"""Height and width of the rendered page, in pixels."""
_HEIGHTS = (28, 40, 96, 56, 180, 32, 64)
"""Heights of its lines with their margins, in pixels."""
_PLAIN = LOOKS[0]
_FOUND = 0.5
"""Intersection over union from which a line is found."""
_FLAT = 0.74
"""The sigmoid of 1: no sigmoid of probabilities is larger, nor less than 0.5."""

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""


@dataclass(frozen=True)
class Page:
    """A page and where its lines are."""

    image: Image
    """H x W x 3, uint8, BGR."""
    boxes: tuple[Box, ...] | None
    """``None``: it is not known."""


def rendered_page() -> Page:
    """Return a page with lines of several sizes and looks."""
    height, width = _SIDES
    image = np.full((height, width, 3), 250, np.uint8)
    boxes: list[Box] = []
    top = 40
    looks = (_PLAIN, LOOKS[3], _PLAIN, LOOKS[2], Look((30, 30, 30), (250, 250, 250)), _PLAIN, LOOKS[4])
    for own, look, text in zip(_HEIGHTS, looks, cycle(texts_for((), ("Latn",)))):
        line = render(text, look, own)[:, : width - 80]
        image[top : top + own, 40 : 40 + line.shape[1]] = line
        ink = np.abs(line.astype(int) - line[0, 0]).max(axis=2) > 24
        rows = np.flatnonzero(ink.sum(axis=1) > 1)
        boxes.append((50, top + int(rows[0]), 40 + line.shape[1] - 10, top + int(rows[-1])))
        top += own + 44
    return Page(image, tuple(boxes))


@dataclass
class PageTrials:
    """Runs a detection network on a page, and reads its output in every way that fits its shape."""

    session: Session
    page: Page
    params: DetectionParams
    """The parameters that are stated."""

    def attempt(self, choices: Choices) -> Iterator[Trial]:
        """Run the page with the choices of the input, and yield a trial for each reading of the output.

        Raises:
            OcrzooError: The network cannot take such an input, or outputs nothing that a map could be.
        """
        kind, side = choices["page size"].value
        params = replace(self.params, limit_type=kind, limit_side_len=side)
        height, width = self.page.image.shape[:2]
        scaled = detection.scaled(self.page.image, params)
        pixels = np.divide(scaled.transpose(2, 0, 1), np.float32(255), dtype=np.float32)
        batch = normalize(pixels, choices["mean and scale"].value, choices["color order"].value)[np.newaxis]
        output = self.session.run(np.ascontiguousarray(batch, np.float32))
        axes, plane = _map(output, scaled.shape[:2])
        values, probability = _probability(plane)
        tables = [
            _with_stated(choices[factor], of_factor(OF_PAGES, factor)) for factor in ("thresholds", "unclip ratio")
        ]
        for thresholds, unclip in product(*tables):
            thresh, box_thresh = thresholds.value
            own = replace(params, thresh=thresh, box_thresh=box_thresh, unclip_ratio=unclip.value)
            found = detection.postprocess(probability, height, width, own)
            right, overlap = self._share(found)
            fixed = {one.factor: one for one in (axes, values, thresholds, unclip)}
            yield Trial({**choices, **fixed}, right, overlap, (f"{len(found.quads)} lines",))

    def _share(self, found: Regions) -> tuple[float, float]:
        """The F-measure of the lines found and how well they overlap; without known boxes, their mean probability."""
        if self.page.boxes is None:
            mean = float(np.mean(found.scores)) if found.scores else 0.0
            return mean, mean
        overlaps = [max((_overlap(box, quad) for quad in found.quads), default=0.0) for box in self.page.boxes]
        hits = sum(one >= _FOUND for one in overlaps)
        right = 2 * hits / max(len(self.page.boxes) + len(found.quads), 1)
        return right, float(np.mean(overlaps))


def _with_stated(own: Hypothesis, table: Sequence[Hypothesis]) -> list[Hypothesis]:
    return list({one.value: one for one in (*table, own)}.values())


def _map(output: NDArray[np.float32], sides: Sequence[int]) -> tuple[Hypothesis, NDArray[np.float32]]:
    """The order of the axes of an output, and its map, H x W."""
    for axes in of_factor(OF_PAGES, "output axes"):
        if output.ndim == len(axes.value):
            turned = output.transpose(axes.value)
            if turned.shape[-2:] == tuple(sides):
                return axes, turned[(0,) * (turned.ndim - 2)]
    found = " x ".join(map(str, output.shape)) or "a single number"
    raise IntegrityError(
        f"its output has the shape {found} for a page of {sides[0]} x {sides[1]}: "
        "a map of the same size is needed (docs/networks.md)"
    )


def _probability(plane: NDArray[np.float32]) -> tuple[Hypothesis, NDArray[np.float32]]:
    """What the numbers of a map are, and the map as probabilities."""
    low, high = float(plane.min()), float(plane.max())
    if not np.isfinite([low, high]).all():
        raise IntegrityError("its output has values that are not finite")
    if low < -TOLERANCE or high > 1 + TOLERANCE:
        sigmoid = 1 / (1 + np.exp(-np.clip(plane, -60, 60)))
        return named(OF_PAGES, "output values", "raw scores"), sigmoid.astype(np.float32)
    if low >= _HALF and high <= _FLAT:
        inner = np.clip(plane, _HALF, _FLAT - 0.01)
        return named(OF_PAGES, "output values", "sigmoid twice"), np.log(inner / (1 - inner)).astype(np.float32)
    return named(OF_PAGES, "output values", "probabilities"), plane


_HALF = 0.499
"""The sigmoid of 0, less what rounding takes."""


def _overlap(box: Box, quad: NDArray[np.int16]) -> float:
    """Intersection over union."""
    left, top, right, bottom = box
    written = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    found = quad.astype(np.float32)
    common, _ = cv2.intersectConvexConvex(written, found)
    return float(common / (cv2.contourArea(written) + cv2.contourArea(found) - common))
