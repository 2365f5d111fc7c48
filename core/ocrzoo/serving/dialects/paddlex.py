"""PaddleX's ``POST /ocr``, field by field, and ``POST /layout-parsing``, which its Node.js example calls.

Where it differs on purpose: docs/paddlex-differences.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ocrzoo.serving.access import body_of, trace_of
from ocrzoo.serving.dialects import common
from ocrzoo.serving.dialects.paddlex_request import InferRequest, parse_object, read_request, validated
from ocrzoo.serving.dialects.paddlex_result import ErrorResponse, InferResponse, data_info, layout_result
from ocrzoo.serving.files import content_of
from ocrzoo.serving.media import is_json_type, media_type
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service

_NO_JSON = "neither JSON nor a file by its type: send JSON, or the file with its Content-Type, such as image/png"
_JSON_BEGINS = (b"{", b"[", b'"')

Render = Callable[[Answer], dict[str, Any]]

_ERRORS = {
    401: "no API key, or not a valid one",
    413: "the request is too large",
    422: "the request or its file is not valid",
    429: "more requests than the API key allows",
    500: "a bug",
    503: "too many requests wait, or no worker is ready: try again after Retry-After seconds",
    504: "not done in time",
}

DESCRIPTION: dict[str, Any] = {
    "response_model": InferResponse,
    "response_model_exclude_none": True,
    "summary": "Read the text of an image, PDF or TIFF",
    "responses": {status: {"model": ErrorResponse, "description": text} for status, text in _ERRORS.items()},
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": InferRequest.model_json_schema(),
                    "examples": {
                        "image": {"summary": "An image", "value": {"file": "iVBORw0KGgo...", "fileType": 1}},
                        "pdf": {
                            "summary": "A PDF, without pictures",
                            "value": {"file": "JVBERi0xLjcK...", "fileType": 0, "visualize": False},
                        },
                    },
                },
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
}
"""What OpenAPI says of the route."""


def routes(service: Service) -> APIRouter:
    """Return the routes that only PaddleX has."""
    router = APIRouter()

    @router.post("/layout-parsing", operation_id="layoutParsing", include_in_schema=False)
    async def layout_parsing(request: Request) -> Any:
        return await answer(service, request, *await asked_by_json(service, request), layout_result)

    return router


async def answer(service: Service, request: Request, asked: InferRequest, content: bytes, render: Render) -> Response:
    """Read a file and answer; ``render`` makes the result of what was read."""
    log_id = asked.logId or trace_of(request.scope).request_id
    found = await read(service, request, asked, content)
    body = await asyncio.to_thread(_encoded, log_id, found, render)
    return Response(body, media_type="application/json")


async def read(
    service: Service, request: Request, asked: InferRequest, content: bytes, document: str | None = None
) -> Answer:
    """Read a file, and note for headers and logs how that went.

    Raises:
        Problem: It cannot be read.
    """
    try:
        return await common.read(service, request, read_request(service, asked, content, document))
    except Problem as problem:
        problem.log_id = asked.logId
        raise


async def asked_by_json(service: Service, request: Request) -> tuple[InferRequest, bytes]:
    """Return what a JSON body asks for, and the content of its file.

    Raises:
        Problem: It is not valid.
    """
    return await asked_by_keys(service, await keys_of(request))


async def keys_of(request: Request) -> dict[str, Any]:
    """Return the keys of a request whose body should be JSON, whatever its type says.

    Raises:
        Problem: It is not.
    """
    body = await body_of(request)
    if body and not is_json_type(media_type(request)) and body.lstrip()[:1] not in _JSON_BEGINS:
        raise Problem(_NO_JSON, "unsupported_media_type")
    return parse_object(body)


async def asked_by_keys(service: Service, keys: Mapping[str, Any]) -> tuple[InferRequest, bytes]:
    """Do the same with the keys of the body."""
    asked = validated(InferRequest, keys)
    try:
        content = await content_of(service, asked.file, what="file")
    except Problem as problem:
        problem.log_id = asked.logId
        raise
    asked.file = ""  # it is large, and the request may wait for long
    return asked, content


def _encoded(log_id: str, answer: Answer, render: Render) -> bytes:
    result = {**render(answer), "dataInfo": data_info(answer)}
    if warnings := common.warnings_of(answer):
        result["warnings"] = warnings
    if answer.selection is not None:
        result["languageSelection"] = answer.selection
    if answer.receipt is not None:
        result["receipt"] = answer.receipt
    return common.to_json({"logId": log_id, "result": result, "errorCode": 0, "errorMsg": "Success"})


def error_body(problem: Problem, request_id: str) -> Mapping[str, Any]:
    """Return PaddleX's error."""
    return {
        "logId": problem.log_id or request_id,
        "errorCode": problem.status,
        "errorMsg": problem.message,
        "code": problem.code,
    }
