"""PaddleOCR's jobs: ``POST /api/v2/ocr/jobs``, ask until the job is done, and fetch its results as JSONL.

The clients fetch the results without their token, so the address of these has a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile
from starlette.responses import Response

from ocrzoo.serving.access import trace_of
from ocrzoo.serving.bodies import checked, form_of, parse_json
from ocrzoo.serving.dialects import common, paddlex_request
from ocrzoo.serving.dialects.paddlex_result import data_info, page_result
from ocrzoo.serving.files import content_of
from ocrzoo.serving.media import FORMATS, media_type
from ocrzoo.serving.page_ranges import left_out, parse_pages
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer, ReadRequest
from ocrzoo.serving.stores.jobs import AsyncJob, Render

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service

KIND = "paddleocr"
PATH = "/api/v2/ocr"
RESULTS = f"{PATH}/results/"
"""How the paths of results begin, which need no key."""
MODELS = ("PP-OCRv5", "PP-OCRv5-latin", "PP-OCRv6")
"""What clients may name. The server reads with its own models, which each result names."""
_RESULT = "result.jsonl"


class Options(paddlex_request.InferRequest):
    """The keys of PaddleX's ``POST /ocr``, without the file."""

    file: str = ""


class JobRequest(BaseModel):
    """A job; in a form, the file is a part of it."""

    fileUrl: str | None = None
    """A URL, or base64."""
    model: str = MODELS[-1]
    optionalPayload: Options = Options()
    pageRanges: str | None = Field(None, max_length=10_000)
    """Such as ``2,4-6``, counted from 1."""
    batchId: str | None = Field(None, max_length=200)


def routes(service: Service) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post(f"{PATH}/jobs", operation_id="submitJob", summary="PaddleOCR: start a job")
    async def submit(request: Request) -> Any:
        asked, content = await _asked(service, request)
        if asked.model not in MODELS:
            raise Problem(f"model: not one of {', '.join(MODELS)}: this server reads text", "bad_request")
        pages = None if asked.pageRanges is None else parse_pages(asked.pageRanges, what="pageRanges")
        read = replace(paddlex_request.read_request(service, asked.optionalPayload, content), page_numbers=pages)
        render = _render(service, read, str(request.base_url))
        owner = trace_of(request.scope).key
        job = await service.jobs.start(read, render, kind=KIND, owner=owner, batch=asked.batchId)
        return _envelope({"jobId": job.id, "state": job.state})

    @router.get(f"{PATH}/jobs/{{job_id}}", operation_id="getJob", summary="PaddleOCR: how far a job is")
    async def status(request: Request, job_id: str) -> Any:
        job = service.jobs.get(KIND, job_id, trace_of(request.scope).key)
        return _envelope(_status(job, str(request.base_url)))

    @router.get(f"{PATH}/jobs/batch/{{batch_id}}", operation_id="getBatch", summary="PaddleOCR: jobs of a batch")
    async def batch(request: Request, batch_id: str) -> Any:
        jobs = service.jobs.get_batch(KIND, batch_id, trace_of(request.scope).key)
        base = str(request.base_url)
        return _envelope({"batchId": batch_id, "extractResult": [_status(job, base) for job in jobs]})

    @router.get(f"{RESULTS}{{job_id}}/{{secret}}/{{name}}", include_in_schema=False)
    async def result(job_id: str, secret: str, name: str) -> Response:
        content = service.jobs.get_by_secret(job_id, secret).file(name)
        is_json = name == _RESULT  # with a charset, or clients guess it
        return Response(content, media_type=f"{FORMATS['ndjson']}; charset=utf-8" if is_json else "image/jpeg")

    return router


def is_result(path: str) -> bool:
    """Whether a path is that of a result, whose secret stands for a key."""
    return path.startswith(RESULTS)


async def _asked(service: Service, request: Request) -> tuple[JobRequest, bytes]:
    """Return what a request asks for, and its file.

    Raises:
        Problem: It is not valid.
    """
    if media_type(request) != "multipart/form-data":
        asked = parse_json(JobRequest, await request.body())
        if asked.fileUrl is None:
            raise Problem("fileUrl: missing: send a URL, or the file as multipart/form-data", "bad_request")
        return asked, await content_of(service, asked.fileUrl, what="fileUrl")
    form = await form_of(request)
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise Problem("file: missing: send it as a part of the form, with a name", "bad_request")
    texts = {name: value for name, value in form.items() if isinstance(value, str)}
    options = parse_json(Options, texts.pop("optionalPayload", "") or "{}", what="optionalPayload")
    fields = {name: texts.get(name) for name in ("model", "pageRanges", "batchId") if texts.get(name)}
    return checked(JobRequest, {**fields, "optionalPayload": options}), await file.read()


def _render(service: Service, asked: ReadRequest, base: str) -> Render:
    """Return what makes the files of a job: a line of JSON for each page, and the pictures."""
    models = [model["name"] for model in service.pool.models]

    def files(job: AsyncJob, answer: Answer) -> Mapping[str, bytes]:
        pictures: dict[str, bytes] = {}
        lines: list[bytes] = []
        for page in answer.pages:
            found = page_result(replace(page, pictures={}))
            for name, own in paddlex_request.PICTURES.items():
                if own in page.pictures:
                    file = f"{name}-{page.index + 1}.jpg"
                    pictures[file] = page.pictures[own]
                    found[name] = _url(base, job, file)
            notes = {} if lines else {"dataInfo": data_info(answer), "models": models, **_notes(answer, asked)}
            lines.append(common.to_json({"result": {"ocrResults": [found], **notes}}) + b"\n")
        return {_RESULT: b"".join(lines), **pictures}

    return files


def _notes(answer: Answer, asked: ReadRequest) -> dict[str, Any]:
    """What a client should know of the whole file."""
    missing = left_out(answer, asked.page_numbers)
    warnings = [f"{missing} pages were not read: the limit of this server"] if missing else []
    warnings += [page.error for page in answer.pages if page.error is not None]
    return {
        **({"warnings": warnings} if warnings else {}),
        **({} if answer.selection is None else {"languageSelection": answer.selection}),
        **({} if answer.receipt is None else {"receipt": answer.receipt}),
    }


def _status(job: AsyncJob, base: str) -> dict[str, Any]:
    """How far a job is."""
    data: dict[str, Any] = {"jobId": job.id, "state": job.state}
    if job.state in {"running", "done"}:
        data["extractProgress"] = {
            **({} if job.total_pages is None else {"totalPages": job.total_pages}),
            "extractedPages": job.pages,
            "startTime": job.started.isoformat(timespec="seconds"),
            **({"endTime": job.changed.isoformat(timespec="seconds")} if job.state == "done" else {}),
        }
    if job.state == "done":
        data["resultUrl"] = {"jsonUrl": _url(base, job, _RESULT)}
    if job.problem is not None:
        data |= {"errorMsg": job.problem.message, "errorCode": job.problem.code}
    return data


def _url(base: str, job: AsyncJob, name: str) -> str:
    return f"{base.rstrip('/')}{RESULTS}{job.id}/{job.secret}/{name}"


def _envelope(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"code": 0, "msg": "Success", "data": data}


def error_body(problem: Problem, request_id: str) -> Mapping[str, Any]:
    """Return the error as PaddleOCR's clients read it."""
    return {
        "code": problem.status,
        "msg": problem.message,
        "data": None,
        "errorCode": problem.code,
        "traceId": request_id,
    }
