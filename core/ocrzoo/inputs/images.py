"""Image files of one page: decoded by OpenCV, as in PaddleX, once Pillow has told their size."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ocrzoo.inputs import limits
from ocrzoo.inputs.file_types import describe, kind_of
from ocrzoo.inputs.limits import quiet
from ocrzoo.inputs.tiffs import TiffFile
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError
from ocrzoo_registry.files import read_bounded, reason

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "DIB", "PPM", "SUN", "GIF", "JPEG2000")
"""Pillow's names of what is read; some of its other formats would start programs."""

_JPEG_TAIL = 4096
"""The end marker of a JPEG is looked for in so many last bytes; some cameras write their own data after it."""

log = logging.getLogger("ocrzoo")


def read_image(path: Path) -> Image:
    """Read an image file; EXIF rotation is applied, transparency dropped.

    Raises:
        InputError: There is no such file, or it is no image that can be read.
    """
    try:
        content = read_bounded(path, limits.MAX_BYTES)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {reason(error) if isinstance(error, OSError) else error}") from error
    return decode(content, str(path))


def decode(content: bytes, name: str) -> Image:
    """Decode an image file's bytes to H x W x 3, uint8, BGR; of several pages or pictures, the first.

    The pixels are those of ``cv2.imdecode(..., cv2.IMREAD_COLOR)``: EXIF rotation applied (not in WebP), transparency
    dropped, 16 bits divided by 256.

    Raises:
        InputError: They are no image that can be read.
    """
    if not content:
        raise InputError(f"{name}: empty")
    kind = kind_of(content)
    if kind == "pdf":
        raise InputError(f"{name}: a PDF, not one image: ocrzoo.inputs.pages gives its pages")
    if kind == "tiff":
        return TiffFile(content, name).read(0)
    header = _read_header(content, name)
    limits.check_size(header.width, header.height, name)
    _warn(header, content, name)
    if header.format == "GIF" or (header.format == "WEBP" and header.frames > 1):
        return _decode_first_frame(content, name)
    return _decode(content, name)


@dataclass(frozen=True)
class _Header:
    format: str
    width: int
    height: int
    frames: int


def _read_header(content: bytes, name: str) -> _Header:
    import PIL.Image

    try:
        with quiet(), PIL.Image.open(io.BytesIO(content), formats=FORMATS) as header:
            return _Header(header.format or "", *header.size, getattr(header, "n_frames", 1))
    except PIL.Image.DecompressionBombError as error:
        raise InputError(f"{name}: too large: {error}") from error
    except Exception as error:  # Pillow's parsers raise anything
        raise InputError(f"{name}: {describe(content)}") from error


def _warn(header: _Header, content: bytes, name: str) -> None:
    if header.frames > 1 and header.format != "MPO":  # what telephones write is one photograph with its previews
        log.warning("%s: an animation of %d pictures, of which the first is read", name, header.frames)
    if content.startswith(b"\xff\xd8") and b"\xff\xd9" not in content[-_JPEG_TAIL:]:
        log.warning("%s: the JPEG is cut short; what is missing is read as gray", name)


def _decode(content: bytes, name: str) -> Image:
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise InputError(f"{name}: cannot be decoded: {error.err}") from error
    if image is None:
        raise InputError(f"{name}: {describe(content)}")
    return image  # type: ignore[return-value]  # uint8, as IMREAD_COLOR promises


def _decode_first_frame(content: bytes, name: str) -> Image:
    """Decode by Pillow what OpenCV 4.10 does not read: GIF, and WebP with several pictures."""
    import PIL.Image

    try:
        with PIL.Image.open(io.BytesIO(content), formats=FORMATS) as image:
            rgb = np.asarray(image.convert("RGB"))
    except Exception as error:  # Pillow's parsers raise anything
        raise InputError(f"{name}: {describe(content)}") from error
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)  # type: ignore[return-value]  # uint8 stays
