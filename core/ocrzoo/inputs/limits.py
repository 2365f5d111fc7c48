"""How much of an input is taken at most."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from ocrzoo_registry.errors import InputError

MAX_BYTES = 512 << 20
"""Bytes of the largest image file, and of what standard input gives; PDF and TIFF files are not read whole."""

MAX_SIDE = 32766
"""Pixels. Coordinates are int16 (PaddleX's), and OpenCV cuts crops out of no longer side."""

MAX_PIXELS = 178_956_970
"""Pixels of the largest page that is decoded (Pillow's limit against decompression bombs, also PaddleX's)."""

MAX_PAGES = 50_000
"""Pages of one file: what a file says of itself need not be so."""


def check_size(width: int, height: int, name: str) -> None:
    """Refuse a page that has too many pixels, before they are there.

    Raises:
        InputError: It has.
    """
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise InputError(
            f"{name}: too large: {width} x {height}: at most {MAX_PIXELS} pixels, and {MAX_SIDE} a side, are read"
        )


def check_pages(count: int, name: str) -> None:
    """Refuse a file with too many pages.

    Raises:
        InputError: It has.
    """
    if count > MAX_PAGES:
        raise InputError(f"{name}: says that it has {count} pages: at most {MAX_PAGES} are read: split it")


_changing = Lock()
_inside: list[object] = []
"""A sign for each thread that is within."""
_caught = warnings.catch_warnings()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings back as long as any thread is within."""
    global _caught  # noqa: PLW0603  # one for all threads
    sign = object()
    with _changing:
        if not _inside:
            _caught = warnings.catch_warnings()
            _caught.__enter__()
            warnings.simplefilter("ignore")
        _inside.append(sign)
    try:
        yield
    finally:
        with _changing:
            _inside.remove(sign)
            if not _inside:
                _caught.__exit__(None, None, None)
