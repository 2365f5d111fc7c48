"""Decoding by Pillow: formats that OpenCV lacks, transparency, frames, and the pages of TIFF files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.inputs.file_types import PILLOW_FORMATS, describe_unreadable, file_type
from ocrzoo.inputs.limits import no_warnings
from ocrzoo.inputs.transparency import flatten
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError

if TYPE_CHECKING:
    import PIL.Image

_ORIENTATION = 0x0112
"""The tag's number in the EXIF specification."""
_BITS_PER_SAMPLE = 258
"""The tag's number in the TIFF specification."""
_PNG_BITS = 24
"""Where a PNG has its bits per sample."""


def pillow_formats() -> list[str]:
    """Return Pillow's names of the allowed formats of one page that it has a decoder for."""
    import PIL.Image

    PIL.Image.init()
    return [one for one in PILLOW_FORMATS if one in PIL.Image.OPEN]


def open_image(content: bytes, name: str) -> PIL.Image.Image:
    """Open an image file other than TIFF; only its header is read.

    Raises:
        InputError: It is not a readable image, or too large.
    """
    import PIL.Image

    try:
        with no_warnings():
            if file_type(content) == "heif":
                return _heif(content, name)
            return PIL.Image.open(io.BytesIO(content), formats=pillow_formats())
    except InputError:
        raise
    except PIL.Image.DecompressionBombError as error:
        raise InputError(f"{name}: too large: {error}") from error
    except Exception as error:  # Pillow's parsers raise anything
        raise InputError(f"{name}: {_missing_decoder(content) or describe_unreadable(content)}") from error


def _missing_decoder(content: bytes) -> str | None:
    import PIL.features

    with no_warnings():  # an older Pillow does not know the word
        missing = content[4:11] == b"ftypavi" and not PIL.features.check("avif")
    return "an AVIF image: pip install 'pillow>=11.3', or export it as png" if missing else None


def _heif(content: bytes, name: str) -> PIL.Image.Image:
    try:
        from pi_heif import HeifImageFile
    except ImportError as error:
        raise InputError(f"{name}: a HEIC photograph: pip install 'ocrzoo[heic]', or export it as jpeg") from error
    image: PIL.Image.Image = HeifImageFile(io.BytesIO(content))
    return image


def to_bgr(image: PIL.Image.Image, where: str, *, show_ink: bool = True) -> Image:
    """Decode Pillow's current page or frame to H x W x 3, uint8, BGR, as it is stored, not rotated.

    With ``show_ink``, a transparent one is laid on a ground that shows its ink, otherwise its transparency is dropped.
    16-bit gray is divided by 256, as in OpenCV; Pillow, and so PaddleX, would turn all but the darkest gray white.
    Call it within :func:`~ocrzoo.inputs.limits.no_warnings`.

    Raises:
        InputError: Its pixels have no defined white.
        Exception: Whatever Pillow raises for damaged content.
    """
    image.load()
    gray = _deep_gray(image, where)
    if gray is not None:
        bgr, alpha = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), _deep_alpha(image) if show_ink else None
    elif show_ink and image.has_transparency_data:
        rgba = np.asarray(image.convert("RGBA"))
        bgr, alpha = cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGR), np.ascontiguousarray(rgba[:, :, 3])
    else:
        bgr, alpha = cv2.cvtColor(np.asarray(image.convert("RGB")), cv2.COLOR_RGB2BGR), None
    return bgr if alpha is None else flatten(bgr, alpha)  # type: ignore[arg-type, return-value]  # uint8 stays


def _deep_gray(image: PIL.Image.Image, where: str) -> NDArray[np.uint8] | None:
    """Gray of 16 bits as 8 bits; ``None`` for other modes."""
    if image.mode.startswith("I;16"):
        tags = getattr(image, "tag_v2", {})
        bits = int(tags.get(_BITS_PER_SAMPLE, (16,))[0])
        return (np.asarray(image) >> (bits - 8)).astype(np.uint8)
    if image.mode == "I" and image.format == "PPM":  # scaled to 16 bits
        return (np.asarray(image) >> 8).astype(np.uint8)
    if image.mode in ("F", "I"):
        raise InputError(f"{where}: 32-bit and signed pixels have no defined white: save it with 8 bits")
    return None


def _deep_alpha(image: PIL.Image.Image) -> NDArray[np.uint8] | None:
    """The alpha of gray of 16 bits of which one level is transparent."""
    level = image.info.get("transparency")
    return None if level is None else np.where(np.asarray(image) == level, 0, 255).astype(np.uint8)


def scale_transparent_color(image: PIL.Image.Image, content: bytes) -> None:
    """Scale the transparent color of a PNG to 8 bits, as its pixels are; Pillow leaves it as it is stored."""
    color = image.info.get("transparency")
    if image.format != "PNG" or image.mode not in ("L", "RGB") or color is None:
        return
    bits = content[_PNG_BITS]
    scaled = np.right_shift(color, 8) if bits == 16 else np.multiply(color, 255) // ((1 << bits) - 1)
    image.info["transparency"] = tuple(scaled.tolist()) if scaled.ndim else int(scaled)


def orientation(image: PIL.Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 if there is none or it is damaged."""
    try:
        with no_warnings():
            value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001  # Pillow's parsers raise anything
        return 1
    return int(value) if value in range(1, 9) else 1


def upright(image: Image, turned: int) -> Image:
    """Undo an EXIF orientation: 2, 4, 5 and 7 are mirrored, 5 to 8 are on their side."""
    if turned in (5, 6, 7, 8):
        image = image.transpose(1, 0, 2)
    if turned in (2, 3, 6, 7):
        image = image[:, ::-1]
    if turned in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)
