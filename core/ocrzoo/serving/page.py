"""The page ``/ui``: files of this package and of :mod:`ocrzoo.theme`, nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Scope

FOLDER = Path(__file__).with_name("ui")
POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy."""


def is_part(path: str) -> bool:
    """Whether a path is of the page, which needs no key: it asks for one."""
    return path in {"/", "/ui"} or path.startswith("/ui/")


def add_to(app: FastAPI) -> None:
    """Add the page, and send visitors of ``/`` there."""

    class Files(StaticFiles):
        async def get_response(self, path: str, scope: Scope) -> Response:
            response = await super().get_response(path, scope)
            response.headers.update(_HEADERS)
            return response

    @app.get("/", include_in_schema=False)
    async def home() -> Response:
        return RedirectResponse("/ui/")

    @app.get("/ui", include_in_schema=False)
    async def without_slash() -> Response:
        return RedirectResponse("/ui/")

    @app.get("/ui/", include_in_schema=False)
    async def index() -> Response:
        return FileResponse(FOLDER / "index.html", headers=_HEADERS)

    app.mount("/ui", Files(directory=FOLDER, packages=[("ocrzoo.theme", "files")]))


_HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache"}
