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
from ocrzoo_registry.files import read_bounded

if TYPE_CHECKING:
    from ocrzoo_registry.cards.schema import ModelCard

MAX_CHARSET_BYTES = 8 << 20
"""A hundred times the largest official charset."""


def read_charset(path: Path) -> tuple[str, ...]:
    """Read a positional charset file: UTF-8, one entry a line, lines ended by LF or CR LF.

    ``str.splitlines`` would also split at U+2028 and its like, which are entries of some charsets.

    Raises:
        CardError: The file could not be read, is too large, or an entry is empty.
    """
    try:
        text = read_bounded(path, MAX_CHARSET_BYTES).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(f"{path} could not be read as a charset: {error}") from error
    entries = text.removesuffix("\n").split("\n")
    if "\r" in text:
        entries = [line.removesuffix("\r") for line in entries]
    if "" in entries:
        raise CardError(f"{path}, line {entries.index('') + 1}: an empty charset entry")
    return tuple(entries)


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
