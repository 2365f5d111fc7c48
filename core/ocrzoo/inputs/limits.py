"""Limits of inputs, and suppression of the decoders' warnings about them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from threading import Lock

from ocrzoo_registry.errors import InputError
from ocrzoo_registry.files import read_bounded, reason


class TooLarge(InputError):
    """A page that has more pixels than are decoded."""


MAX_BYTES = 512 << 20
"""Size of the largest image file and of standard input; PDF and TIFF files are not read as a whole."""

MAX_SIDE = 32766
"""Pixels; coordinates are int16 (PaddleX's), and OpenCV crops no longer sides."""

MAX_PIXELS = 178_956_970
"""Pixels of the largest page that is decoded (Pillow's limit against decompression bombs, also PaddleX's)."""

MAX_PAGES = 50_000
"""Pages of one file; the number in a file may be wrong."""


def read_content(path: Path) -> bytes:
    """Read an image file.

    Raises:
        InputError: It does not exist, is not a file or is too large.
    """
    try:
        return read_bounded(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {reason(error) if isinstance(error, OSError) else error}") from error


_MOST: ContextVar[int | None] = ContextVar("most pixels", default=None)


@contextmanager
def at_most(pixels: int | None) -> Iterator[None]:
    """Let pages that are decoded inside have no more pixels; ``None``: as many as ever."""
    token = _MOST.set(pixels)
    try:
        yield
    finally:
        _MOST.reset(token)


def most_pixels() -> int:
    """Return the pixels that a page may have here."""
    most = _MOST.get()
    return MAX_PIXELS if most is None else min(most, MAX_PIXELS)


def check_size(width: int, height: int, name: str) -> None:
    """Check the size of a page before it is decoded.

    Raises:
        InputError: It is too large.
    """
    most = _MOST.get()
    if most is not None and width * height > most:
        raise TooLarge(
            f"{name}: {width} x {height} pixels are too many: the limit here is {most}, by the memory given or a "
            "server's --max_pixels: raise it, or give a smaller page"
        )
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise TooLarge(
            f"{name}: too large: {width} x {height}: the limit is {MAX_PIXELS} pixels, and {MAX_SIDE} per side"
        )


def check_pages(count: int, name: str) -> None:
    """Check the number of pages of a file.

    Raises:
        InputError: There are too many.
    """
    if count > MAX_PAGES:
        raise InputError(f"{name}: too many pages: {count}: the limit is {MAX_PAGES}; split the file")


_lock = Lock()
_users: list[object] = []
"""One token for each thread inside :func:`no_warnings`."""
_filters = warnings.catch_warnings()


@contextmanager
def no_warnings() -> Iterator[None]:
    """Ignore warnings while any thread is inside; ``catch_warnings`` alone is not thread-safe."""
    global _filters  # noqa: PLW0603  # one for all threads
    token = object()
    with _lock:
        if not _users:
            _filters = warnings.catch_warnings()
            _filters.__enter__()
            warnings.simplefilter("ignore")
        _users.append(token)
    try:
        yield
    finally:
        with _lock:
            _users.remove(token)
            if not _users:
                _filters.__exit__(None, None, None)
