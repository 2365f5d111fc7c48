"""Downloads of input images: bounded in time, size and redirects, whatever the server does."""

from __future__ import annotations

from ocrzoo_registry.bounded import within
from ocrzoo_registry.errors import InputError, SourceError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.web import Web

TOTAL_S = 60.0
"""Seconds for everything together."""
MAX_BYTES = 100 << 20


def fetch(url: str) -> bytes:
    """Download an image.

    Raises:
        InputError: Nothing answers in time, the answer is an error or too large, or the network is off limits.
    """
    if Settings.from_environment().offline:
        raise InputError(f"{url}: not fetched, the network is off limits (OCRZOO_OFFLINE)")
    try:
        return within(TOTAL_S, lambda: _fetch(url))
    except TimeoutError as error:
        raise InputError(f"{url}: not all there after {TOTAL_S:.0f} s") from error
    except SourceError as error:
        raise InputError(f"{url}: {error}") from error


def _fetch(url: str) -> bytes:
    web = Web()
    with web.get(url) as answer:
        return web.body(answer, max_bytes=MAX_BYTES, total_s=TOTAL_S)
