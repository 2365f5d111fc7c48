"""What operators ask: is it alive, is it ready, what does it do, what can it do."""

from __future__ import annotations

import asyncio
from importlib import metadata
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from ocrzoo.serving.access import trace_of
from ocrzoo.serving.media import FORMATS
from ocrzoo.serving.problems import STATUSES, Problem

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service


def routes(service: Service) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/livez", summary="Whether the server runs")
    async def livez() -> Any:
        return {"status": "ok"}

    @router.get("/readyz", summary="Whether a worker has its models loaded, each of which read its stored line")
    async def readyz() -> Any:
        if service.pool.is_ready:
            return {"status": "ready"}
        reason = service.pool.refusal or "the models are being loaded"
        return JSONResponse({"status": "not ready", "reason": reason}, 503)

    @router.get("/health", operation_id="checkHealth", summary="PaddleX's check")
    async def health(request: Request) -> Any:
        if not service.pool.is_ready:  # PaddleX's server does not listen before
            raise Problem("the models are being loaded: try again later", "not_ready")
        return {"logId": trace_of(request.scope).request_id, "errorCode": 0, "errorMsg": "Healthy"}

    @router.get("/metrics", summary="Figures for Prometheus")
    async def metrics() -> Response:
        return Response(service.metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @router.get("/capabilities", summary="Models, languages, formats and limits")
    async def capabilities() -> Any:
        return await asyncio.to_thread(_capabilities, service)

    return router


def _capabilities(service: Service) -> dict[str, Any]:
    own = service.settings
    return {
        "version": metadata.version("ocrzoo"),
        "pipeline": "OCR",
        "models": service.pool.models,
        "languages": service.languages(),
        "language_per_request": own.languages != "off",
        "formats": list(FORMATS),
        "error_codes": {code: int(status) for code, status in STATUSES.items()},
        "limits": {
            "max_bytes": own.max_bytes,
            "max_pages": own.max_pages,
            "timeout_s": own.timeout_s,
            "queue": own.queue,
            "url_hosts": list(own.url_hosts),
        },
        "workers": service.pool.size,
        "threads": service.pool.threads,
    }
