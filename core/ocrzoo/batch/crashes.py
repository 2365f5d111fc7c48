"""Inputs that end the process which reads them: they are found, and not tried for ever.

A note in DEST says which part is being read, and how often that was begun; it is removed once the part is written. What
was begun twice is read item by item, and an item that was begun twice alone is given up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress

from ocrzoo.batch.items import Part
from ocrzoo.batch.places import Place
from ocrzoo_registry.errors import InputError

FOLDER = "reading"
MOST_TRIES = 2


class Crashed(InputError):
    """An item that ended each process that read it."""


class Notes:
    """The notes on parts that are being read."""

    def __init__(self, dest: Place) -> None:
        self._dest = dest

    def begin(self, part: Part) -> Iterator[tuple[Part, bool]]:
        """Yield a part, or each of its items if it was begun too often, and whether it is given up.

        Whoever takes it calls :meth:`end` once it is written.
        """
        tries = self._tries(part)
        if tries < MOST_TRIES:
            self._dest.write(self._path(part), json.dumps({"tries": tries + 1}).encode())
            yield part, False
        elif len(part.items) == 1:
            yield part, True
        else:
            for number, item in enumerate(part.items):
                yield from self.begin(Part(f"{part.name}-{number:05}", (item,)))

    def end(self, part: Part) -> None:
        """Remove the note on a part."""
        self._dest.delete(self._path(part))

    def clear(self) -> None:
        """Remove all notes: the batch is done."""
        for file in list(self._dest.files(FOLDER)):
            self._dest.delete(file.path)

    def _tries(self, part: Part) -> int:
        with suppress(InputError, ValueError, KeyError, TypeError):
            return int(json.loads(self._dest.read(self._path(part)))["tries"])
        return 0

    def _path(self, part: Part) -> str:
        """The same for the same items, in whichever run."""
        names = [[item.input, item.member, item.first, item.last] for item in part.items]
        return f"{FOLDER}/{hashlib.sha256(json.dumps(names).encode()).hexdigest()}.json"
