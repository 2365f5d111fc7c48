"""Downloads of input images: bounded in time, size and redirects, whatever the server does."""

from __future__ import annotations

import time
from threading import Thread
from typing import Any
from urllib.parse import urljoin

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
    answers: list[bytes | Exception] = []

    def work() -> None:
        try:
            answers.append(_fetch(url, time.monotonic() + TOTAL_S))
        except Exception as error:  # noqa: BLE001  # told by the thread that waits
            answers.append(error)

    # A thread of its own, since a server can drip headers, which no timeout of the client bounds.
    worker = Thread(target=work, daemon=True)
    worker.start()
    worker.join(TOTAL_S)
    if not answers:
        raise InputError(f"{url}: not all there after {TOTAL_S:.0f} s")
    if isinstance(answers[0], bytes):
        return answers[0]
    raise InputError(f"{url}: {_reason(answers[0])}") from answers[0]


def _fetch(url: str, deadline: float) -> bytes:
    import requests

    class Session(requests.Session):
        def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002  # requests' signature
            """Know of no redirect: requests would read its body whole, whatever the size, before going on."""
            return None

    with Session() as session:
        for _ in range(MAX_REDIRECTS + 1):
            with session.get(url, stream=True, allow_redirects=False, timeout=(CONNECT_S, IDLE_S)) as answer:
                if not answer.is_redirect:
                    answer.raise_for_status()
                    return _body(answer, deadline)
                url = urljoin(url, answer.headers["location"])
                if not url.lower().startswith(("http://", "https://")):
                    raise ValueError(f"redirected to {url}")
    raise ValueError(f"more than {MAX_REDIRECTS} redirects")


def _body(answer: Any, deadline: float) -> bytes:
    content = bytearray()
    while chunk := answer.raw.read1(CHUNK_BYTES, decode_content=True):  # what is there, not more
        content += chunk
        if len(content) > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES >> 20} MiB")
        if time.monotonic() > deadline:
            raise ValueError(f"not all there after {TOTAL_S:.0f} s")
    return bytes(content)


def _reason(error: BaseException) -> str:
    """What went wrong at the bottom, in one line: wrapped exceptions repeat the address and hide it."""
    while isinstance(error, OSError) and error.__context__ is not None:
        error = error.__context__
    return " ".join(str(error).split(" for url:")[0].split()) or type(error).__name__
