"""Takes connections on the loopback address and reads requests off them, in plain text or under TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from tests.hubs.routing import Asked
from tests.hubs.wire import end

if TYPE_CHECKING:
    from tests.hubs.server import Hubs

HANDSHAKE_S = 10.0


class Handler(BaseHTTPRequestHandler):
    """Reads one request after the other off a connection."""

    protocol_version = "HTTP/1.1"
    server: Listener

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(
            self.command,
            self.path,
            {name.lower(): value for name, value in self.headers.items()},
            "http" if self.server.tls is None else "https",
            self.rfile.read(length),
        )
        stays_open = self.server.hubs.serve(asked, self.connection, cdn=self.server.cdn)
        self.close_connection = self.close_connection or not stays_open

    do_GET = do_HEAD = do_POST = answer  # noqa: N815 - the names that the base class looks for

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: requests are noted."""


class Listener(ThreadingHTTPServer):
    """One port; ``close`` ends it with all its connections."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, hubs: Hubs, *, cdn: bool = False, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.hubs, self.cdn, self.tls = hubs, cdn, tls
        self.errors: list[BaseException] = []
        self._connections: set[socket.socket] = set()
        self._lock = Lock()
        self._closed = Event()
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def server_bind(self) -> None:
        """Bind without asking the name service who we are."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.port

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection to its end; runs in the connection's own thread."""
        connection = request if self.tls is None else self._shake_hands(request, self.tls)
        with self._lock:
            self._connections.add(connection)
        try:
            if not self._closed.is_set():
                super().finish_request(connection, client_address)
        finally:
            with self._lock:
                self._connections.discard(connection)
            if connection is not request:
                connection.close()

    def _shake_hands(self, plain: socket.socket, tls: ssl.SSLContext) -> socket.socket:
        plain.settimeout(HANDSHAKE_S)
        secured = tls.wrap_socket(plain, server_side=True)
        secured.settimeout(None)
        return secured

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep what went wrong here; connections that clients or faults ended are no errors."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.errors.append(error)

    def close(self) -> None:
        self._closed.set()
        self.shutdown()
        self._thread.join(5)
        with self._lock:
            for connection in self._connections:
                end(connection)
        self.server_close()
