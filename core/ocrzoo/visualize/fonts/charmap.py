"""The characters of a font file, looked up in the ranges of its cmap table.

fontTools is not used: it has 24 MB, and its ``getBestCmap`` expands all ranges to a dictionary of glyph names, which
took 16.6 ms per face (up to 268 ms) against 0.28 ms here over 320 faces of Debian's Noto and DejaVu fonts, and a
missing character opens every font of the system. A hostile table costs fontTools 300 MB; here it costs its own size.
The tests compare the two.
"""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ocrzoo_registry.files import open_regular

_ENCODINGS = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))
"""Platform and encoding of Unicode cmaps, the most complete first."""
_KINDS = {b"\x00\x01\x00\x00", b"OTTO", b"true"}
"""How a font begins: with TrueType's outlines, Adobe's, or TrueType's on old Macintoshes."""
_OUTLINES = {"glyf", "CFF ", "CFF2"}
"""A font without any of these tables has bitmaps only."""
MAX_FACES = 64
"""Faces read of one collection; Noto's have ten."""
_MAX_DECLARED_FACES = 65_536
"""A collection that declares more faces is rejected."""
MAX_CMAP_BYTES = 8 << 20
"""A cmap of 150,000 characters, each in a group of its own, has less than 2 MB."""

Codes = NDArray[np.int64]
"""N, int64: code points."""


class Charmap:
    """The characters of one face, given its cmap table."""

    def __init__(self, table: bytes) -> None:
        """Select the most complete subtable.

        Raises:
            ValueError: The table has no Unicode subtable, or it is damaged.
        """
        try:
            self._start = _subtable(table)
            (self._format,) = struct.unpack_from(">H", table, self._start)
            read = {4: self._read_segments, 12: self._read_groups}[self._format]
            read(table)
        except (struct.error, KeyError) as error:
            raise ValueError(f"unreadable cmap: {error}") from error

    def has(self, codes: Codes) -> NDArray[np.bool_]:
        """Return which of the code points have a glyph."""
        place = np.minimum(np.searchsorted(self._ends, codes), len(self._ends) - 1)
        inside = (self._starts[place] <= codes) & (codes <= self._ends[place])
        into = np.where(inside, codes - self._starts[place], 0)
        return np.asarray(inside & (self._glyph(codes, place, into) != 0), np.bool_)

    def _glyph(self, codes: Codes, place: NDArray[np.intp], into: Codes) -> NDArray[np.int64]:
        """The glyphs of code points at offset ``into`` of the segment or group ``place``."""
        if self._format == 12:
            return self._glyphs[place] + into
        offsets = self._offsets[place]
        listed = self._words[np.minimum(place + offsets // 2 + into, len(self._words) - 1)].astype(np.int64)
        glyphs = np.where(offsets == 0, codes, listed) + self._glyphs[place]
        return np.where((offsets != 0) & (listed == 0), 0, glyphs & 0xFFFF)

    def _read_segments(self, table: bytes) -> None:
        """Format 4: ends, starts, glyph deltas and offsets into a list of glyphs, 16 bits each."""
        (double,) = struct.unpack_from(">H", table, self._start + 6)
        count, at = double // 2, self._start + 14
        if not count:
            raise ValueError("a cmap without segments")
        self._ends = np.frombuffer(table, ">u2", count, at).astype(np.int64)
        self._starts = np.frombuffer(table, ">u2", count, at + double + 2).astype(np.int64)
        self._glyphs = np.frombuffer(table, ">u2", count, at + 2 * double + 2).astype(np.int64)
        offsets_at = at + 3 * double + 2
        self._words = np.frombuffer(table, ">u2", max(len(table) - offsets_at, 0) // 2, offsets_at)
        self._offsets = self._words[:count].astype(np.int64)

    def _read_groups(self, table: bytes) -> None:
        """Format 12: start, end and first glyph, 32 bits each."""
        (count,) = struct.unpack_from(">I", table, self._start + 12)
        if not count:
            raise ValueError("a cmap without groups")
        groups = np.frombuffer(table, ">u4", count * 3, self._start + 16).reshape(-1, 3).astype(np.int64)
        self._starts, self._ends, self._glyphs = groups.T


def _subtable(table: bytes) -> int:
    """The offset of the most complete subtable."""
    (count,) = struct.unpack_from(">H", table, 2)
    records = (struct.unpack_from(">HHI", table, 4 + 8 * number) for number in range(min(count, 100)))
    places = {(platform, encoding): int(offset) for platform, encoding, offset in records}
    found = next((places[key] for key in _ENCODINGS if key in places), None)
    if found is None:
        raise ValueError("no Unicode cmap")
    return found


def read(path: str | bytes, face: int = 0) -> Charmap:
    """Read a face of a font, given its path or content.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not a font, is truncated, or has no outlines or no Unicode cmap.
    """
    with _open(path) as file:
        size = file.seek(0, os.SEEK_END)
        try:
            tables = _directory(file, face)
            if any(start + length > size for start, length in tables.values()):
                raise ValueError("truncated")
            if not _OUTLINES & tables.keys():
                raise ValueError("no outlines")
            start, length = tables["cmap"]
            if length > MAX_CMAP_BYTES:
                raise ValueError("cmap too large")
            return Charmap(_read_at(file, start, length))
        except (KeyError, struct.error) as error:
            raise ValueError(f"not a font: {error}") from error


def _directory(file: BinaryIO, face: int) -> dict[str, tuple[int, int]]:
    """The tables of a face by name, each with its offset and length (OpenType 1.9, "Organization of an OpenType font").

    Raises:
        ValueError: It is not an OpenType font, or has no such face.
        struct.error: It is cut off.
    """
    start = 0
    if _read_at(file, 0, 4) == b"ttcf":
        (count,) = struct.unpack(">I", _read_at(file, 8, 4))
        if count > _MAX_DECLARED_FACES:
            raise ValueError("too many faces in a collection")
        if face >= count:
            raise ValueError(f"a collection of {count} faces has no face {face}")
        (start,) = struct.unpack(">I", _read_at(file, 12 + 4 * face, 4))
    if (kind := _read_at(file, start, 4)) not in _KINDS:
        raise ValueError("a web font (WOFF)" if kind in {b"wOFF", b"wOF2"} else "not a font")
    (count,) = struct.unpack(">H", _read_at(file, start + 4, 2))
    entries = struct.iter_unpack(">4s4xII", _read_at(file, start + 12, 16 * count))
    return {tag.decode("latin-1"): (offset, length) for tag, offset, length in entries}


def _read_at(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)


def count_faces(path: str) -> int:
    """Return the number of faces of a file: 1 unless it is a collection.

    Raises:
        OSError: The file cannot be read.
    """
    with _open(path) as file:
        head = file.read(12)
    if head[:4] != b"ttcf" or len(head) < 12:
        return 1
    return min(int.from_bytes(head[8:12], "big"), MAX_FACES)


def _open(path: str | bytes) -> BinaryIO:
    if isinstance(path, bytes):
        return io.BytesIO(path)
    return open_regular(Path(path))
