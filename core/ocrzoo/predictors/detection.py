"""Text detection by differentiable binarization (DB): pages in, quads out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo.engines.base import Session
from ocrzoo.predictors.base import Detection, transform
from ocrzoo.predictors.network_checks import check_image_input, check_output_axes, check_range
from ocrzoo.processing import detection, tiles
from ocrzoo.processing.detection import DetectionParams, Regions
from ocrzoo.types import Image
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError

_MODEL_KEYS = ("thresh", "box_thresh", "unclip_ratio", "max_candidates")
"""Post-processing parameters that ``inference.yml`` may set."""

_MOST = 1_000_000
"""Upper bound of parameters and outputs."""

_MOST_SIDE = 8192
"""Pixels of a network of fixed size: twice what pages are shrunk to."""

_LONG_SIDE = 960
"""Pixels; PaddleX's default for models that do not set it."""


class TextDetector:
    """Finds the lines of a page."""

    def __init__(self, card: ModelCard, config: Mapping[str, Any], session: Session) -> None:
        """``config`` is the model's ``inference.yml``.

        Raises:
            IntegrityError: A setting in it is not valid.
        """
        settings = config["PostProcess"]
        self.name = card.name
        check_normalization(card.name, transform(config, "NormalizeImage"))
        given = {key: settings[key] for key in _MODEL_KEYS if settings.get(key) is not None}
        for key, value in given.items():
            kinds = int if key == "max_candidates" else int | float
            if isinstance(value, bool) or not isinstance(value, kinds) or not 0 <= value < _MOST:
                raise IntegrityError(f"{card.name}: its inference.yml sets {key} to {value!r}, which is not valid")
        check_image_input(card.name, session)
        check_output_axes(card.name, session, ("N", "1", "H", "W"))
        self.defaults = replace(DetectionParams(input_shape=_fixed_size(card.name, session)), **given)
        """The parameters that the model was published with."""
        self.standalone = replace(self.defaults, **_page_size(card.name, transform(config, "DetResizeForTest")))
        """The same, with the page size of PaddleX's ``create_model``; its pipeline sets another."""
        self._session = session
        self._most_pixels: int | None = getattr(session, "most_pixels", None)
        """Pixels that the network may be given at once, below a ceiling of memory."""

    def predict(self, images: Sequence[Image], params: DetectionParams | None = None) -> list[Detection]:
        """Detect the text of pages (H x W x 3, uint8, BGR), one by one: sizes differ, and batches are not faster.

        Raises:
            IntegrityError: The network's output is not a probability map.
        """
        return [self._detect(image, params or self.defaults) for image in images]

    def _detect(self, image: Image, params: DetectionParams) -> Detection:
        height, width = image.shape[:2]
        probability = self._map_of(detection.scaled(image, params))
        regions = detection.postprocess(probability, height, width, params)
        del probability
        nothing = not regions.quads and tiles.is_scaled(height, width, params)
        if nothing or tiles.loses_text(height, width, params):
            regions = tiles.together(regions, self._in_tiles(image, params), height, width)
        return Detection(regions.quads, regions.scores, regions.left_out)

    def _in_tiles(self, image: Image, params: DetectionParams) -> Regions:
        joined = self._joined(tiles.full_size(image, params))
        return detection.postprocess(joined, image.shape[0], image.shape[1], params)

    def _map_of(self, page: Image) -> NDArray[np.float32] | NDArray[np.uint8]:
        """The map of a page of the network's size; in tiles, if the ceiling of memory asks for it."""
        fits = self._most_pixels is None or page.shape[0] * page.shape[1] <= self._most_pixels
        return self._probability(detection.normalize(page)) if fits else self._joined(page)

    def _joined(self, page: Image) -> NDArray[np.uint8]:
        """The map of a page, joined from those of its tiles, as 0 to 255."""
        joined = np.zeros(page.shape[:2], np.uint8)
        for batch, rows, columns in tiles.tiles(page, tiles.side_within(self._most_pixels)):
            tiles.put(joined, self._probability(batch), rows, columns)
        return joined

    def _probability(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the network and return its map, H x W."""
        output = self._session.run(batch)
        if output.ndim != 4 or 0 in output.shape or output.shape[2:] != batch.shape[2:]:
            found, needed = (" x ".join(map(str, shape)) for shape in (output.shape, (1, 1, *batch.shape[2:])))
            raise IntegrityError(
                f"{self.name}: not a text detection network: its output has the shape {found}; {needed} is needed, a "
                "probability for each pixel of the input (docs/networks.md)"
            )
        probability: NDArray[np.float32] = output[0, 0]
        check_range(self.name, float(probability.min()), float(probability.max()), "a probability map", "a sigmoid")
        return probability


def _fixed_size(name: str, session: Session) -> tuple[int, int, int] | None:
    """The only size of page that the network takes, if there is one; every page is stretched to it."""
    shape = session.inputs[0].shape if session.inputs else None
    if shape is None or len(shape) != 4 or shape[2] is None or shape[3] is None:
        return None
    if not all(0 < side <= _MOST_SIDE for side in shape[2:] if side is not None):
        raise IntegrityError(f"{name}: the network takes pages of {shape[3]} x {shape[2]}, which is not supported")
    return 3, shape[2], shape[3]


def _page_size(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """PaddleX 3.7.2's rule: the long side of a page is shrunk to ``resize_long``."""
    side = settings.get("resize_long", _LONG_SIDE)
    if isinstance(side, bool) or not isinstance(side, int) or not 0 < side < _MOST:
        raise IntegrityError(f"{name}: invalid resize_long in its inference.yml: {side!r}")
    return {"limit_side_len": side, "limit_type": "max"}


def check_normalization(name: str, settings: Mapping[str, Any]) -> None:
    """Refuse a model that was trained with another normalization than :func:`.detection.preprocess` applies.

    Raises:
        IntegrityError: Its ``inference.yml`` states another mean or deviation.
    """
    for key, ours in (("mean", detection.MEAN), ("std", detection.STD)):
        stated = settings.get(key)
        if stated is not None and stated != list(ours):
            raise IntegrityError(f"{name}: its inference.yml sets {key} to {stated!r}; only {list(ours)} is supported")
