"""Frames: the pictures of an animation, or several photographs in one file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ocrzoo.inputs import limits
from ocrzoo.inputs.by_pillow import open_image, orientation, to_bgr, upright
from ocrzoo.inputs.limits import no_warnings
from ocrzoo.inputs.multipage import Document
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError

if TYPE_CHECKING:
    import PIL.Image

_ANIMATED = {"GIF", "PNG", "WEBP", "AVIF"}
_PHOTOGRAPHS = {"MPO", "HEIF"}
"""Formats that also hold previews, gain maps and depth maps, which are smaller than the photograph."""
MAX_READS = 5_000_000
"""Reads to count the frames of a GIF, which is in pieces of 255 bytes at most: enough for one of the largest size; one
of smaller pieces has too many frames."""


class _LimitedReads(io.BytesIO):
    """Content that may be read a limited number of times, and then seems to end."""

    def __init__(self, content: bytes, reads: int) -> None:
        super().__init__(content)
        self.reads_left = reads

    def read(self, size: int | None = -1, /) -> bytes:
        """Read bytes, as a file does."""
        self.reads_left -= 1
        return super().read(size) if self.reads_left >= 0 else b""


class FrameFile(Document):
    """An image file whose frames are its pages."""

    _image: PIL.Image.Image | None = None
    _numbers: Sequence[int] = ()

    def _open(self) -> None:
        if self._image is None:
            content = self._source if isinstance(self._source, bytes) else limits.read_content(self._source)
            self._image = open_image(content, self._name)
            self._numbers = frame_numbers(self._image)

    def _close(self) -> None:
        if self._image is not None:
            self._image.close()
            self._image = None

    def _count(self) -> int:
        return len(self._numbers)

    def _number(self, index: int) -> int:
        return self._numbers[index]

    def _read(self, index: int) -> Image:
        image, where = self._image, f"{self._name}: frame {index + 1}"
        assert image is not None, "open"  # noqa: S101
        try:
            with no_warnings():
                image.seek(self._number(index))
                limits.check_size(*image.size, where)
                decoded = to_bgr(image, where, show_ink=not self._options.paddlex_quirks)
        except InputError:
            raise
        except Exception as error:  # Pillow's parsers raise anything
            raise InputError(f"{where}: damaged or truncated: {error}") from error
        return upright(decoded, orientation(image))


def has_frames(source: Path | bytes, name: str) -> bool:
    """Whether an image file has several frames; false if it cannot be read, which its page reports."""
    try:
        content = source if isinstance(source, bytes) else limits.read_content(source)
        with open_image(content, name) as image:
            return len(frame_numbers(image)) > 1
    except InputError:
        return False


def frame_numbers(image: PIL.Image.Image) -> Sequence[int]:
    """Return Pillow's numbers of an image's frames; the current one is among them, and stays current.

    Layers of a PSD are not frames, nor are previews, which are smaller than the photograph.
    """
    current = image.tell()
    try:
        with no_warnings():
            count = min(_count(image), limits.MAX_PAGES + 1)
            if image.format in _ANIMATED:
                return range(count)
            if image.format in _PHOTOGRAPHS and count > 1:
                return _photographs(image, count)
    except Exception:  # noqa: BLE001  # Pillow's parsers raise anything; the first frame may be readable
        return [current]
    return [current]


def _count(image: PIL.Image.Image) -> int:
    """Count all pictures; those of a GIF are found only by going through it, which must end."""
    import PIL.Image

    content = getattr(image, "fp", None)
    if image.format != "GIF" or not isinstance(content, io.BytesIO):
        return int(getattr(image, "n_frames", 1))
    limited = _LimitedReads(content.getvalue(), MAX_READS)
    try:
        with PIL.Image.open(limited, formats=["GIF"]) as counted:
            count = int(getattr(counted, "n_frames", 1))
    except Exception:  # Pillow's parsers raise anything, here also what the limit made of it
        if limited.reads_left < 0:
            return limits.MAX_PAGES + 1
        raise
    return count if limited.reads_left >= 0 else limits.MAX_PAGES + 1


def _photographs(image: PIL.Image.Image, count: int) -> Sequence[int]:
    current, sizes = image.tell(), []
    for number in range(count):
        image.seek(number)
        sizes.append(image.size)
    image.seek(current)
    return [number for number in range(count) if sizes[number] == sizes[current]]
