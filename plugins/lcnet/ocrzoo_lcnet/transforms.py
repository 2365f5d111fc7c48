"""Pre-processing of a classifier: PaddleX's ``PreProcess.transform_ops``, as a table of operations.

Numbers and arithmetic are those of PaddleX 3.7.2, because results depend on them. A model's file is untrusted input:
nothing in it is evaluated, and sizes are at most :data:`MOST_PX`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo import Image
from ocrzoo_registry import IntegrityError

Array: TypeAlias = NDArray[Any]
Operation: TypeAlias = Callable[[Array], Array]

MOST = 1e9
"""Upper bound of the numbers of a normalization."""

MOST_PX = 4096
"""Longest side of a classifier's input."""

LONGEST_PX = 32_768
"""Pages that would be longer after scaling are cut to their middle, where crops are taken."""

INTERPOLATIONS = {
    "NEAREST": cv2.INTER_NEAREST,
    "LINEAR": cv2.INTER_LINEAR,
    "CUBIC": cv2.INTER_CUBIC,
    "AREA": cv2.INTER_AREA,
    "LANCZOS4": cv2.INTER_LANCZOS4,
}
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Of RGB channels, 0 to 1; PaddleX's defaults."""

_PROBES = ((300, 500), (90, 40))
"""Heights and widths of the blank images that a chain of operations is tested on."""


class Preparation:
    """The operations of a model, in order: from H x W x 3, uint8, BGR, any size, to 3 x H x W, float32, one size."""

    def __init__(self, steps: Any, where: str) -> None:
        """``steps`` are the ``transform_ops``, one mapping with one key each; ``where`` begins an error's message.

        Raises:
            IntegrityError: An operation is unknown or not valid, or the output has no fixed size.
        """
        self._operations = [_operation(step, where) for step in _list_of(steps, where)]
        if not any("DecodeImage" in step for step in steps):
            self._operations.insert(0, _decode())
        try:
            shapes = {(shape, str(kind)) for shape, kind in map(self._test, _PROBES)}
        except (cv2.error, ValueError, IndexError, TypeError) as error:
            reason = str(error).strip().splitlines()[-1]
            raise IntegrityError(f"{where} has transform_ops that fail: {reason}") from error
        ((shape, kind), *others) = shapes
        if others or len(shape) != 3 or shape[0] != 3 or kind != "float32":
            raise IntegrityError(f"{where} has transform_ops that do not produce 3 x H x W, float32, of one size")

    def __call__(self, image: Image) -> NDArray[np.float32]:
        """Prepare one image."""
        prepared: Array = image
        for operation in self._operations:
            prepared = operation(prepared)
        return prepared

    def _test(self, size: tuple[int, int]) -> tuple[tuple[int, ...], Any]:
        prepared = self(np.zeros((*size, 3), np.uint8))
        return prepared.shape, prepared.dtype


def _list_of(steps: Any, where: str) -> Sequence[Any]:
    if not isinstance(steps, list) or not steps:
        raise IntegrityError(f"{where} has no pre-processing (PreProcess.transform_ops)")
    return steps


def _operation(step: Any, where: str) -> Operation:
    if not isinstance(step, Mapping) or len(step) != 1:
        raise IntegrityError(f"{where}: transform_ops has {str(step)[:80]!r}, which is not one operation")
    ((name, settings),) = step.items()
    make = OPERATIONS.get(name)
    if make is None:
        raise IntegrityError(f"{where} has the unknown operation {name!r}; known are {', '.join(OPERATIONS)}")
    try:
        return make(**(settings or {}))
    except (TypeError, ValueError, ArithmeticError) as error:
        raise IntegrityError(f"{where}: {name}: {str(error)[:200]}") from error


def _decode(img_mode: str = "RGB", *, channel_first: bool = False) -> Operation:
    """Convert BGR to RGB, the default of PaddleX's classifiers."""
    if img_mode not in {"RGB", "BGR"} or channel_first:
        raise ValueError(f"img_mode {img_mode!r}, channel_first {channel_first}: RGB or BGR, channels last")
    return lambda image: cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if img_mode == "RGB" else image


