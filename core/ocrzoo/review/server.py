"""``ocrzoo review``: the page on a socket, until a signal."""

from __future__ import annotations

import os
import secrets
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path

from ocrzoo.datasets.corrections import CorrectionLog, latest, read_corrections
from ocrzoo.review.lines import ReviewLine, decisions_for
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.network.listening import address_of, listening
from ocrzoo_registry.network.web_server import run

_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104  # what a user asks for
_STOP_S = 5


def require_server() -> None:
    """Refuse to start where the server is not installed.

    Raises:
        UsageError: It is not.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise UsageError(f"the server is not installed ({error}): run pip install 'ocrzoo[serve]'") from error


def serve(
    lines: Sequence[ReviewLine],
    folder: Path,
    host: str,
    port: int,
    started: Callable[[str, int], None],
) -> None:
    """Serve the page until Ctrl-C or a termination signal.

    ``started`` gets the address, and how many of the lines are decided already, once the socket listens.

    Raises:
        UsageError: It cannot listen there, or the folder cannot be written.
    """
    from ocrzoo.review.app import Review, application

    log = CorrectionLog(folder)
    try:
        decided = decisions_for(lines, latest(read_corrections(folder)))
        token = secrets.token_urlsafe(16)
        hosts = () if host in _ANY else (host,)
        with listening(host, port) as listener:
            address = f"{address_of(listener, 'localhost' if host in _ANY else host)}/{token}/"
            app = application(Review(lines, decided, folder, log), token, hosts)
            run(app, listener, lambda: started(address, len(decided)), stop_s=_STOP_S)
    finally:
        log.close()


def open_browser(address: str) -> None:
    """Open the page in the user's browser, where there is a screen; it may take a while to start."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform in {"win32", "darwin"} or any(os.environ.get(name) for name in screens):
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
