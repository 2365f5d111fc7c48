"""``POST /ocr``, which several dialects have: they are told apart by the type and the keys of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request

from ocrzoo.serving.dialects import documents, paddlex
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
    if is_file_type(media_type(request)):
        return await documents.answer(service, request, *await documents.asked_by_file(request))
    return await documents.answer(service, request, *await paddlex.asked_by_json(service, request))


def error_body_by_type(content_type: str) -> ErrorBody:  # noqa: ARG001  # of other dialects
    """Return what makes the errors of a request of this type."""
    return paddlex.error_body
