"""Downloads of pages: limited in time, size and redirects."""

from __future__ import annotations

from contextlib import ExitStack

from ocrzoo_registry.errors import InputError, SourceError, Unreachable
from ocrzoo_registry.network.deadline import Deadline
from ocrzoo_registry.network.http import Web
from ocrzoo_registry.network.urls import authorization, quoted, without_credentials
from ocrzoo_registry.settings import Settings

ANSWER_TIMEOUT_S = 10.0
"""Seconds until a server answers, the name server included."""
DOWNLOAD_TIMEOUT_S = 60.0
"""Seconds for a whole download."""
DOWNLOAD_MAX_BYTES = 100 << 20


def download(url: str) -> bytes:
    """Download an image; a user and password in the URL are sent to its own server only, and are in no message.

    Raises:
        InputError: The server is unreachable, too slow or returns an error; the file is too large; offline mode is on.
    """
    name = without_credentials(url)
    if Settings.from_environment().offline:
        raise InputError(f"{name}: not downloaded: offline mode is on (OCRZOO_OFFLINE)")

    def body() -> bytes:
        address, secret = quoted(url), authorization(url)
        web = Web(address, {"Authorization": secret} if secret else None)
        with ExitStack() as stack:
            try:
                answer = Deadline(ANSWER_TIMEOUT_S).run(lambda: stack.enter_context(web.get(address)))
            except TimeoutError as error:
                raise Unreachable(str(error)) from error
            return web.body(answer, max_bytes=DOWNLOAD_MAX_BYTES, total_s=DOWNLOAD_TIMEOUT_S)

    try:
        return Deadline(DOWNLOAD_TIMEOUT_S).run(body)
    except TimeoutError as error:
        raise InputError(f"{name}: incomplete after {DOWNLOAD_TIMEOUT_S:.0f} s") from error
    except SourceError as error:
        raise InputError(f"{name}: {error}") from error
