"""What happens to every request before and after its dialect: identity, keys, limits, logs and figures.

It is pure ASGI, so that it sees connections that end: work for a client that left is dropped.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect

from ocrzoo.serving.logs import fields
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.service import Service, too_large

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ocrzoo.serving.keys import Keys

OPEN_PATHS = frozenset({"/livez", "/readyz", "/health", "/v2/health/live", "/v2/health/ready"})
"""Paths that need no key, besides those of the page."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")

_FINISH_S = 5.0
"""Seconds that an application may take to end once it has sent its answer."""
_AROUND = 2
"""How much larger a request may be than its file: base64, and JSON around it."""

log = logging.getLogger("ocrzoo")


@dataclass
class Trace:
    """What is known of a request, for its headers, its line in the log and the figures."""

    request_id: str
    began: float = field(default_factory=time.monotonic)
    key: str | None = None
    """The name of its API key."""
    dialect: str | None = None
    """Of a request whose path several dialects have, once it is known."""
    code: str = ""
    """Of its problem."""
    received: int = 0
    """Bytes of its body."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers of the response."""
    notes: dict[str, Any] = field(default_factory=dict)
    """Further keys of its line in the log."""


class Access:
    """Wraps an application."""

    def __init__(
        self,
        app: ASGIApp,
        service: Service,
        keys: Keys | None,
        failed: Callable[[Scope, Problem], Response],
        is_open: Callable[[str], bool],
    ) -> None:
        """``failed`` makes the response to a problem; ``is_open`` says which paths need no key."""
        self._app = app
        self._service = service
        self._keys = keys
        self._failed = failed
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        given = headers.get("x-request-id", "")
        trace = Trace(given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4()))
        scope.setdefault("state", {})["trace"] = trace
        body = _Body(receive, trace, self._service)
        response = _Response(send, trace)
        try:
            self._admit(scope["path"], headers, trace)
            await self._run(scope, body, response)
        except Problem as problem:
            if not response.started:
                await self._failed(scope, problem)(scope, body.receive, response.send)
        except asyncio.CancelledError:  # the time that requests get when the server stops is over
            if not response.started:
                over = Problem("the server stopped before this request was done", "shutting_down")
                await self._failed(scope, over)(scope, body.receive, response.send)
        finally:
            self._service.receiving_bytes -= trace.received
            self._report(scope, trace, response.status)

    def _admit(self, path: str, headers: dict[str, str], trace: Trace) -> None:
        if self._keys is not None and path not in OPEN_PATHS and not self._is_open(path):
            trace.key = self._keys.check(headers)
        length = headers.get("content-length", "")
        most = self._service.settings.max_bytes * _AROUND
        if length.isdigit() and int(length) > most:
            raise too_large(self._service.settings.max_bytes)

    async def _run(self, scope: Scope, body: _Body, response: _Response) -> None:
        """Run the application until it is done or the client left."""
        work = asyncio.ensure_future(self._app(scope, body.receive, response.send))
        leaving = asyncio.ensure_future(body.watch())
        try:
            await asyncio.wait({work, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if response.finished:  # the connection is over because all was sent
                await asyncio.wait({work}, timeout=_FINISH_S)
            if work.done() and not isinstance(work.exception(), ClientDisconnect):
                work.result()
            else:
                response.status = 499
        finally:
            for task in (work, leaving):
                task.cancel()
            with suppress(asyncio.CancelledError, Exception):  # whoever left hears of nothing
                if not work.done():
                    await work

    def _report(self, scope: Scope, trace: Trace, status: int) -> None:
        seconds = time.monotonic() - trace.began
        route = getattr(scope.get("route"), "path", "other")
        self._service.metrics.requests.labels(route, str(status), trace.code).inc()
        self._service.metrics.seconds.labels(route).observe(seconds)
        level = logging.DEBUG if scope["path"] in OPEN_PATHS else logging.INFO
        keys = {
            "request_id": trace.request_id,
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "seconds": round(seconds, 4),
            "bytes": trace.received,
            **({"key": trace.key} if trace.key else {}),
            **({"code": trace.code} if trace.code else {}),
            **trace.notes,
        }
        log.log(level, "request", extra=fields(**keys))


class _Body:
    """The body of a request, bounded in size and time, and the end of its connection."""

    def __init__(self, receive: Receive, trace: Trace, service: Service) -> None:
        self._receive = receive
        self._trace = trace
        self._service = service
        self._end = time.monotonic() + service.settings.body_timeout_s
        self._complete = asyncio.Event()
        self._gone = asyncio.Event()

    async def receive(self) -> Message:
        if self._complete.is_set():
            await self._gone.wait()
            return {"type": "http.disconnect"}
        try:
            async with asyncio.timeout(max(0.0, self._end - time.monotonic())):
                message = await self._receive()
        except TimeoutError:
            raise Problem("the request did not arrive in time: send it again", "body_timeout") from None
        if message["type"] == "http.disconnect":
            self._complete.set()
            self._gone.set()
            return message
        self._count(len(message.get("body", b"")))
        if not message.get("more_body", False):
            self._complete.set()
        return message

    def _count(self, received: int) -> None:
        own = self._service.settings
        self._trace.received += received
        self._service.receiving_bytes += received
        if self._trace.received > own.max_bytes * _AROUND:
            raise too_large(own.max_bytes)
        if self._service.receiving_bytes > own.queue_bytes + own.max_bytes * _AROUND:
            raise Problem("too many large requests at once: try again later", "queue_full")

    async def watch(self) -> None:
        """Return when the client left."""
        await self._complete.wait()
        while not self._gone.is_set():
            if (await self._receive())["type"] == "http.disconnect":
                self._gone.set()


class _Response:
    """Adds headers to a response, and notes its status."""

    def __init__(self, send: Send, trace: Trace) -> None:
        self._send = send
        self._trace = trace
        self.started = self.finished = False
        self.status = 500

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            total = time.monotonic() - self._trace.began
            own = {
                "X-Request-Id": self._trace.request_id,
                "X-Total-Time-Ms": f"{1000 * total:.0f}",
                "X-Content-Type-Options": "nosniff",
                **self._trace.headers,
            }
            headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in own.items()]
            message = {**message, "headers": [*message.get("headers", []), *headers]}
        elif message["type"] == "http.response.body":
            self.finished = not message.get("more_body", False)
        try:
            await self._send(message)
        except Exception as error:  # whatever server it is: the connection takes no answer any more
            raise ClientDisconnect from error


async def body_of(request: Request) -> bytes:
    """Return the body of a request, which is not kept: it may be large, and the request may wait for long.

    Raises:
        Problem: It is too large, or takes too long.
    """
    return b"".join([chunk async for chunk in request.stream()])


def trace_of(scope: Scope) -> Trace:
    """Return what is known of a request."""
    trace: Trace = scope["state"]["trace"]
    return trace
