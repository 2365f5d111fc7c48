"""TIFF files, read page by page by Pillow, as in PaddleX."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from ocrzoo.inputs import limits
from ocrzoo.inputs.by_pillow import to_bgr
from ocrzoo.inputs.limits import no_warnings
from ocrzoo.inputs.multipage import Document
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError
from ocrzoo_registry.files import open_regular, reason

if TYPE_CHECKING:
    import PIL.Image

_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255
"""Numbers of tags in the TIFF specification; the second is the older one."""
_REDUCED, _MASK = 1, 4
"""Bits of NewSubfileType."""
_OLD_REDUCED = 2
"""The value of SubfileType."""


class TiffFile(Document):
    """A TIFF file; rotation is applied, a transparent page laid on a ground that shows its ink, 16 bits become 8.

    Reduced copies of a page (overviews, thumbnails) and masks are not pages.
    """

    _directories: Sequence[int] | None = None
    """Numbers of the pages among all directories of the file."""
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
        if self._directories is None:
            found = list(self._find_directories())
            self._directories = [one.number for one in found] if self._options.paddlex_quirks else _pages_among(found)
        return len(self._directories)

    def _number(self, index: int) -> int:
        return (self._directories or ())[index]

    def _find_directories(self) -> Iterator[_Directory]:
        """Follow the chain; a broken link is the last one and counts as a page, whose reading raises the error."""
        for number in range(limits.MAX_PAGES + 1):
            try:
                image = self._seek(number, f"{self._name}: page {number + 1}")
            except EOFError:
                return
            except InputError:
                yield _Directory(number, 0, 0, reduced=False, mask=False)
                return
            kind, old_kind = (_number(image, tag) for tag in (_NEW_SUBFILE_TYPE, _SUBFILE_TYPE))
            reduced = bool(kind & _REDUCED) or old_kind == _OLD_REDUCED
            yield _Directory(number, *image.size, reduced=reduced, mask=bool(kind & _MASK))

    def _read(self, index: int) -> Image:
        where = f"{self._name}: page {index + 1}"
        self._count()
        try:
            image = self._seek(self._number(index), where)
            limits.check_size(*image.size, where)
            with no_warnings():
                return to_bgr(image, where, show_ink=not self._options.paddlex_quirks)
        except InputError:
            raise
        except Exception as error:  # Pillow's parsers raise anything
            raise InputError(f"{where}: damaged or truncated: {error}") from error

    def _seek(self, number: int, where: str) -> PIL.Image.Image:
        image = self._image
        assert image is not None, "open"  # noqa: S101
        try:
            with no_warnings():
                image.seek(number)
        except EOFError:
            raise
        except Exception as error:  # Pillow's parsers raise anything
            raise InputError(f"{where}: damaged or truncated: {error}") from error
        return image


class _Directory(NamedTuple):
    """What a TIFF says of one of its images."""

    number: int
    width: int
    height: int
    reduced: bool
    mask: bool


def _pages_among(found: Sequence[_Directory]) -> list[int]:
    """Return the numbers of the pages. What calls itself a copy without being smaller than a page is a page."""
    whole = [one for one in found if not one.reduced and not one.mask]
    width, height = max((one.width for one in whole), default=0), max((one.height for one in whole), default=0)

    def is_page(one: _Directory) -> bool:
        return not (whole and one.mask) and not (one.reduced and one.width < width and one.height < height)

    return [one.number for one in found if is_page(one)]


def _number(image: PIL.Image.Image, tag: int) -> int:
    """The value of a tag; 0 if it is missing or no number."""
    value = image.tag_v2.get(tag, 0)  # type: ignore[attr-defined]  # TIFF's
    return value if isinstance(value, int) else 0


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
