"""The application behind the page: lines, their pictures, and decisions; nothing else is served.

Its paths begin with a token that only whoever started it knows, so that no other page can reach it. A name that leads
to this machine (DNS rebinding), a request of another origin, and a large body are refused besides.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ocrzoo.datasets.corrections import Correction, CorrectionLog, decide
from ocrzoo.datasets.labels import one_line
from ocrzoo.review.lines import ReviewLine, upright_picture
from ocrzoo_registry.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

UI = Path(__file__).with_name("ui")
POLICY = (
    "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy."""
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
MOST_BYTES = 64 << 10
"""Of the body of a request: a line."""
_LONGEST = 10_000
"""Characters of a text."""


class Decision(BaseModel):
    """What the page sends."""

    model_config = ConfigDict(extra="forbid")

    line: int = Field(ge=0)
    """Its number in the list."""
    text: str | None = Field(None, max_length=_LONGEST)
    """What is written there; ``None``: no text."""
    undo: bool = False


class Review:
    """The lines, and what was decided of them."""

    def __init__(
        self, lines: Sequence[ReviewLine], decided: Mapping[int, Correction], folder: Path, log: CorrectionLog
    ) -> None:
        """``decided`` are the decisions of earlier runs, by the numbers of lines."""
        self.lines = lines
        self.folder = folder
        self._decided = dict(decided)
        self._log = log
        self._writing = Lock()

    def shown(self) -> list[dict[str, object]]:
        """Return what the page shows, the most doubtful line first."""
        return [{**line.to_dict(), **self._state(number)} for number, line in enumerate(self.lines)]

    def take(self, decision: Decision) -> dict[str, object]:
        """Write a decision down; return what is known of the line then.

        Raises:
            ValueError: There is no such line, or the text is empty.
            UsageError: It cannot be written.
        """
        if decision.line >= len(self.lines):
            raise ValueError("there is no such line")
        text = None if decision.text is None else one_line(decision.text)
        if text == "":
            raise ValueError("the text is empty: a line without text is left out as 'no text'")
        line = self.lines[decision.line]
        made = decide(line.place, line.read, line.score, text, undo=decision.undo)
        with self._writing:
            self._log.append(made)
            if decision.undo:
                self._decided.pop(decision.line, None)
            else:
                self._decided[decision.line] = made
        return self._state(decision.line)

    def _state(self, number: int) -> dict[str, object]:
        made = self._decided.get(number)
        return {"verdict": made.verdict if made else None, "text": made.text if made else None}


def application(review: Review, token: str, hosts: Iterable[str]) -> ASGIApp:
    """Return the application; ``hosts`` are the names that it is asked by, without the port.

    None of them: by any IP address, where it listens on all.
    """
    by_number = {str(number): line for number, line in enumerate(review.lines)}

    async def index(_request: Request) -> Response:
        return Response((UI / "index.html").read_bytes(), media_type="text/html")

    async def lines(_request: Request) -> Response:
        return _Answer({"lines": review.shown(), "folder": str(review.folder)})

    async def picture(request: Request) -> Response:
        line = by_number.get(request.path_params["number"])
        if line is None:
            return PlainTextResponse("there is no such line", 404)
        try:
            content = await run_in_threadpool(upright_picture, review.folder, line)
        except OSError:
            return PlainTextResponse("its picture is not there any more", 404)
        return Response(content, media_type="image/png")

    async def decisions(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse(f"larger than {MOST_BYTES} bytes", 413)
        try:
            state = await run_in_threadpool(review.take, Decision.model_validate_json(body))
        except ValidationError:
            return PlainTextResponse("not a decision", 422)
        except ValueError as error:
            return PlainTextResponse(str(error), 422)
        except UsageError as error:  # a full disk
            return PlainTextResponse(str(error), 507)
        return _Answer(state)

    own = [
        Route("/", index),
        Route("/lines", lines),
        Route("/pictures/{number}", picture),
        Route("/decisions", decisions, methods=["POST"]),
        Mount("/", StaticFiles(directory=UI, packages=[("ocrzoo.theme", "files")])),
    ]
    return _Guard(Starlette(routes=own), token, frozenset(hosts))


class _Answer(JSONResponse):
    """JSON in ASCII: names of files may be no Unicode, and have lone surrogates."""

    def render(self, content: object) -> bytes:
        return json.dumps(content).encode("ascii")


async def _body(request: Request) -> bytes | None:
    """The body; ``None`` if it is too large."""
    received = b""
    async for chunk in request.stream():
        received += chunk
        if len(received) > MOST_BYTES:
            return None
    return received


class _Guard:
    """Wraps the application: token, host and origin."""

    def __init__(self, app: ASGIApp, token: str, hosts: frozenset[str]) -> None:
        self._app = app
        self._prefix = f"/{token}/"
        self._hosts = hosts | _LOOPBACK if hosts and hosts <= _LOOPBACK else hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope["path"], headers)

        async def sent(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                own = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", ()), *own]}  # type: ignore[misc]
            await send(message)

        if refusal:
            await PlainTextResponse(refusal, 403)(scope, receive, sent)  # type: ignore[arg-type]
            return
        path = scope["path"].removeprefix(self._prefix.rstrip("/"))
        await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, sent)  # type: ignore[arg-type]

    def _refusal(self, path: str, headers: Mapping[str, str]) -> str:
        host = headers.get("host", "")
        if not self._is_known(host):
            return "this name does not lead here: open the address that 'ocrzoo review' printed"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return "another page may not ask"
        given = path[: len(self._prefix)]
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._prefix.encode()):
            return "the address has no token, or an old one: open the address that 'ocrzoo review' printed"
        return ""

    def _is_known(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._hosts or (not self._hosts and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in _LOOPBACK
    return True
