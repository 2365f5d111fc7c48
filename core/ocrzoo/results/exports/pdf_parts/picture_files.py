"""The picture of a page as its file has it: same pixels, depth, compression and resolution where a PDF knows them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL.ExifTags import Base

from ocrzoo.inputs import limits
from ocrzoo.inputs.by_pillow import pillow_formats
from ocrzoo.inputs.decoder_messages import kept
from ocrzoo.inputs.limits import no_warnings
from ocrzoo.results.exports.pdf_parts import pictures
from ocrzoo.results.exports.pdf_parts.pictures import Picture, usable_profile
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError
from ocrzoo_registry.files import read_bounded

_TIFF_JPEG = 7
"""The value of TIFF's Compression."""
_LOSSY_QUALITY = 95
_ON_WHITE = 3.0
"""Mean difference of levels at which a transparent picture, laid on white, is not the one that was read."""


def picture_of(origin: Path | bytes, frame: int | None, shown: Image | None) -> Picture:
    """Return the picture of an image file, or of one image of a TIFF file (``frame``, from 0).

    ``shown`` is the page as it was read, with EXIF's orientation applied and laid on a ground, if it could be read.

    Raises:
        ValueError: A PDF cannot hold the file's picture as it was read.
        OSError: The file cannot be read.
        InputError: It is too large.
    """
    content = origin if isinstance(origin, bytes) else read_bounded(origin, limits.MAX_BYTES)
    name = "the input" if isinstance(origin, bytes) else str(origin)
    try:
        with (
            kept(name, warn=False),
            no_warnings(),
            PillowImage.open(io.BytesIO(content), formats=(*pillow_formats(), "TIFF")) as image,
        ):
            if image.format == "TIFF":
                image.seek(frame or 0)
            elif frame:
                raise ValueError("a frame after the first")
            limits.check_size(*image.size, "a page")
            picture = _kept(content, image, frame or 0)
            picture = replace(picture, dpi=_resolution(image, picture))
    except (OSError, ValueError, InputError):
        raise
    except Exception as error:  # Pillow's parsers raise anything
        raise ValueError(str(error)) from error
    _check(picture, shown, content, frame or 0)
    return picture


def _kept(content: bytes, image: PillowImage.Image, frame: int) -> Picture:
    keep = _BY_FORMAT.get(image.format or "")
    if keep is None:
        return pictures.lossless(image)
    picture = keep(content, image, frame)
    if image.format == "TIFF":
        return picture  # Pillow turns it
    profile = usable_profile(image.info.get("icc_profile"), 3 if picture.palette else picture.channels)
    orientation = int(image.getexif().get(Base.Orientation, 1))
    return replace(picture, profile=picture.profile or profile, orientation=orientation if 1 <= orientation <= 8 else 1)


def _jpeg(content: bytes, image: PillowImage.Image, _frame: int) -> Picture:
    try:
        return pictures.from_jpeg(content)
    except ValueError:
        return pictures.lossless(image)


def _png(content: bytes, _image: PillowImage.Image, _frame: int) -> Picture:
    return pictures.from_png(content)


def _jpeg2000(content: bytes, image: PillowImage.Image, _frame: int) -> Picture:
    if image.mode not in ("L", "RGB"):
        return pictures.lossless(image)
    return Picture(*image.size, content, "JPXDecode", len(image.mode))


def _webp(content: bytes, image: PillowImage.Image, frame: int) -> Picture:
    return _lossy(content, image, frame) if b"VP8 " in content[12:64] else pictures.lossless(image)


def _lossy(_content: bytes, image: PillowImage.Image, _frame: int) -> Picture:
    """What was compressed with loss, in a way that PDF does not know, becomes JPEG; else it would be far larger."""
    if image.mode != "RGB":
        return pictures.lossless(image)
    jpeg = io.BytesIO()
    image.save(jpeg, "JPEG", quality=_LOSSY_QUALITY, subsampling=0, exif=b"")
    return pictures.from_jpeg(jpeg.getvalue())


