"""Files that clients upload before they ask for their text. All in memory, and bounded in number, bytes and age."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cachetools import TTLCache

from ocrzoo.serving.problems import Problem

if TYPE_CHECKING:
    from ocrzoo.serving.settings import ServerSettings

_RECORD_BYTES = 1000
"""Of a file without its content, roughly."""


@dataclass(frozen=True)
class Upload:
    """One file."""

    name: str
    content: bytes = field(repr=False)
    owner: str | None
    """The name of the API key that uploaded it; only this key finds it."""
    id: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    created: float = field(default_factory=time.time)
    """Seconds since 1970."""


class Uploads:
    """The files that were uploaded; a new one takes the place of those that nobody asked for the longest."""

    def __init__(self, settings: ServerSettings) -> None:
        self._most = settings.uploads_kept
        self._kept: TTLCache[str, Upload] = TTLCache(settings.uploads_bytes, settings.uploads_ttl_s, getsizeof=_size)

    def add(self, name: str, content: bytes, owner: str | None) -> Upload:
        """Keep a file.

        Raises:
            Problem: It is too large.
        """
        made = Upload(name, content, owner)
        if _size(made) > self._kept.maxsize:
            raise Problem(f"more than the {int(self._kept.maxsize) >> 20} MiB that are kept of uploads", "too_large")
        while len(self._kept) >= self._most:
            self._kept.popitem()
        self._kept[made.id] = made
        return made

    def get(self, number: str, owner: str | None) -> Upload:
        """Return a file.

        Raises:
            Problem: There is none, or it belongs to another API key.
        """
        found = self._kept.get(number)
        if found is None or found.owner != owner:
            raise Problem("there is no such file, or no more: upload it again", "not_found")
        return found

    def remove(self, number: str, owner: str | None) -> None:
        """Forget a file.

        Raises:
            Problem: There is none, or it belongs to another API key.
        """
        del self._kept[self.get(number, owner).id]


def _size(upload: Upload) -> int:
    return _RECORD_BYTES + len(upload.content)
