"""A web server that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass
class Reply:
    """One answer; ``raw`` is sent as it is instead of it, and ``endless`` again and again after it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes | None = None
    endless: bytes = b""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    """By lower-case name."""


Answer = Reply | Callable[[Asked], Reply]


class WebServer(ThreadingHTTPServer):
    """One origin; paths that nobody wrote an answer for are 404."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, answers: dict[str, Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.asked: list[Asked] = []
        self.closing = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: WebServer

    def answer(self) -> None:
        asked = Asked(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
        self.server.asked.append(asked)
        answer = self.server.answers.get(self.path, Reply(404))
        reply = answer if isinstance(answer, Reply) else answer(asked)
        if reply.raw is not None:
            self.close_connection = True
            self._send(reply.raw)
        else:
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self._send(b"" if self.command == "HEAD" else reply.body)
        while reply.endless and not self.server.closing.wait(0.02):
            self._send(reply.endless)

    do_GET = do_HEAD = do_POST = answer  # noqa: N815  # the names that the base class looks for

    def _send(self, content: bytes) -> None:
        try:
            self.connection.sendall(content)
        except OSError:
            self.server.closing.set()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@contextlib.contextmanager
def serving(answers: dict[str, Answer] | None = None) -> Iterator[WebServer]:
    """Serve on the loopback address until the end of the block."""
    server = WebServer({} if answers is None else answers)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
