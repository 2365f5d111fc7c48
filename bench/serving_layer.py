"""What the web layer costs: processor time of a server for requests that need no reading.

The same two routes, ``GET /livez`` and ``POST /ocr`` with a JSON of 1 MB that is refused with 422, are served by our
application, by a minimal one of FastAPI and a minimal one of Starlette, each on uvicorn, as ``ocrzoo serve`` has it,
and on granian.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.serving_programs import Running, run
from fastapi import FastAPI, Request
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.registry.mirror.serving.web_servers import free_port

CLIENTS = 4
BODY = json.dumps({"file": 5, "padding": "x" * (1 << 20)}).encode()
"""A request whose ``file`` is not a string."""
APPLICATIONS = ("ours", "fastapi", "starlette")
UVICORN = """
import socket, sys
import bench.serving_layer as layer
from ocrzoo_registry.network.web_server import run
listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
run(getattr(layer, sys.argv[1])(), listener, lambda: None, stop_s=1, lifespan="on")
"""


async def _livez(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _infer(request: Request) -> Response:
    from ocrzoo.serving.dialects.paddlex_request import InferRequest, parse
    from ocrzoo.serving.problems import Problem

    try:
        parse(InferRequest, await request.body())
    except Problem as problem:
        return JSONResponse({"errorCode": problem.status, "errorMsg": problem.message}, problem.status)
    return JSONResponse({})


def ours() -> Any:
    """Return the server's application; it answers these requests without its workers."""
    from ocrzoo.pipelines.factory import OPTIONAL_STAGES
    from ocrzoo.serving.app import create_app

    return create_app("OCR", threads=1, options=dict.fromkeys(OPTIONAL_STAGES, False))


def fastapi() -> Any:
    """Return the routes as FastAPI has them."""
    app = FastAPI(docs_url=None, redoc_url=None)
    app.get("/livez")(_livez)
    app.post("/ocr", response_model=None)(_infer)
    return app


def starlette() -> Any:
    """Return the routes as Starlette has them."""
    return Starlette(routes=[Route("/livez", _livez), Route("/ocr", _infer, methods=["POST"])])


def measure_layer(interpreters: Mapping[str, str], folder: Path, seconds: float) -> dict[str, float]:
    """Return the milliseconds of processor time a request, of each request, application and server."""
    root = str(Path(__file__).parents[1])
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])}
    found: dict[str, float] = {}
    for application in APPLICATIONS:
        for name in ("uvicorn h11", "granian"):
            port = free_port()
            command = {
                "uvicorn h11": [sys.executable, "-c", UVICORN, application, str(port)],
                "granian": [
                    *(interpreters["granian"], "-m", "granian", "--interface", "asgi", "--factory", "--no-ws"),
                    *("--host", "127.0.0.1", "--port", str(port), f"bench.serving_layer:{application}"),
                ],
            }[name]
            with run(f"{application} on {name}", command, port, folder, environ, "/livez") as running:
                if application == "ours":
                    _wait_for_models(running.url)
                found[f"GET /livez, {running.name}"] = _cost(running, "GET", "/livez", None, seconds)
                found[f"422 of 1 MB, {running.name}"] = _cost(running, "POST", "/ocr", BODY, seconds)
    return found


def _wait_for_models(url: str) -> None:
    """Let the workers be idle."""
    import requests

    end = time.monotonic() + 300
    while requests.get(f"{url}/readyz", timeout=10).status_code != 200 and time.monotonic() < end:
        time.sleep(0.2)


def _cost(running: Running, method: str, path: str, body: bytes | None, seconds: float) -> float:
    """The milliseconds of processor time that the server takes for a request of clients that keep their connection."""
    import requests

    wanted = 422 if body else 200

    def ask(until: float) -> int:
        count = 0
        with requests.Session() as session:
            while time.monotonic() < until:
                found = session.request(method, running.url + path, data=body, timeout=60)
                assert found.status_code == wanted, found.text[:500]
                count += 1
        return count

    with ThreadPoolExecutor(CLIENTS) as clients:
        before = running.use().cpu_s
        counts = list(clients.map(ask, [time.monotonic() + seconds] * CLIENTS))
    return 1000 * (running.use().cpu_s - before) / sum(counts)
