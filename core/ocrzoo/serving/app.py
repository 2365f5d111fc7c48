"""The web application: all dialects on one queue, for any ASGI server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from ocrzoo.serving import dialects, operation, page
from ocrzoo.serving.access import Access, body_of
from ocrzoo.serving.dialects.common import to_json
from ocrzoo.serving.keys import Keys
from ocrzoo.serving.problems import STATUSES, Problem
from ocrzoo.serving.service import Service
from ocrzoo.serving.settings import ServerSettings, with_stages

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Scope

_LOGGED = 500
"""Characters of a problem's message that are logged."""
_BY_STATUS = {404: "not_found", 405: "method_not_allowed"}


def create_app(config: str | Path | Mapping[str, Any] | None = None, **changes: Any) -> ASGIApp:
    """Return the server as an ASGI application; its workers start with it.

    ``config`` is the name of a pipeline, a YAML file or a mapping with PaddleX's keys; the optional stages of a named
    one are off, as in ``ocrzoo serve``. ``changes`` are arguments of :func:`ocrzoo.create_pipeline`, such as ``lang``
    or ``use_doc_unwarping``, and fields of :class:`~ocrzoo.serving.settings.ServerSettings`: ``max_pages``,
    ``timeout_s``, ``keys_file``, ``url_hosts`` and the others of ``ocrzoo serve``.

    Raises:
        UsageError: The configuration or a setting is not valid.
    """
    return application_of(Service(settings_of(config, **changes)))


def settings_of(config: str | Path | Mapping[str, Any] | None = None, **changes: Any) -> ServerSettings:
    """Return the settings of a server by the arguments of :func:`create_app`.

    Raises:
        UsageError: The configuration or a setting is not valid.
    """
    from ocrzoo.pipelines.factory import Options

    known = set(Options.__annotations__) - {"threads"}  # which is a setting of the server too
    of_pipeline = {name: changes.pop(name) for name in list(changes) if name in known}
    options = with_stages(config, of_pipeline)
    return ServerSettings().with_pipeline(config, **changes, options=options)


def application_of(service: Service) -> ASGIApp:
    """Return the application of a service.

    Raises:
        UsageError: The file with API keys is not valid.
    """
    settings = service.settings
    keys = None if settings.keys_file is None else Keys(settings.keys_file)

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.close()

    app = FastAPI(title="ocrzoo", lifespan=running, docs_url=None, redoc_url=None)
    for router in (*dialects.routers(service), operation.routes(service)):
        app.include_router(router)
    if settings.ui:
        page.add_to(app)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_bug)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=["X-Request-Id", "X-Total-Pages", "Retry-After"],
        )
    return Access(app, service, keys, failure, lambda path: page.is_part(path) or dialects.is_open(path))


def failure(scope: Scope, problem: Problem) -> Response:
    """Return the response to a problem, in the dialect of the request."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    trace = scope["state"]["trace"]
    body = dialects.error_body_for(scope["path"], headers.get("content-type", ""), trace.dialect)
    trace.code = problem.code
    trace.notes["error"] = problem.message[:_LOGGED]
    extra = {} if problem.retry_after_s is None else {"Retry-After": str(problem.retry_after_s)}
    if problem.code == "unauthorized":
        extra["WWW-Authenticate"] = "Bearer"
    content = to_json(body(problem, trace.request_id))
    return Response(content, problem.status, extra, media_type="application/json")


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  # of its type
    return failure(request.scope, error)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # of its type
    code = _BY_STATUS.get(error.status_code, "bad_request")
    problem = Problem(str(error.detail), code, log_id=await _log_id(request))
    response = failure(request.scope, problem)
    if STATUSES[code] == error.status_code and error.headers:
        response.headers.update(error.headers)
    return response


async def _log_id(request: Request) -> str | None:
    """The client's name of a request that no route answers, if its body has one."""
    try:
        found = json.loads(await body_of(request))["logId"]
    except (Problem, RuntimeError, ValueError, RecursionError, LookupError, TypeError):  # no body, or no such JSON
        return None
    return found if isinstance(found, str) else None


async def _on_bug(request: Request, error: Exception) -> Response:  # noqa: ARG001  # logged by the server
    return failure(request.scope, Problem("Internal server error"))
