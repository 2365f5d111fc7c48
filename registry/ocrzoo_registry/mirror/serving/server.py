"""The built-in web server, for a small network, with the same headers as the configuration of nginx.

It follows ``current``: a release that is published meanwhile is served from the next request on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ocrzoo_registry.errors import NotFound, OcrzooError
from ocrzoo_registry.mirror.release import Release, published, read
from ocrzoo_registry.mirror.serving import cors
from ocrzoo_registry.mirror.serving.routes import Found, find
from ocrzoo_registry.mirror.serving.tables import Tables, tables_of
from ocrzoo_registry.network.listening import address_of, listening
from ocrzoo_registry.network.web_server import run

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import FileResponse, Response

log = logging.getLogger("ocrzoo")

CHUNK_BYTES = 1 << 20
MAX_TRANSFERS = 256
"""At once: each may hold a chunk in memory, and has its share of the network; others get 503 and come again."""
STOP_S = 3
"""Grace period of transfers when the server stops."""
WELCOME = "A mirror of models, made by ocrzoo; /index.json lists them.\n"


@dataclass(frozen=True)
class Served:
    """A release with its lookup tables."""

    release: Release
    tables: Tables

    @classmethod
    def read(cls, root: Path) -> Served:
        """Read the tree of a release.

        Raises:
            IntegrityError: A document cannot be read.
        """
        release = read(root)
        return cls(release, tables_of(release))


class Mirror:
    """Answers requests for the files of a mirror."""

    def __init__(self, folder: Path) -> None:
        """Read the published release.

        Raises:
            NotFound: The folder is not a mirror.
            IntegrityError: Its index cannot be read.
        """
        self._folder = folder
        self.served = Served.read(published(folder))
        self._refused: Path | None = None
        self._reading = asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        from starlette.responses import PlainTextResponse, Response

        path = request.scope["path"]
        if path == "/":
            return PlainTextResponse(WELCOME)
        served = await self._published()
        root = served.release.folder
        found = find(served.tables, path, request.query_params)
        place = None if found.path is None else root / found.path
        status = None if place is None else _regular(place, root)
        if place is None or status is None:
            return PlainTextResponse("404 Not Found\n", 404, _headers(Found(None, error=found.error), None))
        headers = _headers(found, status)
        if found.sha256 is not None and found.sha256 in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        _apply_if_range(request, headers.get("ETag"))
        return _file_response()(place, headers=headers, media_type=found.media_type, stat_result=status)

    async def _published(self) -> Served:
        """The release that is published now; if it cannot be read, the previous one."""
        try:
            root = published(self._folder)
        except NotFound:
            return self.served
        if root in (self.served.release.folder, self._refused):
            return self.served
        async with self._reading:
            if root not in (self.served.release.folder, self._refused):
                try:
                    self.served = await asyncio.to_thread(Served.read, root)
                except OcrzooError as error:
                    self._refused = root
                    log.warning(f"still serving {self.served.release.folder.name}: {error}")
        return self.served

    def application(self, origins: Sequence[str] = (cors.ANY,)) -> Starlette:
        """Return it as an ASGI application; scripts of web pages from these ``origins`` may read the answers."""
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.cors import CORSMiddleware
        from starlette.routing import Route

        for_scripts = Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=cors.METHODS,
            allow_headers=cors.REQUEST_HEADERS,
            expose_headers=cors.EXPOSED_HEADERS,
            max_age=cors.MAX_AGE_S,
        )
        return Starlette(
            routes=[Route("/{path:path}", self.answer, methods=["GET"])], middleware=[for_scripts] if origins else []
        )


def _regular(place: Path, root: Path) -> os.stat_result | None:
    """The status of a regular file inside the release."""
    try:
        status = place.lstat()
        inside = Path(os.path.realpath(place.parent)).is_relative_to(root)
    except (OSError, ValueError):
        return None
    return status if inside and stat.S_ISREG(status.st_mode) else None


def _headers(found: Found, status: os.stat_result | None) -> dict[str, str]:
    headers = {"X-Repo-Commit": found.commit, "X-Error-Code": found.error if status is None else None}
    if found.sha256 is not None and status is not None:
        etag = f'"{found.sha256}"'
        headers |= {"ETag": etag, "X-Linked-Etag": etag, "X-Linked-Size": str(status.st_size)}
    return {name: value for name, value in headers.items() if value is not None}


def _apply_if_range(request: Request, etag: str | None) -> None:
    """Handle ``If-Range`` here: by digest only, never by time."""
    headers = dict(request.scope["headers"])
    condition = headers.pop(b"if-range", None)
    if condition is not None:
        if etag is None or condition != etag.encode():
            headers.pop(b"range", None)
        request.scope["headers"] = list(headers.items())


@cache
def _file_response() -> type[FileResponse]:
    from starlette.responses import FileResponse

    class Sent(FileResponse):
        chunk_size = CHUNK_BYTES

        def set_stat_headers(self, stat_result: os.stat_result) -> None:
            """Send the length only: files that are links to one blob share their times."""
            self.headers["content-length"] = str(stat_result.st_size)

    return Sent


def serve(
    folder: Path,
    host: str,
    port: int,
    *,
    log_requests: bool,
    started: Callable[[str, Mirror], None],
    origins: Sequence[str] = (cors.ANY,),
) -> None:
    """Serve a mirror until Ctrl-C or a termination signal; ``started`` gets the URL once it listens.

    ``origins`` are the sites whose scripts may read it, such as ``https://site.example``.

    Raises:
        UsageError: The server is not installed, or cannot listen there.
        NotFound: The folder is not a mirror.
        IntegrityError: Its index cannot be read.
    """
    mirror = Mirror(folder)
    application = mirror.application(origins)
    with listening(host, port) as listener:
        run(
            application,
            listener,
            lambda: started(address_of(listener, host), mirror),
            stop_s=STOP_S,
            log_requests=log_requests,
            most=MAX_TRANSFERS,
        )
