"""What models are measured on: the picture that the card is checked with, cut and repeated, or else made-up ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ocrzoo.loading.self_check import read_picture
from ocrzoo.types import Image
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError

LINES = (0.5, 0.75, 1, 1, 1.5, 2)
"""Widths of lines, in widths of the picture: short and long ones, one call of PaddleX's six lines."""

PAGE = (5, 2)
"""How often the picture of a page is repeated down and across: 640 x 640 pixels of those that come with ocrzoo."""

MADE_UP = (48, 320)
"""Height and width of the picture for a model whose card has none; its sides are multiples of what networks take."""


def samples(card: ModelCard) -> list[Image]:
    """Return the pictures of one call, H x W x 3, uint8, BGR."""
    picture = _picture(card)
    if card.task == "text_recognition":
        repeated = np.concatenate([picture, picture], axis=1)
        width = picture.shape[1]
        return [np.ascontiguousarray(repeated[:, : max(1, round(share * width))]) for share in LINES]
    if card.task == "text_detection":
        return [np.tile(picture, (*PAGE, 1))]
    return [picture]


def answers(found: Sequence[Any]) -> list[Any]:
    """Return what predictors found as values that can be compared, without scores: texts, corners, classes, pages."""
    return [_answer(one) for one in found]


def _answer(found: Any) -> Any:
    if hasattr(found, "text"):
        return found.text
    if hasattr(found, "quads"):
        return [[[float(x), float(y)] for x, y in quad] for quad in found.quads]
    if hasattr(found, "label"):
        return found.label
    if hasattr(found, "image"):
        return found.image.tobytes()
    return repr(found)


def _picture(card: ModelCard) -> Image:
    if card.self_check is not None:
        try:
            return read_picture(card, card.self_check)
        except IntegrityError:
            pass
    rows = np.random.default_rng(0).integers(0, 2, (MADE_UP[0] // 8, MADE_UP[1] // 8), np.uint8) * 255
    return np.repeat(np.kron(rows, np.ones((8, 8), np.uint8))[:, :, np.newaxis], 3, axis=2)
