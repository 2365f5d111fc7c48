"""Azure Document Intelligence, the model ``prebuilt-read``: start an analysis, ask until it succeeded, fetch its PDF.

Documents that are longer than the server reads fail: these clients keep what they get and look for no warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from ocrzoo.serving.access import trace_of
from ocrzoo.serving.bodies import checked, parse_json
from ocrzoo.serving.dialects import common
from ocrzoo.serving.dialects.azure_result import Unit, analyze_result
from ocrzoo.serving.files import content_of, decoded
from ocrzoo.serving.media import is_file_type, media_type
from ocrzoo.serving.page_ranges import left_out, parse_pages
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer, ReadRequest
from ocrzoo.serving.stores.jobs import AsyncJob, Render

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service

KIND = "azure"
MODEL = "prebuilt-read"
PATH = "/documentintelligence/documentModels"
API_VERSION = "2024-11-30"
"""The newest; clients may name another, and get the same."""
_RESULT, _PDF = "result.json", "result.pdf"
_RETRY_S = 1
_STATES = {"pending": "notStarted", "running": "running", "done": "succeeded", "failed": "failed"}
_CODES = {
    HTTPStatus.UNAUTHORIZED: "Unauthorized",
    HTTPStatus.NOT_FOUND: "NotFound",
    HTTPStatus.METHOD_NOT_ALLOWED: "MethodNotAllowed",
    HTTPStatus.TOO_MANY_REQUESTS: "TooManyRequests",
    HTTPStatus.SERVICE_UNAVAILABLE: "ServiceUnavailable",
    HTTPStatus.GATEWAY_TIMEOUT: "Timeout",
}


class Source(BaseModel):
    """The body of a request that is not the file itself."""

    urlSource: str | None = None
    base64Source: str | None = None


class Query(BaseModel):
    """What the address of a request says."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    version: str = Field(API_VERSION, alias="api-version", pattern=r"^\d{4}-\d{2}-\d{2}(-preview)?$")
    pages: str | None = Field(None, max_length=10_000)
    locale: str | None = Field(None, max_length=100)
    stringIndexType: Unit = "textElements"
    output: Literal["pdf"] | None = None
    outputContentFormat: Literal["text"] = "text"
    features: Literal["ocrHighResolution"] | None = None
    """Pages are read at full resolution anyway."""


def routes(service: Service) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post(f"{PATH}/{{model}}:analyze", operation_id="analyzeDocument", summary="Azure: start an analysis")
    async def analyze(request: Request, model: str) -> Response:
        _check(model)
        query = checked(Query, dict(request.query_params))
        pages = None if query.pages is None else parse_pages(query.pages, what="pages")
        content = await _content(service, request)
        read = ReadRequest(
            content, options={"return_word_box": True}, lang=query.locale, page_numbers=pages, document=query.output
        )
        owner = trace_of(request.scope).key
        job = await service.jobs.start(read, _render(read, query), kind=KIND, owner=owner)
        where = f"{str(request.base_url).rstrip('/')}{PATH}/{MODEL}/analyzeResults/{job.id}"
        headers = {"Operation-Location": f"{where}?api-version={query.version}", "Retry-After": str(_RETRY_S)}
        return Response(status_code=HTTPStatus.ACCEPTED, headers=headers)

    @router.get(
        f"{PATH}/{{model}}/analyzeResults/{{job_id}}", operation_id="getAnalyzeResult", summary="Azure: how far it is"
    )
    async def result(request: Request, model: str, job_id: str) -> Response:
        job = _job(service, request, model, job_id)
        is_going = job.state in {"pending", "running"}
        headers = {"Retry-After": str(_RETRY_S)} if is_going else {}
        return Response(_operation(job), media_type="application/json", headers=headers)

    @router.get(
        f"{PATH}/{{model}}/analyzeResults/{{job_id}}/pdf",
        operation_id="getAnalyzeResultPdf",
        summary="Azure: the PDF whose text can be searched, after output=pdf",
    )
    async def pdf(request: Request, model: str, job_id: str) -> Response:
        return Response(_job(service, request, model, job_id).file(_PDF), media_type="application/pdf")

    @router.delete(
        f"{PATH}/{{model}}/analyzeResults/{{job_id}}", operation_id="deleteAnalyzeResult", summary="Azure: forget it"
    )
    async def forget(request: Request, model: str, job_id: str) -> Response:
        service.jobs.forget(_job(service, request, model, job_id))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return router


def _check(model: str) -> None:
    if model != MODEL:
        raise Problem(f"model {model[:100]!r}: this server has {MODEL} only", "not_found")


async def _content(service: Service, request: Request) -> bytes:
    """The file of a request.

    Raises:
        Problem: There is none.
    """
    kind = media_type(request)
    if is_file_type(kind):
        return await request.body()
    if kind not in {"application/json", ""}:
        raise Problem("Content-Type: send application/octet-stream or application/json", "unsupported_media_type")
    source = parse_json(Source, await request.body())
    if (source.urlSource is None) == (source.base64Source is None):
        raise Problem("either urlSource or base64Source is needed", "invalid_request")
    if source.base64Source is not None:
        return decoded(source.base64Source, "base64Source")
    url = source.urlSource or ""
    if not url.startswith(("http://", "https://")):
        raise Problem("urlSource: not a URL: send base64Source", "invalid_request")
    return await content_of(service, url, what="urlSource")


def _render(read: ReadRequest, query: Query) -> Render:
    """Return what makes the files of an analysis."""

    def files(_job: AsyncJob, answer: Answer) -> Mapping[str, bytes]:
        if missing := left_out(answer, read.page_numbers):
            raise Problem(
                f"{missing} of {answer.total_pages} pages are beyond the limit of this server: choose with pages=, or "
                "raise --max_pages",
                "too_large",
            )
        found = analyze_result(answer, query.stringIndexType)
        head = {"apiVersion": query.version, "modelId": MODEL, "stringIndexType": query.stringIndexType}
        return {
            _RESULT: common.to_json({**head, **found}),
            **({} if query.output is None else {_PDF: answer.document}),
        }

    return files


def _job(service: Service, request: Request, model: str, job_id: str) -> AsyncJob:
    _check(model)
    return service.jobs.get(KIND, job_id, trace_of(request.scope).key)


def _operation(job: AsyncJob) -> bytes:
    """What a client gets that asks how far an analysis is."""
    head: dict[str, Any] = {
        "status": _STATES[job.state],
        "createdDateTime": job.started.isoformat(timespec="seconds"),
        "lastUpdatedDateTime": job.changed.isoformat(timespec="seconds"),
    }
    if job.problem is not None:
        return common.to_json({**head, "error": _error(job.problem)})
    content = common.to_json(head)
    return content if job.state != "done" else b'%s,"analyzeResult":%s}' % (content[:-1], job.file(_RESULT))


def _error(problem: Problem) -> dict[str, Any]:
    usual = "InvalidRequest" if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR else "InternalServerError"
    return {
        "code": _CODES.get(HTTPStatus(problem.status), usual),
        "message": problem.message,
        "innererror": {"code": problem.code, "message": problem.message},
    }


def error_body(problem: Problem, request_id: str) -> Mapping[str, Any]:  # noqa: ARG001  # it is in the headers
    """Return the error as Azure's clients read it."""
    return {"error": _error(problem)}
