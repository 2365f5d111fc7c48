"""The charset of a drafted card: where it is stated, and how it fits the classes of the network."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from ocrzoo_registry.errors import CardError

_KEYS = ("character", "dictionary", "character_dict", "charset")
"""Keys of an ONNX file's metadata that are a dictionary, one entry a line; RapidOCR's is the first."""

_BLANKS = {"blank", "<blank>", "[blank]"}
_MOST_ENTRIES, _LONGEST_ENTRY = 100_000, 64

_RIGHT_TO_LEFT = {"Arab": "ARABIC LETTER", "Hebr": "HEBREW LETTER", "Syrc": "SYRIAC LETTER", "Thaa": "THAANA LETTER"}
"""Scripts that run from right to left, and how the Unicode names of their letters begin."""
_AN_ALPHABET = 20
"""Letters from which a charset is one of a script: fewer are symbols."""


def of_metadata(metadata: Any) -> tuple[str, ...] | None:
    """Return the entries of the dictionary in an ONNX file's metadata, if it has one."""
    text = next((metadata[key] for key in _KEYS if isinstance(metadata.get(key), str) and metadata[key]), None)
    return None if text is None else tuple(text.replace("\r\n", "\n").removesuffix("\n").split("\n"))


def of_config(config: Any, where: str) -> tuple[str, ...] | None:
    """Return the entries in an ``inference.yml``, if it has a charset.

    Raises:
        CardError: It is no list of entries.
    """
    stated = config["PostProcess"].get("character_dict")
    if stated is None:
        return None
    if not isinstance(stated, list) or any(isinstance(one, dict | list) or one is None for one in stated):
        raise CardError(f"{where}: PostProcess.character_dict is no list of entries")
    return tuple(map(str, stated))


def checked(entries: Sequence[str], where: str) -> tuple[str, ...]:
    """Refuse entries that a charset file, one entry a line, cannot hold.

    Raises:
        CardError: One is empty, has a line break or is too long, or there are too many.
    """
    if not 0 < len(entries) <= _MOST_ENTRIES:
        raise CardError(f"{where}: a charset has 1 to {_MOST_ENTRIES} entries, this one has {len(entries)}")
    for number, entry in enumerate(entries, start=1):
        if not entry or len(entry) > _LONGEST_ENTRY or "\n" in entry or "\r" in entry:
            raise CardError(f"{where}: entry {number} of the charset is {entry[:8]!a}, which cannot be an entry")
    return tuple(entries)


def fitted(entries: tuple[str, ...], classes: int | None) -> tuple[tuple[str, ...], str]:
    """Return the charset without the blank before it and the space after it, and what is wrong with its length.

    Some dictionaries list one or both, which a network's own number of classes shows.
    """
    if classes is None or len(entries) + 2 == classes:
        return entries, ""
    start = 1 if entries[0].lower() in _BLANKS else 0
    stop = len(entries) - (entries[-1] == " ")
    if stop - start + 2 == classes:
        return entries[start:stop], ""
    fault = (
        f"the network has {classes} classes, but the charset of {len(entries)} entries makes {len(entries) + 2} (blank "
        "and space included): one of them is of another model"
    )
    if len(entries) + 1 == classes:
        fault = (
            f"the network has {classes} classes, one for the blank and each of the {len(entries)} entries and none for "
            "the space, which must be the last (PaddleOCR: use_space_char: True)"
        )
    return entries, fault


def right_to_left(entries: Sequence[str]) -> tuple[str, ...]:
    """Return the scripts that run from right to left of which a charset has the letters."""
    names = [unicodedata.name(entry[0], "") for entry in entries]
    return tuple(
        script
        for script, start in _RIGHT_TO_LEFT.items()
        if sum(name.startswith(start) for name in names) >= _AN_ALPHABET
    )
