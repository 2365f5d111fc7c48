"""Downloads of input images: bounded in time, size and redirects."""

from __future__ import annotations

import time

from ocrzoo_registry.errors import InputError
from ocrzoo_registry.settings import Settings

CONNECT_S, IDLE_S, TOTAL_S = 5.0, 10.0, 60.0
"""Seconds to connect, between two bytes, and for everything together."""
MAX_BYTES = 100 << 20
MAX_REDIRECTS = 5
CHUNK_BYTES = 1 << 16


def fetch(url: str) -> bytes:
    """Download an image.

    Raises:
        InputError: Nothing answers in time, the answer is an error or too large, or the network is off limits.
    """
    if Settings.from_environment().offline:
        raise InputError(f"{url}: not fetched, the network is off limits (OCRZOO_OFFLINE)")
    import requests
    from urllib3.exceptions import HTTPError

    deadline = time.monotonic() + TOTAL_S
    try:
        with requests.Session() as session:
            session.max_redirects = MAX_REDIRECTS
            with session.get(url, stream=True, timeout=(CONNECT_S, IDLE_S)) as answer:
                answer.raise_for_status()
                content = bytearray()
                while chunk := answer.raw.read1(CHUNK_BYTES, decode_content=True):  # what is there, not more
                    content += chunk
                    if len(content) > MAX_BYTES:
                        raise InputError(f"{url}: larger than {MAX_BYTES >> 20} MiB")
                    if time.monotonic() > deadline:
                        raise InputError(f"{url}: not all there after {TOTAL_S:.0f} s")
                return bytes(content)
    except (requests.RequestException, HTTPError) as error:
        raise InputError(f"{url}: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    """What went wrong at the bottom, in one line: wrapped exceptions repeat the address and hide it."""
    while error.__context__ is not None and not str(error).startswith(("4", "5", "Exceeded")):
        error = error.__context__
    return str(error).split(" for url:")[0] or type(error).__name__
