"""Arrays as input images."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.inputs.limits import check_size
from ocrzoo.inputs.options import DEFAULTS, InputOptions
from ocrzoo.inputs.transparency import flatten
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError

_FLOATS = "convert it to uint8: (array * 255).astype('uint8') where 1 is white, array.astype('uint8') where 255 is"


def from_array(array: NDArray[Any], options: InputOptions = DEFAULTS) -> Image:
    """Convert an array to an image: gray (H x W or H x W x 1), gray and alpha (H x W x 2), BGR or BGRA.

    With alpha (255 is opaque), it is laid on a ground that shows its ink
    (:func:`~ocrzoo.inputs.transparency.flatten`); with ``paddlex_quirks``, alpha is dropped.

    uint8 is used unchanged; uint16 has white at 65535 and is divided by 256, as OpenCV does with 16-bit files; bool has
    white at ``True``. RGB cannot be detected: convert it with ``array[:, :, ::-1]`` first.

    Raises:
        InputError: It has another shape or type, or no pixels.
    """
    array = _as_uint8(array)
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.size == 0 or array.ndim not in (2, 3) or channels not in (1, 2, 3, 4):
        raise InputError(
            f"an array of shape {array.shape} is not an image: use H x W, H x W x 3 (BGR) or H x W x 4 (BGRA)"
        )
    check_size(array.shape[1], array.shape[0], "an array")
    if channels in (1, 2):
        gray = array if array.ndim == 2 else array[:, :, 0]
        image: Image = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)  # type: ignore[assignment]  # uint8 stays
    else:
        image = np.ascontiguousarray(array[:, :, :3])
    if channels in (1, 3) or options.paddlex_quirks:
        return image
    return flatten(image, np.ascontiguousarray(array[:, :, -1]))


def _as_uint8(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.uint16:
        return (array >> 8).astype(np.uint8)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    hint = _FLOATS if array.dtype.kind == "f" else "convert it to uint8, 0 to 255"
    raise InputError(f"an array of {array.dtype} is not an image: {hint}")
