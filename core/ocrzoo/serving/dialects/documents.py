"""Files as they are, and documents of what was read: ``POST /ocr`` with a file as its body, and ``POST /export``.

The format is ``?format=`` or the best of ``Accept``: JSON (PaddleX's), NDJSON, or a document.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from ocrzoo.serving.access import body_of, trace_of
from ocrzoo.serving.dialects import common, paddlex, paddlex_request, paddlex_result
from ocrzoo.serving.files import content_of
from ocrzoo.serving.media import FORMATS, wanted_format
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer, PageAnswer, ReadRequest

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service


class ExportLine(BaseModel):
    """One line of text."""

    text: str = Field(max_length=100_000)
    polygon: list[tuple[float, float]] = Field(min_length=4, max_length=4)
    """Pixels of the page: top left, top right, bottom right, bottom left, as read."""
    score: float = Field(1.0, ge=0, le=1)


class ExportPage(BaseModel):
    """One page."""

    lines: list[ExportLine] = Field(max_length=20_000)


class ExportRequest(BaseModel):
    """A file, and the text of its pages, which may have been corrected."""

    file: str
    fileType: Literal[0, 1] | None = None
    pages: list[ExportPage] = Field(max_length=10_000)


def routes(service: Service) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/export", operation_id="export", summary="Make a document of pages and their text")
    async def export(request: Request) -> Any:
        asked = paddlex_request.parse(ExportRequest, await body_of(request))
        name = wanted_format(request, default="txt")
        content = await content_of(service, asked.file, what="file")
        lines = [[line.model_dump() for line in page.lines] for page in asked.pages]
        if name in {"json", "ndjson"}:
            return _as_json(lines, name)
        found = await service.read(ReadRequest(content, document=name, lines=lines))
        return _document(name, found)

    return router


async def answer(service: Service, request: Request, asked: paddlex_request.InferRequest, content: bytes) -> Response:
    """Read a file and answer in the format that the client wants."""
    name = wanted_format(request)
    if name == "json":
        return await paddlex.answer(service, request, asked, content, paddlex_result.ocr_result)
    if name == "ndjson":
        return await _stream(service, request, paddlex_request.read_request(service, asked, content))
    return _document(name, await paddlex.read(service, request, asked, content, name))


async def asked_by_file(request: Request) -> tuple[paddlex_request.InferRequest, bytes]:
    """Return what a request asks for whose body is the file, with its keys in the query.

    Raises:
        Problem: A key is not valid.
    """
    query = {name: value for name, value in request.query_params.items() if name not in {"format", "images"}}
    images = request.query_params.get("images")
    keys = {**query, "file": "", **({} if images is None else {"images": list(filter(None, images.split(",")))})}
    return paddlex_request.validated(paddlex_request.InferRequest, keys), await body_of(request)


def _document(name: str, answer: Answer) -> Response:
    suffix = {"alto": "xml"}.get(name, name)
    headers = {"Content-Disposition": f'inline; filename="text.{suffix}"'}
    return Response(answer.document, media_type=FORMATS[name], headers=headers)


def _as_json(pages: list[list[dict[str, Any]]], name: str) -> Response:
    if name == "json":
        return Response(common.to_json({"pages": [{"lines": lines} for lines in pages]}), media_type=FORMATS[name])
    content = b"".join(
        common.to_json({"page": number, "lines": lines}) + b"\n" for number, lines in enumerate(pages, 1)
    )
    return Response(content, media_type=FORMATS[name])


async def _stream(service: Service, request: Request, read: ReadRequest) -> Response:
    """Send each page as a line of JSON once it is read; what fails before the first is an error."""
    events = service.stream(read)
    first = await anext(events)

    async def lines() -> AsyncIterator[bytes]:
        async with aclosing(events):  # type: ignore[type-var]  # a generator
            yield _line(first)
            try:
                async for event in events:
                    yield _line(event)
            except Problem as problem:
                trace_of(request.scope).code = problem.code
                error = paddlex.error_body(problem, trace_of(request.scope).request_id)
                yield common.to_json(error) + b"\n"

    return StreamingResponse(lines(), media_type=FORMATS["ndjson"])


def _line(event: PageAnswer | Answer) -> bytes:
    if isinstance(event, PageAnswer):
        size = {"width": event.width, "height": event.height}
        return common.to_json({"page": event.index + 1, **size, **paddlex_result.page_result(event)}) + b"\n"
    summary = {"done": True, "dataInfo": paddlex_result.data_info(event), "warnings": common.warnings_of(event)}
    return common.to_json(summary) + b"\n"


def error_body(problem: Problem, request_id: str) -> Mapping[str, Any]:
    """Return the error as PaddleX has it."""
    return paddlex.error_body(problem, request_id)
