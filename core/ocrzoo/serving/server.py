"""``ocrzoo serve``: the application on a socket, until a signal."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable

from ocrzoo.serving.settings import ServerSettings
from ocrzoo_registry import errors
from ocrzoo_registry.errors import OcrzooError, UsageError
from ocrzoo_registry.network.listening import address_of, listening
from ocrzoo_registry.network.web_server import run


def serve(settings: ServerSettings, host: str, port: int, started: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or a termination signal; ``started`` gets the URL once the socket listens.

    Raises:
        UsageError: The server is not installed, a setting is not valid, or it cannot listen there.
        OcrzooError: The models cannot be loaded.
    """
    try:
        from ocrzoo.serving.app import application_of
        from ocrzoo.serving.service import Service
    except ImportError as error:
        raise UsageError(f"the server is not installed ({error}): run pip install 'ocrzoo[serve]'") from error
    from ocrzoo.serving.logs import log_as_json

    if settings.json_logs:
        log_as_json()
    else:
        logging.getLogger("ocrzoo").setLevel(logging.INFO)
    service = Service(settings)
    refused: list[OcrzooError] = []

    def refuse(kind: str, message: str) -> None:
        """Stop the server: what it cannot load now, it will not load later."""
        refused.append(getattr(errors, kind, OcrzooError)(message))
        signal.raise_signal(signal.SIGTERM)

    service.pool.on_refused = refuse
    with listening(host, port) as listener:
        run(
            application_of(service),
            listener,
            lambda: started(address_of(listener, host)),
            stop_s=int(settings.drain_s) + 1,
            lifespan="on",
        )
    if refused:
        raise refused[0]
