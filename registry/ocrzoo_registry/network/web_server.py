"""Run an ASGI application on a socket until a signal, by uvicorn: clients that do nothing lose their connection."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import socket
from collections.abc import Callable, Sized
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal

from ocrzoo_registry.errors import UsageError

if TYPE_CHECKING:
    from uvicorn import Server

KEEP_ALIVE_S = 15
"""Seconds for a request's headers to arrive, and that a connection without a request is kept."""
SEND_S = 60
"""Timeout of a client that does not read its response."""
MAX_CONNECTIONS = 4096
"""Those without a request are kept while there are less than half as many."""
MAX_REQUESTS = 512
"""In work at once."""
COME_AGAIN_S = (1, 4)
"""Seconds after which a client should try again that is refused because there are more of either: at random, so that a
thousand of them do not come back together."""
_OTHER_FILES = 64
"""Open files besides connections and what is sent."""

log = logging.getLogger("ocrzoo")


def run(
    application: Any,
    listener: socket.socket,
    started: Callable[[], None],
    *,
    stop_s: int,
    log_requests: bool = False,
    lifespan: Literal["on", "off"] = "off",
    most: int = MAX_REQUESTS,
) -> None:
    """Serve until Ctrl-C or a termination signal; requests in work then get ``stop_s`` seconds.

    More requests than ``most`` at once are answered 503, with ``Retry-After``.

    Raises:
        UsageError: The server is not installed.
    """
    bounded = _Bounded(application, most, _connections(MAX_CONNECTIONS, most))
    server = _server(bounded, stop_s=stop_s, log_requests=log_requests, lifespan=lifespan)
    bounded.connections = server.server_state.connections
    # A signal that arrives before the server handles signals itself must stop it too; the server raises those that it
    # handled again when it ends.
    before = {number: signal.signal(number, server.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        started()
        server.run(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Bounded:
    """Wraps an application: no more requests than it can answer well, no more connections than there are files."""

    def __init__(self, application: Any, most: int, most_connections: int) -> None:
        self._application = application
        self._most = most
        self._most_connections = most_connections
        self._count = 0
        self.connections: Sized = ()
        """The open ones."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
        elif self._count >= self._most or len(self.connections) > self._most_connections:
            again = str(random.randint(*COME_AGAIN_S)).encode()  # noqa: S311
            headers = [(b"retry-after", again), (b"connection", b"close"), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            self._count += 1
            try:
                await self._application(scope, receive, self._closing(send))
            finally:
                self._count -= 1

    def _closing(self, send: Any) -> Any:
        """Let the connection end with the answer while there are many: else those of clients that are done fill up."""

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start" and 2 * len(self.connections) > self._most_connections:
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            await send(message)

        return sent


def _connections(most: int, requests: int) -> int:
    """Return how many connections there may be, so that files stay for ``requests``; the system may allow fewer."""
    if os.name != "posix":
        return most
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = most + requests + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(1, most - (needed - soft))
    return most


def _server(application: Any, *, stop_s: int, log_requests: bool, lifespan: Literal["on", "off"]) -> Server:
    try:
        import starlette  # noqa: F401
        import uvicorn
        from uvicorn.protocols.http.h11_impl import H11Protocol
    except ImportError as error:
        raise UsageError(f"the server is not installed ({error}): run pip install 'ocrzoo[serve]'") from error

    class Connection(H11Protocol):
        sending: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            # A connection without a request is idle too; its first request cancels this.
            self.timeout_keep_alive_task = self.loop.call_later(KEEP_ALIVE_S, self.timeout_keep_alive_handler)

        def data_received(self, data: bytes) -> None:
            timer, cycle = self.timeout_keep_alive_task, self.cycle
            super().data_received(data)
            if timer is not None and self.cycle is cycle and not self.transport.is_closing():
                # A partial request does not count: otherwise it could keep its connection forever.
                self.timeout_keep_alive_task = self.loop.call_at(timer.when(), self.timeout_keep_alive_handler)

        def pause_writing(self) -> None:
            super().pause_writing()
            self._watch_sending(self.transport.get_write_buffer_size())

        def resume_writing(self) -> None:
            super().resume_writing()
            if self.sending is not None:
                self.sending.cancel()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            if self.sending is not None:
                self.sending.cancel()

        def _watch_sending(self, left: int) -> None:
            self.sending = self.loop.call_later(SEND_S, self._check_sending, left)

        def _check_sending(self, left: int) -> None:
            """Abort a transfer if the client read nothing since the last check."""
            now = self.transport.get_write_buffer_size()
            if now < left:
                self._watch_sending(now)
            else:
                self.transport.abort()

    class Stopping(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # transfers that end now are not errors
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        application,
        http=Connection,
        ws="none",
        lifespan=lifespan,
        log_config=None,
        access_log=log_requests,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=stop_s,
    )
    _log_through_ours("uvicorn.error", logging.ERROR)
    if log_requests:
        _log_through_ours("uvicorn.access", logging.INFO)
    return Stopping(config)


def _log_through_ours(name: str, level: int) -> None:
    logger = logging.getLogger(name)
    logger.handlers[:], logger.propagate = log.handlers, False
    logger.setLevel(level)
