"""Inputs that end the process which reads them: they are found, and not tried for ever.

A note in DEST says which part is being read, and how often that was begun; it is removed once the part is written. What
was begun twice is read item by item, with nothing else in work, and an item that was begun so twice is given up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from ocrzoo.batch.items import Part
from ocrzoo.batch.places import Place
from ocrzoo_registry.errors import InputError

FOLDER = "reading"
MOST_TRIES = 2


class Crashed(InputError):
    """An item that ended each process that read it."""


@dataclass(frozen=True)
class _Tries:
    """How often a part was begun and not written."""

    together: int = 0
    """While others were in work too, of which each may be to blame."""
    alone: int = 0


class Notes:
    """The notes on parts that are being read."""

    def __init__(self, dest: Place) -> None:
        self._dest = dest

    def apart(self, part: Part) -> Iterator[tuple[Part, bool]]:
        """Yield a part, or each of its items if it was begun too often, and whether it must be read alone."""
        if self._read(part).together < MOST_TRIES:
            yield part, False
        elif len(part.items) == 1:
            yield part, True
        else:
            for number, item in enumerate(part.items):
                yield Part(f"{part.name}-{number:05}", (item,)), True

    def begin(self, part: Part, *, alone: bool) -> bool:
        """Note that a part is begun, unless it is given up; return whether it is begun.

        Whoever begins it calls :meth:`end` once it is written.
        """
        tries = self._read(part)
        if tries.alone >= MOST_TRIES:
            return False
        tries = replace(tries, alone=tries.alone + alone, together=tries.together + (not alone))
        self._dest.write(self._path(part), json.dumps(asdict(tries)).encode())
        return True

    def end(self, part: Part) -> None:
        """Remove the note on a part."""
        self._dest.delete(self._path(part))

    def clear(self) -> None:
        """Remove all notes: the batch is done."""
        for file in list(self._dest.files(FOLDER)):
            self._dest.delete(file.path)

    def _read(self, part: Part) -> _Tries:
        with suppress(InputError, ValueError, TypeError):
            return _Tries(**json.loads(self._dest.read(self._path(part))))
        return _Tries()

    def _path(self, part: Part) -> str:
        """The same for the same items, in whichever run."""
        names = [[item.input, item.member, item.first, item.last] for item in part.items]
        return f"{FOLDER}/{hashlib.sha256(json.dumps(names).encode()).hexdigest()}.json"
