"""Charsets: the characters that a recognition network outputs, by class.

Entry ``i`` of the file is class ``i + 1`` of the network (class 0 is the CTC blank, and the class after
the last entry is the space that PP-OCR appends). So duplicates, multi-character entries and unusual line
separators in the file all count, and nothing is sorted, stripped or deduplicated.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from ocrzoo_registry.errors import CardError, IntegrityError
from ocrzoo_registry.files import os_errors_as, read_bounded

if TYPE_CHECKING:
    from ocrzoo_registry.cards.schema import ModelCard

MAX_CHARSET_BYTES = 8 << 20
"""A hundred times the largest official charset."""

_EMPTY = "the line is empty: a charset has one entry a line, so each line after it would be the next class's"
_MIXED = "the line has a carriage return besides its end: save the file with Unix line ends"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How a file in UTF-16 begins."""
_SURE = 4
"""Line ends, all beside a NUL, from which a file is UTF-16 without a mark."""


def read_charset(path: Path) -> tuple[str, ...]:
    """Read a positional charset file: UTF-8, one entry a line, lines ended by LF or CR LF.

    ``str.splitlines`` would also split at U+2028 and its like, which are entries of some charsets.

    Raises:
        CardError: The file could not be read, is too large, or an entry is empty or has a line end.
    """
    text = _text_of(path)
    if "\r" in text:
        text = text.replace("\r\n", "\n").removesuffix("\r")
    entries = text.removesuffix("\n").split("\n")
    if "" in entries:
        raise CardError(f"{path}, line {entries.index('') + 1}: {_EMPTY}")
    if "\r" in text:
        line = next(number for number, entry in enumerate(entries, 1) if "\r" in entry)
        raise CardError(f"{path}, line {line}: {_MIXED}")
    return tuple(entries)


def unreadable(path: Path) -> str:
    """Return why a charset cannot be read, or an empty string; ten times as fast as reading it."""
    try:
        text = _text_of(path)
        if not text or text.startswith(("\n", "\r\n")) or "\n\n" in text or "\n\r\n" in text or "\r" in text:
            read_charset(path)  # whose error names the line
    except CardError as error:
        return str(error)
    return ""


def _text_of(path: Path) -> str:
    """Raise a CardError that says what the file is, where it is not UTF-8."""
    with os_errors_as(CardError, f"{path} could not be read as a charset"):
        content = read_bounded(path, MAX_CHARSET_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = "is in UTF-16" if content.startswith(_UTF_16) else f"is not UTF-8 in line {line}"
        raise CardError(f"{path} could not be read as a charset: it {where}; save it as UTF-8") from error
    if (ends := text.count("\n")) >= _SURE and ends in {text.count("\n\0"), text.count("\0\n")}:
        raise CardError(f"{path} could not be read as a charset: it is in UTF-16; save it as UTF-8")
    return text


def check_charset(card: ModelCard, stated: object, where: str) -> None:
    """Refuse published weights whose ``inference.yml`` has another charset than their card.

    ``stated`` is its ``character_dict``; without one, or without a charset in the card, nothing is compared.
    Spaces around an entry are ignored: dictionaries lose them easily, and they move no class.

    Raises:
        CardError: The card's charset could not be read.
        IntegrityError: They differ; the message has both lengths and the first difference.
    """
    if card.charset is None or not isinstance(stated, list):
        return
    own, ours = [str(entry) for entry in stated], read_charset(card.folder / card.charset)
    pairs = enumerate(itertools.zip_longest(own, ours), start=1)
    different = next(((number, *pair) for number, pair in pairs if not _same(*pair)), None)
    if different is None:
        return
    number, found, wanted = different
    raise IntegrityError(
        f"{where}: its inference.yml has a charset of {len(own)} entries, the card of {card.name} one of "
        f"{len(ours)}; entry {number} is {_shown(found)} there and {_shown(wanted)} in the card"
    )


def _same(entry: str | None, other: str | None) -> bool:
    return entry is not None and other is not None and entry.strip() == other.strip()


def _shown(entry: str | None) -> str:
    return "missing" if entry is None else ascii(entry[:8])
