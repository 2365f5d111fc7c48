"""Image files: decoded by OpenCV, as in PaddleX, or by Pillow, which reads their size first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ocrzoo.inputs import limits
from ocrzoo.inputs.by_pillow import open_image, orientation, scale_transparent_color, to_bgr, upright
from ocrzoo.inputs.faults import as_input_error
from ocrzoo.inputs.file_types import FORMATS, describe_unreadable, file_type
from ocrzoo.inputs.frames import frame_numbers
from ocrzoo.inputs.jpegs import END, is_truncated
from ocrzoo.inputs.limits import no_warnings
from ocrzoo.inputs.options import DEFAULTS, InputOptions
from ocrzoo.inputs.remarks import remark
from ocrzoo.inputs.tiffs import TiffFile
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError

if TYPE_CHECKING:
    import PIL.Image

_BY_OPENCV = {name for one in FORMATS if one.decoder == "OpenCV" for name in one.pillow}
_WHOLLY_BY_OPENCV = {"JPEG", "MPO", "PNG"}
"""Formats of which OpenCV reads every variant, and applies the EXIF orientation; what it refuses is damaged."""
_NEGATIVE_IN_OPENCV = ("SUN", "1")
"""Format and mode in which OpenCV takes black for white."""
_JPEG2000_OF_MORE_BITS = re.compile(rb"\xff\x4f\xff\x51.{36}\0\x03[\x08-\x25]", re.DOTALL)
"""The header of three colors of more than 8 bits, of which Pillow makes white black."""


def read_image(path: Path, options: InputOptions = DEFAULTS) -> Image:
    """Read an image file, as :func:`decode` does.

    Raises:
        InputError: The file does not exist or is not a readable image.
    """
    return decode(limits.read_content(path), str(path), options)


def decode(content: bytes, name: str, options: InputOptions = DEFAULTS) -> Image:
    """Decode the bytes of an image file to H x W x 3, uint8, BGR; of several pages or frames, the first.

    An opaque image has the pixels of ``cv2.imdecode(..., cv2.IMREAD_COLOR)``, 16 bits divided by 256, with the EXIF
    rotation applied. A transparent one is laid on a ground that shows its ink
    (:func:`~ocrzoo.inputs.transparency.flatten`).

    Raises:
        InputError: They are not a readable image.
    """
    if not content:
        raise InputError(f"{name}: empty")
    kind = file_type(content)
    if kind == "pdf":
        raise InputError(f"{name}: a PDF, not a single image: read its pages with ocrzoo.inputs.pages")
    if kind == "tiff":
        return TiffFile(content, name, options).read(0)
    with as_input_error(name), open_image(content, name) as image:
        limits.check_size(*image.size, name)
        _warn(image, content, name)
        return _decode(image, content, name, options)


def _warn(image: PIL.Image.Image, content: bytes, name: str) -> None:
    frames = len(frame_numbers(image))
    if frames > 1:
        remark(name, f"has {frames} frames, of which only the first is read: use --frames all to read all")
    if _is_cut(content):
        remark(name, "the JPEG is truncated; the missing part is gray")


def _is_cut(content: bytes) -> bool:
    return content.startswith(b"\xff\xd8") and is_truncated(content)


def _decode(image: PIL.Image.Image, content: bytes, name: str, options: InputOptions) -> Image:
    show_ink = image.has_transparency_data and not options.paddlex_quirks
    is_negative = (image.format, image.mode) == _NEGATIVE_IN_OPENCV
    if image.format in _BY_OPENCV and not is_negative and not _is_animated_webp(content):
        decoded = _by_opencv(content)
        if decoded is None and image.format in _WHOLLY_BY_OPENCV:
            raise InputError(f"{name}: {describe_unreadable(content)}")
        if decoded is not None and _is_cut(content):
            decoded = _by_opencv(content + END)  # without an end, it leaves the missing rows as the memory was
        if decoded is not None and not show_ink:
            turned = image.format not in _WHOLLY_BY_OPENCV and not options.paddlex_quirks
            return upright(decoded, orientation(image)) if turned else decoded
    scale_transparent_color(image, content)
    try:
        with no_warnings():
            decoded = to_bgr(image, name, show_ink=show_ink)
        if image.format == "JPEG2000" and image.mode == "RGB" and _JPEG2000_OF_MORE_BITS.search(content):
            again = _by_opencv(content)  # on a damaged one, which Pillow refuses, it would end the process
            decoded = decoded if again is None else again
    except (InputError, MemoryError):
        raise
    except Exception as error:  # Pillow's parsers raise anything
        raise InputError(f"{name}: {describe_unreadable(content)}") from error
    return upright(decoded, orientation(image))


def _is_animated_webp(content: bytes) -> bool:
    """Whether it is one by the flag in its header: OpenCV would call it an error, and a later one read it otherwise."""
    return content[8:16] == b"WEBPVP8X" and bool(content[20] & 0x02)


def _by_opencv(content: bytes) -> Image | None:
    """Decode by OpenCV; ``None`` if it cannot: Pillow reads more variants of some formats."""
    try:
        return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)  # type: ignore[return-value]  # uint8
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise MemoryError from error
        return None
