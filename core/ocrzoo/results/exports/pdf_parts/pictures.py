"""Pictures as a PDF holds them: JPEG and PNG data are taken over, other pixels are compressed without loss."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL.ExifTags import Base

from ocrzoo.types import Image

_JPEG_QUALITY = 90
_MAX_JPEG_SIDE = 65_500
"""Longest side that libjpeg writes, in pixels."""
_SPACES = {1: "DeviceGray", 3: "DeviceRGB", 4: "DeviceCMYK"}
_PROFILES = {1: b"GRAY", 3: b"RGB ", 4: b"CMYK"}
"""What an ICC profile states for a number of channels (ICC.1, table 19)."""
_PALETTE = 3
"""PNG's color type of a palette; 2 is RGB, 0 is gray, and 4 more are with alpha."""
_ALPHA = 4
_SOF = {0xC0, 0xC1, 0xC2}
"""JPEG frames that a PDF may hold: baseline, extended and progressive, Huffman-coded."""
_NO_LENGTH = {0x01, *range(0xD0, 0xD8)}
"""JPEG markers without a segment."""
_ROWS = 64


@dataclass(frozen=True)
class Picture:
    """Compressed pixels, and how a PDF reads them."""

    width: int
    height: int
    data: bytes
    filter: str
    """PDF's name of the compression, such as ``DCTDecode``."""
    channels: int = 3
    bits: int = 8
    """Per channel."""
    parms: dict[str, Any] = field(default_factory=dict)
    palette: bytes | None = None
    """RGB, 3 bytes an entry."""
    profile: bytes | None = None
    """An ICC profile for the channels."""
    inverted: bool = False
    """Whether 0 is the most light (of CMYK, the most ink)."""
    color_key: tuple[int, ...] | None = None
    """Lowest and highest value of each channel that is transparent."""
    alpha: Picture | None = None
    orientation: int = 1
    """EXIF's number, 1 to 8: how the pixels are turned to be shown."""
    dpi: tuple[float, float] | None = None
    """Pixels per inch, across and down, as the file states them."""

    @property
    def space(self) -> str:
        """PDF's name of the color space of the channels."""
        return _SPACES[self.channels]


def from_array(image: Image) -> Picture:
    """Compress a page (H x W x 3, BGR): as JPEG of quality 90, or without loss where that is smaller."""
    gray = bool((image[:, :, :1] == image[:, :, 1:]).all())
    plane = np.ascontiguousarray(image[:, :, 0] if gray else image[:, :, ::-1])
    if max(image.shape) <= _MAX_JPEG_SIDE:
        options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        jpeg = cv2.imencode(".jpg", plane if gray else image, options)[1].tobytes()
        if not _fits(plane, len(jpeg)):
            return Picture(image.shape[1], image.shape[0], jpeg, "DCTDecode", 1 if gray else 3)
    return lossless(PillowImage.fromarray(plane))


def _fits(plane: NDArray[np.uint8], room: int) -> bool:
    """Whether the compression of a plane is below a size; stops as soon as it is not."""
    compressor = zlib.compressobj()
    taken = 0
    for top in range(0, len(plane), _ROWS):
        taken += len(compressor.compress(plane[top : top + _ROWS].tobytes()))
        if taken >= room:
            return False
    return taken + len(compressor.flush()) < room


def lossless(image: PillowImage.Image) -> Picture:
    """Compress pixels without loss: black and white by CCITT G4 if that is smaller, CMYK and all others by Flate."""
    if image.mode == "CMYK":
        data = zlib.compress(image.tobytes(), 6)
        return Picture(*image.size, data, "FlateDecode", 4, profile=image.info.get("icc_profile"))
    content = io.BytesIO()
    known = image.mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
    (image if known else image.convert("RGBA" if "A" in image.mode or "a" in image.mode else "RGB")).save(
        content, "PNG"
    )
    picture = from_png(content.getvalue())
    if image.mode != "1":
        return picture
    fax = _group4(image)
    return fax if len(fax.data) < len(picture.data) else picture


def _group4(image: PillowImage.Image) -> Picture:
    content = io.BytesIO()
    one_strip = {Base.RowsPerStrip: image.height}
    image.save(content, "TIFF", compression="group4", tiffinfo=one_strip)
    with PillowImage.open(content, formats=["TIFF"]) as saved:
        tags = saved.tag_v2  # type: ignore[attr-defined]  # TIFF's
        start, size = tags[Base.StripOffsets][0], tags[Base.StripByteCounts][0]
        white_is_zero = tags[Base.PhotometricInterpretation] == 0
    parms = {"K": -1, "Columns": image.width, "Rows": image.height, "BlackIs1": not white_is_zero}
    data = content.getvalue()[start : start + size]
    return Picture(*image.size, data, "CCITTFaxDecode", 1, 1, parms)


