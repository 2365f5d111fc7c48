"""Inputs: everything a user can point at, turned into pages, each read when its turn comes.

Images from outside are not trusted: their size is looked at before they are decoded, downloads are
bounded in time, size and redirects, and a page that cannot be read is that page's error alone.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.tasks.quads import Image
from ocrzoo_registry.errors import InputError, UsageError
from ocrzoo_registry.plain_files import read_bounded, reason

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
"""What some system does not allow in a file's name."""
_MAX_STEM = 60
"""Characters; four bytes each, and room for what is appended, make the 255 bytes of a name."""

Input: TypeAlias = "str | os.PathLike[str] | NDArray[Any] | Iterable[Input]"
"""A path, URL, folder, ``-`` for standard input, an array (grey, BGR or BGRA), or several of these."""

log = logging.getLogger("ocrzoo")

_RASTER = (
    ".bmp",
    ".dib",
    ".jpeg",
    ".jpg",
    ".png",
    ".webp",
    ".pbm",
    ".pgm",
    ".ppm",
    ".pnm",
    ".sr",
    ".ras",
    ".tiff",
    ".tif",
)
SUFFIXES = frozenset([*_RASTER, ".pdf"])
"""Files of a folder that are read (PaddleX's list); a PDF is told to be unreadable rather than passed over."""

MAX_BYTES = 512 << 20
"""Bytes of the largest file that is read."""

MAX_SIDE = 32766
"""Coordinates are int16 (PaddleX's), and OpenCV cuts crops out of no longer side."""

_NO_IMAGE = "not an image that can be read (png, jpeg, webp, bmp, tiff, pnm), or cut short"

_JPEG_TAIL = 4096
"""The end marker of a JPEG is looked for in so many last bytes; some cameras write their own data after it."""

MAX_PIXELS = 178_956_970
"""Pixels of the largest page that is decoded (Pillow's limit against decompression bombs, also PaddleX's)."""


@dataclass(frozen=True)
class Page:
    """One page, not yet decoded."""

    input_path: str | None
    """As the user wrote it; ``None`` for an array."""
    read: Callable[[], Image]
    """Decodes the page: H x W x 3, uint8, BGR. Raises :class:`InputError`."""
    page_index: int | None = None

    @property
    def stem(self) -> str:
        """The name that results are saved under."""
        if self.input_path is None:
            return "array"
        if self.input_path == "-":
            return "stdin"
        address = _is_url(self.input_path)
        path = unquote(urlsplit(self.input_path).path) if address else self.input_path
        return _UNSAFE.sub("_", Path(path).stem)[:_MAX_STEM] or ("download" if address else "page")


def pages(source: Input) -> Iterator[Page]:
    """Yield the pages of an input, folders in the order of their file names."""
    if isinstance(source, np.ndarray):
        array = source
        yield Page(None, lambda: from_array(array))
    elif isinstance(source, str | os.PathLike):
        yield from _pages_of(os.fspath(source))
    elif isinstance(source, Iterable) and not isinstance(source, bytes | bytearray | dict):
        for item in source:
            yield from pages(item)
    else:
        raise UsageError(
            f"{type(source).__name__} is no input: give a path, a URL, a uint8 array (H x W x 3, BGR) or a list of them"
        )


def _pages_of(name: str) -> Iterator[Page]:
    scheme, separator, _ = name.partition("://")
    if name == "-":
        yield Page(name, _read_standard_input)
    elif _is_url(name):
        yield Page(name, lambda: _download(name))
    elif separator and scheme.isalnum():
        yield Page(name, lambda: _refuse(f"{name}: only http and https addresses are fetched"))
    elif not name:
        yield Page(name, lambda: _refuse("an empty name is no input"))
    elif os.path.isdir(name):  # noqa: PTH112  # unlike Path.is_dir, it raises for no name
        found = _images_below(Path(name))
        if not found:
            yield Page(name, lambda: _refuse(f"{name}: no images in this folder, or none that may be read"))
        for path in found:
            yield Page(str(path), lambda path=path: read_image(path))  # type: ignore[misc]
    else:
        yield Page(name, lambda: read_image(Path(name)))


def _images_below(folder: Path) -> list[Path]:
    """The files of a folder and its sub-folders that may be images, sorted; what may not be looked into is left out."""
    found = (Path(root) / name for root, _folders, names in os.walk(folder) for name in names)
    return sorted(path for path in found if path.suffix.lower() in SUFFIXES and os.path.isfile(path))  # noqa: PTH113


def read_image(path: Path) -> Image:
    """Read an image file; EXIF rotation is applied, transparency dropped.

    Raises:
        InputError: There is no such file, or it is no image that can be read.
    """
    try:
        content = read_bounded(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {reason(error) if isinstance(error, OSError) else error}") from error
    return decode(content, str(path))


def _read_standard_input() -> Image:
    if sys.stdin is None:
        raise InputError("standard input: closed")
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InputError(f"standard input: larger than {MAX_BYTES >> 20} MiB")
    return decode(content, "standard input")


def decode(content: bytes, name: str) -> Image:
    """Decode an image file's bytes to H x W x 3, uint8, BGR.

    Raises:
        InputError: They are no image that can be read.
    """
    if not content:
        raise InputError(f"{name}: empty")
    if content.startswith(b"%PDF"):
        raise InputError(f"{name}: PDF files cannot be read yet: turn its pages into images first")
    _check_header(content, name)
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise InputError(f"{name}: cannot be decoded: {error.err}") from error
    if image is None:
        raise InputError(f"{name}: {_NO_IMAGE}")
    return image  # type: ignore[return-value]  # uint8, as IMREAD_COLOR promises


def _check_header(content: bytes, name: str) -> None:
    """Refuse what is too large to decode, and say what will be left out."""
    import io
    import warnings

    import PIL.Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with PIL.Image.open(io.BytesIO(content)) as header:
                width, height = header.size
                frames = getattr(header, "n_frames", 1)
    except PIL.Image.DecompressionBombError as error:
        raise InputError(f"{name}: too large: {error}") from error
    except Exception as error:  # Pillow's parsers raise anything
        raise InputError(f"{name}: {_NO_IMAGE}") from error
    _check_size(width, height, name)
    if frames > 1:
        log.warning("%s: has %d pages, and only the first is read by this version", name, frames)
    if content.startswith(b"\xff\xd8") and b"\xff\xd9" not in content[-_JPEG_TAIL:]:
        log.warning("%s: the JPEG is cut short; what is missing is read as grey", name)


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise InputError(
            f"{name}: too large: {width} x {height}: at most {MAX_PIXELS} pixels, and {MAX_SIDE} a side, are read"
        )


def from_array(array: NDArray[Any]) -> Image:
    """Take an array as an image: grey (H x W or H x W x 1), BGR, or BGRA; uint8.

    Raises:
        InputError: It has another shape or type, or no pixels.
    """
    if array.dtype != np.uint8:
        raise InputError(f"an array of {array.dtype} is no image: convert it to uint8, 0 to 255")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.size == 0 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise InputError(f"an array of the shape {array.shape} is no image: H x W, H x W x 3 (BGR) or H x W x 4 (BGRA)")
    _check_size(array.shape[1], array.shape[0], "an array")
    if array.ndim == 2:
        return cv2.cvtColor(array, cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]  # uint8 stays
    return array[:, :, :3]


def _is_url(name: str) -> bool:
    return name.lower().startswith(("http://", "https://"))


def _download(url: str) -> Image:
    from ocrzoo.download import fetch

    return decode(fetch(url), url)


def _refuse(message: str) -> Image:
    raise InputError(message)