def _resize(
    resize_short: Any = None, size: Any = None, backend: str = "cv2", interpolation: str = "LINEAR"
) -> Operation:
    if backend != "cv2" or interpolation not in INTERPOLATIONS:
        raise ValueError(f"backend {backend!r}, interpolation {interpolation!r}: cv2 with {', '.join(INTERPOLATIONS)}")
    method = INTERPOLATIONS[interpolation]
    if resize_short is not None:
        short = _side(resize_short)
        return lambda image: _scale_short_side(image, short, method)
    width, height = _sides(size)
    return lambda image: cv2.resize(image, (width, height), interpolation=method)


def _scale_short_side(image: Array, short: int, method: int) -> Array:
    """Scale an image so that its short side has so many pixels."""
    image = _middle(image, LONGEST_PX * min(image.shape[:2]) // short)
    height, width = image.shape[:2]
    scale = short / min(height, width)
    return cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=method)


def _middle(image: Array, most: int) -> Array:
    """Crop the middle of an image that is longer than ``most``."""
    top, left = (max(0, -(-(side - most) // 2)) for side in image.shape[:2])
    return image[top : image.shape[0] - top, left : image.shape[1] - left]


def _crop(size: Any = 224) -> Operation:
    width, height = _sides(size)

    def crop(image: Array) -> Array:
        top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
        if top < 0 or left < 0:
            raise ValueError(f"{width} x {height} cannot be cropped from {image.shape[1]} x {image.shape[0]}")
        return image[top : top + height, left : left + width]

    return crop


def _normalize(
    scale: Any = 1 / 255,
    mean: Sequence[float] = IMAGENET_MEAN,
    std: Sequence[float] = IMAGENET_STD,
    order: str = "",
    channel_num: int = 3,
) -> Operation:
    if channel_num != 3 or order not in {"", "hwc"} or len(mean) != 3 or len(std) != 3:
        raise ValueError("only images with three channels last can be normalized")
    factor = _number(scale)
    weights = np.array([_number(factor / _number(deviation)) for deviation in std], np.float32)
    offsets = [_number(-_number(middle) / _number(deviation)) for middle, deviation in zip(mean, std, strict=True)]
    added = np.array(offsets, np.float32)
    return lambda image: image.astype(np.float32) * weights + added


def _to_chw() -> Operation:
    return lambda image: image.transpose(2, 0, 1)


def _line(image_shape: Any) -> Operation:
    """Scale a line to a height, squeeze it to the width if needed, normalize it to -1 to 1 and pad it with 0.

    As for PP-OCR's older classifiers (PaddleOCR, ``resize_norm_img``).
    """
    if not isinstance(image_shape, list) or len(image_shape) != 3 or image_shape[0] != 3:
        raise ValueError(f"image_shape {image_shape!r}: three channels, a height, a width")
    height, width = map(_side, image_shape[1:])

    def prepare(image: Array) -> Array:
        needed = min(math.ceil(height * image.shape[1] / image.shape[0]), width)
        line = cv2.resize(image, (needed, height)).astype(np.float32).transpose(2, 0, 1) / 255
        padded = np.zeros((3, height, width), np.float32)
        padded[:, :, :needed] = (line - np.float32(0.5)) / np.float32(0.5)
        return padded

    return prepare


OPERATIONS: Mapping[str, Callable[..., Operation]] = {
    "DecodeImage": _decode,
    "ResizeImage": _resize,
    "CropImage": _crop,
    "NormalizeImage": _normalize,
    "ToCHWImage": _to_chw,
    "RecResizeImg": _line,
}
"""PaddleX's names of operations; their settings are the parameters of the functions."""


def _side(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_PX:
        raise ValueError(f"{value!r} is not a number of pixels from 1 to {MOST_PX}")
    return value


def _sides(value: Any) -> tuple[int, int]:
    """Width and height: one number for both, or two."""
    pair = value if isinstance(value, list | tuple) else [value, value]
    if len(pair) != 2:
        raise ValueError(f"{value!r} is not a width and a height")
    return _side(pair[0]), _side(pair[1])


def _number(value: Any) -> float:
    """A number, or a fraction as in published files (``1./255.``)."""
    if isinstance(value, str):
        above, _, below = value.partition("/")
        value = float(above) / float(below or 1)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST < value < MOST:
        raise ValueError(f"{value!r} is not a number in range")
    return float(value)
