"""Charsets: the characters that a recognition network writes, by position.

Entry ``i`` of the file is class ``i + 1`` of the network (class 0 is the CTC blank, and the class after
the last entry is the space that PP-OCR appends). So duplicates, multi-character entries and odd line
separators inside the file all count, and nothing is sorted, stripped or made unique.
"""

from __future__ import annotations

from pathlib import Path

from ocrzoo_registry.errors import CardError


def read_charset(path: Path) -> tuple[str, ...]:
    """Read a positional charset file: UTF-8, one entry a line, lines ended by LF or CR LF.

    ``str.splitlines`` would also split at U+2028 and its like, which are entries of some charsets.

    Raises:
        CardError: The file cannot be read, or an entry is empty.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(f"{path}: cannot be read as a charset: {error}") from error
    entries = tuple(line.removesuffix("\r") for line in text.removesuffix("\n").split("\n"))
    for number, entry in enumerate(entries, start=1):
        if not entry:
            raise CardError(f"{path}, line {number}: an empty charset entry")
    return entries