def from_png(content: bytes) -> Picture:
    """Take over the compressed pixels of a PNG file; with alpha or interlaced, they are compressed again.

    Raises:
        ValueError: It is not a readable PNG file.
    """
    chunks = list(_png_chunks(content))
    named = dict(reversed(chunks))
    width, height, bits, kind, _, _, interlaced = struct.unpack(">IIBBBBB", named[b"IHDR"])
    if kind & _ALPHA or interlaced:
        return _recompressed_png(content)
    channels = 3 if kind == 2 else 1
    parms = {"Predictor": 15, "Colors": channels, "BitsPerComponent": bits, "Columns": width}
    data = b"".join(chunk for name, chunk in chunks if name == b"IDAT")
    palette = named.get(b"PLTE") if kind == _PALETTE else None
    profile = _png_profile(named.get(b"iCCP"), 3 if palette else channels)
    picture = Picture(width, height, data, "FlateDecode", channels, bits, parms, palette, profile)
    transparent = named.get(b"tRNS")
    if transparent and palette:
        return replace(picture, alpha=_palette_alpha(content, transparent))
    if transparent:
        levels = struct.unpack(f">{channels}H", transparent)
        return replace(picture, color_key=tuple(level for level in levels for _ in range(2)))
    return picture


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 8
    while position + 8 <= len(content):
        size, name = struct.unpack_from(">I4s", content, position)
        yield name, content[position + 8 : position + 8 + size]
        position += size + 12


def _png_profile(chunk: bytes | None, channels: int) -> bytes | None:
    if chunk is None:
        return None
    try:
        return usable_profile(zlib.decompressobj().decompress(chunk.split(b"\0", 1)[1][1:], 4 << 20), channels)
    except (zlib.error, IndexError):
        return None


def usable_profile(profile: bytes | None, channels: int) -> bytes | None:
    """Return an ICC profile if it is for that number of channels."""
    return profile if profile and profile[16:20] == _PROFILES[channels] and profile[36:40] == b"acsp" else None


def _palette_alpha(content: bytes, opacity: bytes) -> Picture:
    with PillowImage.open(io.BytesIO(content), formats=["PNG"]) as image:
        indices = np.asarray(image)
    table = np.full(256, 255, np.uint8)
    table[: len(opacity)] = np.frombuffer(opacity, np.uint8)
    return lossless(PillowImage.fromarray(table[indices]))


def _recompressed_png(content: bytes) -> Picture:
    """Decode with OpenCV, which keeps 16 bits, and write what can be taken over: color, and alpha apart."""
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ValueError("not a readable PNG")
    return from_pixels(image)


def from_pixels(image: NDArray[Any]) -> Picture:
    """Compress uint8 or uint16 pixels without loss: H x W, H x W x 3 (BGR) or H x W x 4 (BGRA)."""
    if image.ndim == 2:
        return from_png(_png(image))
    color, alpha = image[:, :, :3], image[:, :, 3] if image.shape[2] == 4 else None
    gray = bool((color[:, :, :1] == color[:, :, 1:]).all())
    picture = from_png(_png(color[:, :, 0] if gray else color))
    return (
        picture
        if alpha is None or alpha.min() == np.iinfo(alpha.dtype).max
        else replace(picture, alpha=from_png(_png(alpha)))
    )


def _png(image: NDArray[Any]) -> bytes:
    return cv2.imencode(".png", np.ascontiguousarray(image))[1].tobytes()


def from_jpeg(content: bytes) -> Picture:
    """Take over the bytes of a JPEG file, up to its end: cameras append previews and films.

    Raises:
        ValueError: It is not a JPEG that a PDF may hold.
    """
    frame: tuple[int, int, int, int] | None = None
    adobe = False
    end = len(content)
    for marker, start, size in _jpeg_segments(content):
        if marker in _SOF and frame is None:
            frame = struct.unpack_from(">BHHB", content, start)
        elif 0xC3 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            raise ValueError("a JPEG of a kind that PDF does not know")
        elif marker == 0xEE and content[start : start + 5] == b"Adobe":
            adobe = True
        elif marker == 0xD9:
            end = start + size
            break
    if frame is None or frame[0] != 8 or frame[3] not in _SPACES or not frame[1]:
        raise ValueError("not a JPEG of 8 bits")
    _, height, width, channels = frame
    return Picture(width, height, content[:end], "DCTDecode", channels, inverted=adobe and channels == 4)


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and size of the segments of a JPEG file; the pixels between them are skipped."""
    position = content.find(b"\xff")
    while 0 <= position < len(content) - 1:
        marker = content[position + 1]
        if marker in (0x00, 0xFF) or marker in _NO_LENGTH:  # a pixel's byte, a fill byte, or a restart
            position = content.find(b"\xff", position + (1 if marker == 0xFF else 2))
        elif marker in (0xD8, 0xD9):
            yield marker, position + 2, 0
            position = content.find(b"\xff", position + 2)
        else:
            (size,) = struct.unpack_from(">H", content, position + 2) if position + 4 <= len(content) else (2,)
            yield marker, position + 4, size - 2
            position = content.find(b"\xff", position + 2 + max(size, 2))
