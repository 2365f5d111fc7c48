"""The record in a folder of results that says which input each file was written for, from run to run."""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ocrzoo.inputs.page import Origin, is_url
from ocrzoo_registry.files import open_regular

INDEX = ".ocrzoo-names"
"""The record's name: a line of JSON for each file that was named, ``[name, place, content, page]``, the newest last."""

_MAX_BYTES = 64 << 20
_DIGEST = 16
"""Hexadecimal digits that are kept of a SHA-256; the record has no paths and URLs."""


@dataclass(frozen=True)
class Identity:
    """What a result was made of. Inputs at one place are the same, and so are inputs of one content."""

    place: str | None
    """Digest of the absolute path or URL; ``None`` for content in memory."""
    content: str | None
    """Digest of the file or the pixels; ``None`` if it can no longer be read."""
    page_index: int | None = None

    def is_same(self, other: Identity) -> bool:
        """Whether results of one may replace those of the other."""
        same_place = self.place is not None and self.place == other.place
        same_content = self.content is not None and self.content == other.content
        return self.page_index == other.page_index and (same_place or same_content)


def identity(
    input_path: str | None, page_index: int | None, origin: Origin | None, pixels: Iterable[NDArray[Any]]
) -> Identity:
    """Return the identity of a page; ``pixels`` are those of an array that has no file."""
    place = None
    if input_path is not None and input_path != "-":
        place = _digest(input_path if is_url(input_path) else os.path.abspath(input_path))  # noqa: PTH100  # as the user sees it
    if origin is None:
        return Identity(place, None if place else _digest(*(array.tobytes() for array in pixels)), page_index)
    return Identity(place, _content(origin), page_index)


def _content(origin: Origin) -> str | None:
    if isinstance(origin.file, bytes):
        return _digest(origin.file)
    with suppress(OSError, ValueError), open_regular(origin.file) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_DIGEST]
    return None


def _digest(*parts: str | bytes) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part)
    return found.hexdigest()[:_DIGEST]


def same_name(name: str) -> str:
    """Return what all spellings of a name have in common on systems that ignore case or normalize Unicode."""
    return unicodedata.normalize("NFC", name).casefold()


def _no_link(path: str, flags: int) -> int:
    """Open a file, but no link, which might lead to a file of the user's, nor a pipe, which would wait for a reader."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), 0o666)


class FolderIndex:
    """The record of one folder; a folder without one, or with one that cannot be read, has no named files."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / INDEX
        self._read_bytes = 0
        self._owners: dict[str, dict[str, Identity]] = {}
        """By the common spelling of a name, then by the name."""

    def take(self, path: Path, owner: Identity) -> bool:
        """Return whether a file in the folder may be written for an input, and note it.

        It may unless it exists and was written for another input. Files that the record does not have are replaced.
        """
        self._read_news()
        known = self._owners.get(same_name(path.name), {})
        before = [known[path.name]] if path.name in known else list(known.values())
        if before and not any(owner.is_same(one) for one in before) and os.path.lexists(path):
            return False
        if known.get(path.name) != owner:
            self._append(path.name, owner)
        return True

    def _read_news(self) -> None:
        """Read what other runs have added."""
        with suppress(OSError, ValueError):
            if self._file.stat().st_size <= self._read_bytes:
                return
            with open_regular(self._file) as file:
                file.seek(self._read_bytes)
                added = file.read(_MAX_BYTES)
            whole = added[: added.rfind(b"\n") + 1]
            self._read_bytes += len(whole)
            for line in whole.splitlines():
                self._note(line)

    def _note(self, line: bytes) -> None:
        with suppress(ValueError, TypeError, RecursionError):
            name, place, content, page_index = json.loads(line)
            self._owners.setdefault(same_name(name), {})[name] = Identity(place, content, page_index)

    def _append(self, name: str, owner: Identity) -> None:
        line = json.dumps([name, owner.place, owner.content, owner.page_index]).encode() + b"\n"
        with suppress(OSError, ValueError):  # writing the file itself raises the error
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with open(self._file, "ab", opener=_no_link) as file:
                file.write(line)
        self._note(line)
