"""The pictures of a data set: what is wrong with each, and what is to be known of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from ocrzoo.inputs.limits import MAX_BYTES, MAX_PIXELS, check_size, no_warnings
from ocrzoo.scheduling.slots import Slots
from ocrzoo_registry.errors import InputError
from ocrzoo_registry.files import read_bounded, reason

_MEGA = 1_000_000
_MEGAPIXELS = Slots(lambda: MAX_PIXELS // _MEGA)
"""What is decoded at once: many small pictures, or one of the largest. OpenCV takes up to 7 bytes a pixel."""
_AT_ONCE = 512
"""Pictures whose results are waited for together: those of a million would take much memory."""


@dataclass(frozen=True)
class Picture:
    """A picture."""

    problem: str = ""
    """Why it cannot be read."""
    width: int = 0
    height: int = 0
    digest: str = ""
    """SHA-256 of the file."""
    transparent: bool = False
    turned: bool = False
    """Whether its EXIF data says that it is to be turned."""


def look_at(files: Sequence[Path]) -> Iterator[Picture]:
    """Yield what is found of each file, in their order; several are decoded at once."""
    with ThreadPoolExecutor() as pool:
        for start in range(0, len(files), _AT_ONCE):
            yield from pool.map(_look, files[start : start + _AT_ONCE])


def _look(file: Path) -> Picture:
    """Read a picture as PaddleOCR does, by ``cv2.imdecode``; its header is read before, by Pillow."""
    try:
        content = read_bounded(file, MAX_BYTES)
    except (OSError, ValueError) as error:
        return Picture("no such file" if isinstance(error, FileNotFoundError) else _why(error))
    if not content:
        return Picture("the file is empty")
    try:
        with no_warnings(), Image.open(BytesIO(content)) as opened:
            width, height = opened.size
            check_size(width, height, file.name)
            room = max(1, width * height // _MEGA)
            with _MEGAPIXELS.taken(room):  # Pillow decodes a PNG to find its EXIF data
                transparent = opened.has_transparency_data
                turned = opened.getexif().get(ExifTags.Base.Orientation, 1) not in {0, 1}
                opened.close()
    except InputError as error:
        return Picture(str(error).partition(": ")[2])
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return Picture("no picture, or damaged")
    with _MEGAPIXELS.taken(room):
        pixels = _decoded(content)
    if pixels is None:
        return Picture("OpenCV, by which PaddleOCR reads pictures, cannot decode it")
    height, width = pixels
    return Picture("", width, height, hashlib.sha256(content).hexdigest(), transparent, turned)


def _why(error: Exception) -> str:
    return reason(error) if isinstance(error, OSError) else str(error)


def _decoded(content: bytes) -> tuple[int, int] | None:
    """Decode a picture; return its height and width, ``None`` if that is not possible."""
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if pixels is None else (pixels.shape[0], pixels.shape[1])
