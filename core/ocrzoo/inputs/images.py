"""Image files of one page: decoded by OpenCV, as in PaddleX, after Pillow has read their size."""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ocrzoo.inputs import limits
from ocrzoo.inputs.file_types import describe_unreadable, file_type
from ocrzoo.inputs.limits import no_warnings
from ocrzoo.inputs.tiffs import TiffFile
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError
from ocrzoo_registry.files import read_bounded, reason

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "DIB", "PPM", "SUN", "GIF", "JPEG2000")
"""Pillow's formats that are allowed; some of the others start programs."""

_JPEG_TAIL = 4096
"""Bytes at the end in which a JPEG's end marker is searched; some cameras append data after it."""

log = logging.getLogger("ocrzoo")


def read_image(path: Path) -> Image:
    """Read an image file; EXIF rotation is applied, transparency dropped.

    Raises:
        InputError: The file does not exist or is not a readable image.
    """
    try:
        content = read_bounded(path, limits.MAX_BYTES)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {reason(error) if isinstance(error, OSError) else error}") from error
    return decode(content, str(path))


def decode(content: bytes, name: str) -> Image:
    """Decode the bytes of an image file to H x W x 3, uint8, BGR; of several pages or frames, the first.

    The pixels are those of ``cv2.imdecode(..., cv2.IMREAD_COLOR)``: EXIF rotation applied (not in WebP), transparency
    dropped, 16 bits divided by 256.

    Raises:
        InputError: They are not a readable image.
    """
    if not content:
        raise InputError(f"{name}: empty")
    kind = file_type(content)
    if kind == "pdf":
        raise InputError(f"{name}: a PDF, not a single image: read its pages with ocrzoo.inputs.pages")
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
        with no_warnings(), PIL.Image.open(io.BytesIO(content), formats=FORMATS) as header:
            return _Header(header.format or "", *header.size, getattr(header, "n_frames", 1))
    except PIL.Image.DecompressionBombError as error:
        raise InputError(f"{name}: too large: {error}") from error
    except Exception as error:  # Pillow's parsers raise anything
        raise InputError(f"{name}: {describe_unreadable(content)}") from error


def _warn(header: _Header, content: bytes, name: str) -> None:
    if header.frames > 1 and header.format != "MPO":  # MPO of phones is one photograph with previews
        log.warning("%s: an animation of %d frames, of which only the first is read", name, header.frames)
    if content.startswith(b"\xff\xd8") and b"\xff\xd9" not in content[-_JPEG_TAIL:]:
        log.warning("%s: the JPEG is truncated; the missing part is gray", name)


def _decode(content: bytes, name: str) -> Image:
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise InputError(f"{name}: could not be decoded: {error.err}") from error
    if image is None:
        raise InputError(f"{name}: {describe_unreadable(content)}")
    return image  # type: ignore[return-value]  # uint8, as IMREAD_COLOR promises


def _decode_first_frame(content: bytes, name: str) -> Image:
    """Decode with Pillow what OpenCV 4.10 does not read: GIF, and WebP with several frames."""
    import PIL.Image

    try:
        with PIL.Image.open(io.BytesIO(content), formats=FORMATS) as image:
            rgb = np.asarray(image.convert("RGB"))
    except Exception as error:  # Pillow's parsers raise anything
        raise InputError(f"{name}: {describe_unreadable(content)}") from error
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)  # type: ignore[return-value]  # uint8 stays