def _pixmap(content: bytes, image: PillowImage.Image, _frame: int) -> Picture:
    """16 bits of color are read by OpenCV: Pillow has none."""
    if image.mode in ("1", "L"):
        return pictures.lossless(image)
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    return _from_pixels(pixels) or pictures.lossless(image)


def _tiff(content: bytes, image: PillowImage.Image, frame: int) -> Picture:
    tags = image.tag_v2  # type: ignore[attr-defined]  # TIFF's
    if tags.get(Base.Compression) == _TIFF_JPEG and len(tags.get(Base.StripOffsets, ())) == 1:
        try:
            return _tiff_jpeg(content, tags)
        except (ValueError, KeyError):
            pass
    if max(tags.get(Base.BitsPerSample, (1,))) == 16 and image.mode not in ("L", "I;16"):
        found, frames = cv2.imdecodemulti(
            np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED, range=(frame, frame + 1)
        )
        if found and (picture := _from_pixels(frames[0])):
            return picture
    if image.mode == "I;16B":
        image = PillowImage.fromarray(np.asarray(image).astype("<u2"))
    return pictures.lossless(image)


def _tiff_jpeg(content: bytes, tags: Any) -> Picture:
    """A JPEG in one piece, with the tables that TIFF keeps apart."""
    start, size = tags[Base.StripOffsets][0], tags[Base.StripByteCounts][0]
    data = content[start : start + size]
    tables = bytes(tags.get(Base.JPEGTables, b""))
    meaning = tags[Base.PhotometricInterpretation]
    if tags.get(Base.Orientation, 1) != 1 or meaning not in (1, 6):  # gray, or YCbCr as a bare JPEG is
        raise ValueError("not what a bare JPEG means")
    return pictures.from_jpeg(tables[:-2] + data[2:] if tables else data)


def _from_pixels(pixels: NDArray[Any] | None) -> Picture | None:
    usable = pixels is not None and pixels.dtype in (np.uint8, np.uint16) and pixels.ndim in (2, 3)
    return pictures.from_pixels(pixels) if usable and pixels is not None else None


_BY_FORMAT: dict[str, Callable[[bytes, PillowImage.Image, int], Picture]] = {
    "JPEG": _jpeg,
    "MPO": _jpeg,
    "PNG": _png,
    "JPEG2000": _jpeg2000,
    "WEBP": _webp,
    "AVIF": _lossy,
    "HEIF": _lossy,
    "PPM": _pixmap,
    "TIFF": _tiff,
}
"""How a PDF holds each of Pillow's formats; all others are compressed without loss."""


def _resolution(image: PillowImage.Image, picture: Picture) -> tuple[float, float] | None:
    """Pixels per inch, across and down as shown; ``None`` if the file states none."""
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    turned = picture.orientation >= 5 or (image.format == "TIFF" and image.getexif().get(Base.Orientation, 1) >= 5)
    return (down, across) if turned else (across, down)


def _check(picture: Picture, shown: Image | None, content: bytes, frame: int) -> None:
    """Check that a picture, as a viewer shows it, is the page that was read.

    Raises:
        ValueError: It has another size, or shows transparent pixels on another ground.
    """
    if shown is None:
        return
    size = (picture.height, picture.width) if picture.orientation < 5 else (picture.width, picture.height)
    if shown.shape[:2] != size:
        raise ValueError("the page was read in another size than the file has")
    if picture.alpha is None and picture.color_key is None:
        return
    with PillowImage.open(io.BytesIO(content), formats=(*pillow_formats(), "TIFF")) as image:
        image.seek(frame)
        picture_read = image.convert("RGBA")
    laid = PillowImage.new("RGB", picture_read.size, "white")
    laid.paste(picture_read, mask=picture_read.getchannel("A"))
    if abs(np.asarray(laid).mean() - shown.mean()) > _ON_WHITE:
        raise ValueError("transparent pixels were read on another ground than white")
