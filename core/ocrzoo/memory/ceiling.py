"""The ceiling: each call of a network takes its share before it begins, and waits or releases what others keep."""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from ocrzoo.memory.process import resident, trim
from ocrzoo_registry.errors import InputError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CALL_SHARE = 0.33
"""What one call may take of what the ceiling leaves once its network is loaded. The rest is for pages, results, the
other networks, and what engines keep."""
BYTES_OF_A_PAGE = 48
"""Bytes of the ceiling for each pixel of a page: a quarter of it is for pages, which take up to 12 bytes a pixel."""
LEAST_PIXELS = 512 * 512
"""Pixels that a call must be able to have: the smallest tile of a page."""
LEAST_LINE_PIXELS = 48 * 3200
"""The same for networks that read lines: one line of the largest width."""
WAIT_S = 120.0
"""Seconds that a call waits for others to end."""

_PAGE = (1, 3, 480, 480)
_LINE = (1, 3, 48, 1600)
"""The call that measures a network."""
_LEAST_BYTES = 32
"""Bytes a pixel that a call is taken to need at least: its input has 12, its first layer more."""
_UNKNOWN_BYTES = 1000
"""Bytes a pixel of a network that cannot be measured."""


def page_pixels(limit: int) -> int:
    """Return the most pixels of a page below a ceiling, in bytes."""
    return limit // BYTES_OF_A_PAGE


class Ceiling:
    """An upper bound of this process's resident memory, for all networks of a pipeline."""

    def __init__(self, limit: int) -> None:
        """``limit`` is in bytes.

        Raises:
            UsageError: The memory of this process cannot be told on this system, or is more already.
        """
        used = resident()
        if used is None:
            raise UsageError("memory: this system does not tell how much memory a process has: pip install psutil")
        if used > limit:
            raise UsageError(f"memory={_mib(limit)}: this process has {_mib(used)} already: give more")
        self.limit = limit
        self._rooms: WeakSet[Room] = WeakSet()
        self._reset()
        _all.add(self)

    def _reset(self) -> None:
        """Begin without running calls: a forked process has none of the threads that made them."""
        self._changed = Condition()
        self._promised = 0
        """Bytes that running calls may still take."""
        for room in self._rooms:
            room.running = 0

    def room(self, name: str, session: Any, *, reads_lines: bool = False) -> Room:
        """Measure a network that was just loaded by a small call, and return its room.

        ``reads_lines``: its input is lines, not pages.

        Raises:
            UsageError: The ceiling is too low for it.
        """
        rate = _bytes_a_pixel(session, _LINE if reads_lines else _PAGE)
        made = Room(name, session, self, rate)
        self._rooms.add(made)
        made.release()
        trim()
        used = _resident()
        made.most_pixels = int((self.limit - used) * CALL_SHARE / rate)
        needed = LEAST_LINE_PIXELS if reads_lines else LEAST_PIXELS
        if made.most_pixels < needed:
            least = used + needed * rate / CALL_SHARE
            raise UsageError(
                f"memory={_mib(self.limit)} is too little for {name}: with it, this process has {_mib(used)}; pages "
                f"need more: give {_mib(least)} or more"
            )
        return made

    @contextmanager
    def taken(self, room: Room, pixels: int) -> Iterator[None]:
        """Take the memory of one call of a network; release what is kept, and wait for other calls, if need be.

        Raises:
            InputError: It does not fit.
        """
        need = int(pixels * room.rate)
        with self._changed:
            fresh = self._find(room, pixels, need)
            self._promised += fresh
            room.running += 1
        try:
            yield
        finally:
            with self._changed:
                self._promised -= fresh
                room.running -= 1
                if pixels <= room.keeps_up_to:
                    room.kept = max(room.kept, pixels)
                self._changed.notify_all()

    def _find(self, room: Room, pixels: int, need: int) -> int:
        """Return the bytes that a call adds, once there is room for them."""
        end = time.monotonic() + WAIT_S
        while True:
            fresh = need if room.running else int(max(pixels - room.kept, 0) * room.rate)
            if self._fits(fresh):
                return fresh
            if idle := [one for one in self._rooms if one.kept and not one.running]:
                for one in idle:
                    one.release()
                trim()
                continue
            running = any(one.running for one in self._rooms)
            if not running or not self._changed.wait(end - time.monotonic()):
                raise InputError(
                    f"{room.name} needs about {_mib(need)} for this page, and {_mib(_resident())} of "
                    f"memory={_mib(self.limit)} are in use: give more memory, or a smaller page"
                )

    def _fits(self, more: int) -> bool:
        return _resident() + self._promised + more <= self.limit


_all: WeakSet[Ceiling] = WeakSet()


def _reset_all() -> None:
    for ceiling in _all:
        ceiling._reset()  # noqa: SLF001  # of this module


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_reset_all)


class Room:
    """What one network may take below a ceiling."""

    def __init__(self, name: str, session: Any, ceiling: Ceiling, rate: float) -> None:
        """``rate`` is what a call takes, in bytes a pixel of its input (N x H x W)."""
        self.name = name
        self.rate = rate
        self.most_pixels = 0
        """Pixels of the largest call."""
        self.kept = 0
        """Pixels of the largest call whose memory the engine still keeps."""
        self.keeps_up_to: float = getattr(session, "keeps_up_to", math.inf)
        """Pixels of a call above which the engine itself returns its memory at the end."""
        self.running = 0
        self._session = session
        self._ceiling = ceiling

    def taken(self, batch: NDArray[np.float32]) -> Any:
        """Take the memory of a call for the time of a ``with`` (:meth:`Ceiling.taken`)."""
        return self._ceiling.taken(self, batch.size // max(batch.shape[1], 1))

    def release(self) -> None:
        """Return what the engine keeps for further calls, if it can."""
        self.kept = 0
        release = getattr(self._session, "release", None)
        if release is not None:
            release()


def _bytes_a_pixel(session: Any, shape: tuple[int, ...]) -> float:
    """What a small call of this shape adds to the process, where the network leaves the sides open."""
    import numpy as np

    given = session.inputs[0].shape if session.inputs else None
    if given is not None and len(given) == len(shape):
        shape = tuple(own or side for own, side in zip(given, shape, strict=True))
    before = _resident()
    try:
        kind = session.inputs[0].dtype if session.inputs else None
        session.run(np.zeros(shape, kind or np.float32))
    except Exception:  # noqa: BLE001  # an engine's; the network takes other sizes, or is broken, which a page will tell
        return _UNKNOWN_BYTES
    return max((_resident() - before) / (math.prod(shape) // shape[1]), _LEAST_BYTES)


def _resident() -> int:
    return resident() or 0


def _mib(size: float) -> str:
    return f"{size / (1 << 20):.0f}MiB"
