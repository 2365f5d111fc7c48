"""``POST /ocr``, which several dialects have: they are told apart by the type and the keys of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request

from ocrzoo.serving.access import trace_of
from ocrzoo.serving.bodies import checked
from ocrzoo.serving.dialects import documents, liteparse, mistral, paddlex
from ocrzoo.serving.media import is_file_type, media_type

if TYPE_CHECKING:
    from starlette.responses import Response

    from ocrzoo.serving.dialects import ErrorBody
    from ocrzoo.serving.service import Service


def routes(service: Service) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/ocr", operation_id="infer", **paddlex.DESCRIPTION)
    async def infer(request: Request) -> Any:
        return await answer(service, request)

    return router


async def answer(service: Service, request: Request) -> Response:
    """Answer in the dialect of the request."""
    if _is_form(request.headers.get("content-type", "")):
        return await liteparse.answer(service, request)
    if is_file_type(media_type(request)):
        return await documents.answer(service, request, *await documents.asked_by_file(request))
    keys = await paddlex.keys_of(request)
    if "document" in keys and "file" not in keys:
        trace_of(request.scope).dialect = "mistral"
        asked = checked(mistral.OCRRequest, keys)
        keys.clear()  # what is large is in it, and the request may wait for long
        return await mistral.answer(service, request, asked)
    found = await paddlex.asked_by_keys(service, keys)
    keys.clear()
    return await documents.answer(service, request, *found)


def error_body_by_type(content_type: str) -> ErrorBody:
    """Return what makes the errors of a request of this type."""
    return liteparse.error_body if _is_form(content_type) else paddlex.error_body


def _is_form(content_type: str) -> bool:
    """Whether a request has a form; without a boundary it has none, and PaddleX's server reads it as JSON."""
    name, _, parameters = content_type.lower().partition(";")
    return name.strip() == "multipart/form-data" and "boundary=" in parameters
