"""TIFF files, read page by page by Pillow, as in PaddleX."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path
from typing import IO, TYPE_CHECKING

import cv2
import numpy as np

from ocrzoo.inputs import limits
from ocrzoo.inputs.limits import no_warnings
from ocrzoo.inputs.multipage import Document
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError
from ocrzoo_registry.files import open_regular, reason

if TYPE_CHECKING:
    import PIL.Image

_BITS_PER_SAMPLE = 258
"""The tag's number in the TIFF specification."""


class TiffFile(Document):
    """A TIFF file; rotation is applied, transparency dropped, 16 bits become 8."""

    _file: IO[bytes] | None = None
    _image: PIL.Image.Image | None = None

    def _open(self) -> None:
        if self._image is not None:
            return
        import PIL.Image

        try:
            self._file = open_regular(self._source) if isinstance(self._source, Path) else io.BytesIO(self._source)
            check_directories(self._file, self._name)
            with no_warnings():
                self._image = PIL.Image.open(self._file, formats=["TIFF"])
        except PIL.Image.DecompressionBombError as error:
            raise InputError(f"{self._name}: too large: {error}") from error
        except PIL.UnidentifiedImageError as error:
            raise InputError(f"{self._name}: an unsupported or truncated TIFF") from error
        except OSError as error:
            raise InputError(f"{self._name}: {reason(error)}") from error
        finally:
            if self._image is None:
                self._close()

    def _close(self) -> None:
        self._image = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _count(self) -> int:
        """Follow the chain of pages; a broken link counts as a page, whose reading raises the error."""
        for index in range(limits.MAX_PAGES + 1):
            try:
                self._seek(index)
            except EOFError:
                return index
            except InputError:
                return index + 1
        return limits.MAX_PAGES + 1

    def _read(self, index: int) -> Image:
        where = f"{self._name}: page {index + 1}"
        image = self._seek(index)
        limits.check_size(*image.size, where)
        try:
            with no_warnings():
                return _to_bgr(image, where)
        except InputError:
            raise
        except Exception as error:  # Pillow's parsers raise anything
            raise InputError(f"{where}: damaged or truncated: {error}") from error

    def _seek(self, index: int) -> PIL.Image.Image:
        image = self._image
        assert image is not None, "open"  # noqa: S101
        try:
            with no_warnings():
                image.seek(index)
        except EOFError:
            raise
        except Exception as error:  # Pillow's parsers raise anything
            raise InputError(f"{self._name}: page {index + 1}: damaged or truncated: {error}") from error
        return image


def _to_bgr(image: PIL.Image.Image, where: str) -> Image:
    """Decode Pillow's current page.

    16-bit gray is divided by 256, as in OpenCV; Pillow, and so PaddleX, would turn all but the darkest gray white.
    """
    if image.mode in ("F", "I"):
        raise InputError(f"{where}: 32-bit and signed pixels have no defined white: save it with 8 bits")
    if image.mode.startswith("I;16"):
        bits = int(image.tag_v2.get(_BITS_PER_SAMPLE, (16,))[0])  # type: ignore[attr-defined]  # TIFF's
        gray = (np.asarray(image) >> (bits - 8)).astype(np.uint8)
        return cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]  # uint8 stays
    rgb = np.asarray(image.convert("RGB"))
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)  # type: ignore[return-value]  # uint8 stays


def check_directories(file: IO[bytes], name: str) -> None:
    """Check that the entries of all directories fit into the file; a broken chain is left to Pillow.

    Raises:
        InputError: They do not fit.
        OSError: The file cannot be read.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(16)
    order = "<" if head.startswith(b"II") else ">"
    big = head[2:4] in (b"+\0", b"\0+")
    count_format, entry_bytes, offset_format = (f"{order}Q", 20, f"{order}Q") if big else (f"{order}H", 12, f"{order}L")
    try:
        (offset,) = struct.unpack_from(offset_format, head, 8 if big else 4)
        taken, seen = 0, set[int]()
        while 0 < offset < size and offset not in seen and len(seen) <= limits.MAX_PAGES:
            seen.add(offset)
            file.seek(offset)
            (count,) = struct.unpack(count_format, file.read(struct.calcsize(count_format)))
            taken += count * entry_bytes
            if taken > size:
                raise InputError(f"{name}: a TIFF with overlapping or truncated pages")
            file.seek(count * entry_bytes, os.SEEK_CUR)
            (offset,) = struct.unpack(offset_format, file.read(struct.calcsize(offset_format)))
    except struct.error:
        pass  # the file ends before the chain
    finally:
        file.seek(0)
