"""``ocrzoo mcp``: reading and the choice of models as tools of the Model Context Protocol.

Pages are read in this process, within the limits of :class:`~ocrzoo.serving.settings.ServerSettings`; files only below
folders that were named at the start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from ocrzoo.engines.limits import usable_threads
from ocrzoo.scheduling import turns
from ocrzoo.scheduling.turns import Stopped, Turn
from ocrzoo.serving.files import content_within
from ocrzoo.serving.keys import Keys
from ocrzoo.serving.mcp_answers import Format, as_json, rendered
from ocrzoo.serving.page_ranges import parse_pages
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer, PageAnswer, ReadRequest
from ocrzoo_registry.errors import OcrzooError
from ocrzoo_registry.files import read_bounded, reason, resolved
from ocrzoo_registry.network.listening import address_of, listening
from ocrzoo_registry.network.web_server import run
from ocrzoo_registry.zoo import Zoo, select_models

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from ocrzoo.serving.settings import ServerSettings
    from ocrzoo.serving.workers.pipelines import Pipelines

PATH = "/mcp"
"""Where the protocol is, over HTTP."""
_AT_ONCE = 4
"""Files that are read at once; others wait."""

_INSTRUCTIONS = "Reads the text of images, PDFs and TIFFs with PP-OCR models on this machine."


def create_server(settings: ServerSettings, folders: Sequence[Path]) -> MCPServer[Any]:
    """Return the server of the tools; models are loaded when the first page is read."""
    reader = Reader(settings, folders)
    server: MCPServer[Any] = MCPServer(
        "ocrzoo", instructions=_INSTRUCTIONS, version=metadata.version("ocrzoo"), log_level="ERROR"
    )

    @server.tool(
        description="Read the text of an image, PDF or TIFF: give exactly one of path, data and url. Files are read "
        f"{reader.places}.",
        structured_output=False,
    )
    async def read_page(
        path: Annotated[str | None, Field(description="A file on this machine.")] = None,
        data: Annotated[str | None, Field(description="The file as base64.")] = None,
        url: Annotated[str | None, Field(description="An http or https URL, if the server allows its host.")] = None,
        languages: Annotated[
            str | None, Field(description="Languages of the text, such as ru,en; without: those of the server.")
        ] = None,
        format: Annotated[Format, Field(description="json has the place and score of each line.")] = "text",
        pages: Annotated[str | None, Field(description="Such as 1-3,5.")] = None,
    ) -> str:
        with _one_line():
            content = await reader.content(path, data, url)
            chosen = None if pages is None else parse_pages(pages, what="pages")
            answer = await reader.read(ReadRequest(content, lang=languages, page_numbers=chosen))
            return rendered(answer, format, chosen)

    @server.tool(structured_output=False)
    async def list_models(
        task: Annotated[str | None, Field(description="Such as text_recognition or text_detection.")] = None,
        lang: Annotated[str | None, Field(description="A language that the models claim, such as ko.")] = None,
    ) -> str:
        """List the models that there are: name, task, tier, languages, and whether they are on this machine."""
        with _one_line():
            return as_json(await asyncio.to_thread(_models, task, lang))

    @server.tool(structured_output=False)
    async def choose_model(
        languages: Annotated[str, Field(description="Such as ko, or ru,en.")],
        installed: Annotated[bool, Field(description="Only models on this machine.")] = False,
    ) -> str:
        """Choose the model that reads languages, or the fewest models that read several, and say why."""
        with _one_line():
            return as_json(await asyncio.to_thread(_choice, languages, installed))

    return server


def serve_stdio(settings: ServerSettings, folders: Sequence[Path]) -> None:
    """Serve on standard input and output, until the input ends."""
    import anyio

    anyio.run(create_server(settings, folders).run_stdio_async)


def serve_http(
    settings: ServerSettings, folders: Sequence[Path], host: str, port: int, started: Callable[[str], None]
) -> None:
    """Serve over HTTP until Ctrl-C or a termination signal; ``started`` gets the URL once the socket listens.

    Raises:
        UsageError: A setting is not valid, or it cannot listen there.
    """
    application: ASGIApp = create_server(settings, folders).streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=2 * settings.max_bytes,  # base64 and JSON around it
        host=host,
    )
    if settings.keys_file is not None:
        application = _WithKeys(application, Keys(settings.keys_file))
    with listening(host, port) as listener:
        address = f"{address_of(listener, host)}{PATH}"
        run(application, listener, lambda: started(address), stop_s=int(settings.drain_s) + 1, lifespan="on")


class _WithKeys:
    """Asks for an API key."""

    def __init__(self, application: ASGIApp, keys: Keys) -> None:
        self._application = application
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                self._keys.check(Headers(scope=scope))
            except Problem as problem:
                wait = {} if problem.retry_after_s is None else {"Retry-After": str(problem.retry_after_s)}
                error = {"error": {"code": problem.code, "message": problem.message}}
                await JSONResponse(error, problem.status, wait)(scope, receive, send)
                return
        await self._application(scope, receive, send)


class Reader:
    """Reads files within limits."""

    def __init__(self, settings: ServerSettings, folders: Sequence[Path]) -> None:
        """``folders`` are those that files are read below."""
        self._settings = settings
        self._folders = [resolved(folder) for folder in folders]
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._loading: asyncio.Future[Pipelines] | None = None

    @property
    def places(self) -> str:
        """Where files are read, for descriptions."""
        return f"below {', '.join(map(str, self._folders))}" if self._folders else "nowhere: send data"

    async def content(self, path: str | None, data: str | None, url: str | None) -> bytes:
        """Return the content of the one that is given.

        Raises:
            Problem: It cannot be had, or not exactly one is given.
        """
        if sum(one is not None for one in (path, data, url)) != 1:
            raise Problem("give exactly one of path, data and url", "invalid_request")
        if path is not None:
            return await asyncio.to_thread(self._file, path)
        is_url = (url or data or "").lower().startswith(("http://", "https://"))
        if is_url != (url is not None):
            wrong = "url: not an http or https URL" if url is not None else "data: a URL: send it as url"
            raise Problem(wrong, "invalid_request")
        return await content_within(self._settings, url or data or "", what="data")

    async def read(self, request: ReadRequest) -> Answer:
        """Read a file.

        Raises:
            OcrzooError: It cannot be read, or the models cannot be loaded.
            Problem: It is beyond a limit.
        """
        own, stop = self._settings, Event()
        if not request.content:
            raise Problem("the file is empty", "invalid_input")
        try:
            async with asyncio.timeout(own.timeout_s), self._room:
                pipelines = await self._pipelines()
                return await asyncio.to_thread(_read, pipelines, replace(request, max_pages=own.max_pages), stop)
        except TimeoutError:
            raise Problem(
                f"not done within {own.timeout_s:g} s: ask for fewer pages, or raise --timeout", "deadline_exceeded"
            ) from None
        finally:
            stop.set()

    def _file(self, path: str) -> bytes:
        if not self._folders:
            raise Problem("path: files are read below folders given as --folder only: send data", "invalid_request")
        try:
            places = [resolved(folder / path) for folder in self._folders]
            allowed = [place for place in places if any(place.is_relative_to(folder) for folder in self._folders)]
            if allowed:
                found = next((place for place in allowed if place.exists()), allowed[0])
                return read_bounded(found, self._settings.max_bytes)
        except OSError as error:
            raise Problem(f"{path}: {reason(error)}", "invalid_input") from error
        except ValueError as error:
            raise Problem(f"path: {error}", "invalid_request") from error
        raise Problem(f"{path}: files are read {self.places} only", "invalid_request")

    async def _pipelines(self) -> Pipelines:
        """The pipelines, loaded once; whoever waits no longer does not stop that."""
        loading = self._loading
        if loading is None or (loading.done() and loading.exception() is not None):
            loading = self._loading = asyncio.ensure_future(asyncio.to_thread(_load, self._settings))
        return await asyncio.shield(loading)


def _load(settings: ServerSettings) -> Pipelines:
    from ocrzoo.serving.workers.pipelines import Pipelines

    return Pipelines(settings.for_reading(settings.threads or usable_threads()))


def _read(pipelines: Pipelines, request: ReadRequest, stop: Event) -> Answer:
    """Read in this thread, until ``stop``."""
    pages: list[PageAnswer] = []
    with turns.taking(Turn(stop.is_set)):
        try:
            done, _document = pipelines.read(request, pages.append)
        except Stopped:
            raise Problem("cancelled", "deadline_exceeded") from None
    ordered = sorted(pages, key=lambda page: page.index)
    return Answer(ordered, done["kind"], done["total_pages"], selection=done["selection"])


@contextmanager
def _one_line() -> Iterator[None]:
    """Turn what is expected to fail into the one line that a client gets."""
    try:
        yield
    except (OcrzooError, Problem) as error:
        raise ToolError(" ".join(str(error).split())) from error


def _models(task: str | None, lang: str | None) -> list[dict[str, Any]]:
    zoo = Zoo()
    is_here = zoo.local_check()
    return [
        {
            "name": card.name,
            "task": card.task,
            "tier": card.tier,
            "languages": list(card.languages),
            "installed": is_here(card),
        }
        for card in zoo.models.search(task=task, lang=lang)
    ]


def _choice(languages: str, installed: bool) -> dict[str, Any]:
    found = select_models(languages, installed=installed)
    return {
        "languages": [language.tag for language in found.languages],
        "models": [
            {"name": one.name, "languages": [each.language.tag for each in one.support]}
            for one in found.selected_models
        ],
        "reason": found.reason,
        "notes": list(found.notes),
    }
