"""Mistral's ``POST /v1/ocr`` with its files, as Mistral's SDKs, LiteLLM, LibreChat and Open WebUI speak it.

``POST /ocr`` does the same with JSON that has ``document``: LiteLLM's proxy has this path too. Any ``model`` is
accepted; the answer says which ones read the page. A page has no ``images``: pictures in it are not looked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from ocrzoo.inputs.pdfs import pixels_per_point
from ocrzoo.serving.access import body_of, trace_of
from ocrzoo.serving.bodies import file_of, form_of, parse_json
from ocrzoo.serving.dialects import common
from ocrzoo.serving.files import content_of
from ocrzoo.serving.page_ranges import MAX_PAGE, left_out, parse_pages
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer, PageAnswer, ReadRequest
from ocrzoo.serving.service import too_large

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service
    from ocrzoo.serving.stores.uploads import Upload

POINTS_PER_INCH = 72
_OWN_FILE = re.compile(r"/v1/files/([\w-]{1,100})/content")
_FILE_NAME = 200
"""Characters that are kept of a file's name."""


class Address(BaseModel):
    """Where an image is."""

    url: str


class Document(BaseModel):
    """What to read: one of the three. A URL may be a data URI, or that of an uploaded file."""

    document_url: str | None = None
    image_url: str | Address | None = None
    file_id: str | None = None


class OCRRequest(BaseModel):
    """The body of a request. Unknown keys are ignored."""

    model: str | None = Field(default=None, max_length=200)
    document: Document
    pages: str | list[int] | None = Field(default=None, max_length=10_000)
    """From 0: a list, or ranges such as ``0,2-4``."""
    confidence_scores_granularity: str | None = Field(default=None, max_length=20)
    document_annotation_format: dict[str, Any] | None = None
    lang: str | None = Field(default=None, max_length=200)
    """Not Mistral's: languages to read."""


class Dimensions(BaseModel):
    """The size of a page in pixels; an image counts as one of 72 dpi."""

    dpi: int
    width: int
    height: int


class PageConfidence(BaseModel):
    """The scores of the lines of a page."""

    average_page_confidence_score: float
    minimum_page_confidence_score: float


class OCRPage(BaseModel):
    """One page."""

    index: int
    markdown: str
    images: list[Any] = Field(default_factory=list)
    dimensions: Dimensions | None
    confidence_scores: PageConfidence | None = None
    error: str | None = None
    """Not Mistral's: why this page could not be read."""


class UsageInfo(BaseModel):
    """What was read."""

    pages_processed: int
    doc_size_bytes: int


class OCRResponse(BaseModel):
    """The answer to a request."""

    pages: list[OCRPage]
    model: str
    """The models that read lines."""
    usage_info: UsageInfo
    warnings: list[str] | None = None
    """Not Mistral's: pages that were left out, or could not be read."""
    languageSelection: dict[str, Any] | None = None
    """Not Mistral's: with ``lang``, which models were chosen, and why."""


def routes(service: Service) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/v1/ocr", response_model=OCRResponse, summary="Mistral: read a document as Markdown")
    async def ocr(request: Request) -> Any:
        return await answer(service, request, parse_json(OCRRequest, await body_of(request)))

    @router.post("/v1/files", summary="Mistral: upload a file")
    async def upload(request: Request) -> Any:
        name, content = await file_of(await form_of(request))
        if len(content) > service.settings.max_bytes:
            raise too_large(service.settings.max_bytes)
        return _described(service.uploads.add(name[:_FILE_NAME], content, trace_of(request.scope).key))

    @router.get("/v1/files/{file_id}", summary="Mistral: describe an uploaded file")
    async def retrieve(request: Request, file_id: str) -> Any:
        return _described(_upload(service, request, file_id))

    @router.get("/v1/files/{file_id}/url", summary="Mistral: where an uploaded file is")
    async def url(request: Request, file_id: str) -> Any:
        found = _upload(service, request, file_id)
        return {"url": f"{request.base_url}v1/files/{found.id}/content"}

    @router.get("/v1/files/{file_id}/content", summary="Mistral: an uploaded file")
    async def content(request: Request, file_id: str) -> Response:
        found = _upload(service, request, file_id)
        headers = {"Content-Disposition": "attachment", "Cache-Control": "no-store"}
        return Response(found.content, media_type="application/octet-stream", headers=headers)

    @router.delete("/v1/files/{file_id}", summary="Mistral: forget an uploaded file")
    async def delete(request: Request, file_id: str) -> Any:
        service.uploads.remove(file_id, trace_of(request.scope).key)
        return {"id": file_id, "object": "file", "deleted": True}

    return router


async def answer(service: Service, request: Request, asked: OCRRequest) -> Response:
    """Read a document.

    Raises:
        Problem: It cannot be read, or the request asks for what is not there.
    """
    if asked.document_annotation_format is not None:
        raise Problem("document_annotation_format: this server reads text and fills no forms", "invalid_request")
    pages = _pages(asked.pages)
    content = await _content(service, request, asked.document)
    asked.document = Document()  # it may be large, and the request may wait for long
    found = await common.read(service, request, ReadRequest(content, lang=asked.lang, page_numbers=pages))
    made = OCRResponse(
        pages=[_page(page, found, asked) for page in found.pages],
        model=_model(service, found),
        usage_info=UsageInfo(
            pages_processed=sum(page.error is None for page in found.pages), doc_size_bytes=len(content)
        ),
        warnings=_warnings(found, pages) or None,
        languageSelection=None if found.selection is None else dict(found.selection),
    )
    body = made.model_dump(exclude_none=True)
    for page in body["pages"]:
        page.setdefault("dimensions", None)  # clients expect the key
    return JSONResponse(body)


def _pages(asked: str | Sequence[int] | None) -> Sequence[int] | None:
    if isinstance(asked, str):
        return parse_pages(asked, what="pages", first=0)
    if asked is not None and not all(0 <= number < MAX_PAGE for number in asked):
        raise Problem("pages: not the numbers of pages, counted from 0", "invalid_request")
    return asked


async def _content(service: Service, request: Request, document: Document) -> bytes:
    image = document.image_url.url if isinstance(document.image_url, Address) else document.image_url
    given = {"document_url": document.document_url, "image_url": image, "file_id": document.file_id}
    found = [(name, value) for name, value in given.items() if value is not None]
    if len(found) != 1:
        raise Problem(f"document: one of {', '.join(given)} is needed", "invalid_request")
    name, value = found[0]
    if name == "file_id":
        return _upload(service, request, value).content
    if (number := _own_file(value)) is not None:
        return _upload(service, request, number).content
    return await content_of(service, value, what=name)


def _own_file(url: str) -> str | None:
    """The id of an uploaded file, if a URL is one of ``/v1/files/{id}/url``; its host is not looked at."""
    if not url.startswith(("http://", "https://")):
        return None
    try:
        found = _OWN_FILE.search(urlsplit(url).path)
    except ValueError:
        return None
    return None if found is None else found[1]


def _upload(service: Service, request: Request, number: str) -> Upload:
    return service.uploads.get(number, trace_of(request.scope).key)


def _page(page: PageAnswer, answer: Answer, asked: OCRRequest) -> OCRPage:
    if page.error is not None:
        return OCRPage(index=page.index, markdown="", dimensions=None, error=page.error)
    dpi = round(POINTS_PER_INCH * pixels_per_point()) if answer.kind == "pdf" else POINTS_PER_INCH
    scores = [line["score"] for line in page.text_lines]
    confidence = None
    if asked.confidence_scores_granularity and scores:
        confidence = PageConfidence(
            average_page_confidence_score=fmean(scores), minimum_page_confidence_score=min(scores)
        )
    size = Dimensions(dpi=dpi, width=page.width, height=page.height)
    return OCRPage(index=page.index, markdown=page.markdown, dimensions=size, confidence_scores=confidence)


def _model(service: Service, answer: Answer) -> str:
    if answer.selection is not None:
        return ",".join(answer.selection["models"])
    names = [str(one["name"]) for one in service.pool.models if one["module"] == "TextRecognition"]
    return ",".join(dict.fromkeys(names)) or "ocr"


def _warnings(answer: Answer, pages: Sequence[int] | None) -> list[str]:
    errors = [page.error for page in answer.pages if page.error is not None]
    missing = left_out(answer, pages)
    return [*([f"{missing} pages were left out: the limit of this server"] if missing > 0 else []), *errors]


def _described(upload: Upload) -> dict[str, Any]:
    return {
        "id": upload.id,
        "object": "file",
        "bytes": len(upload.content),
        "created_at": int(upload.created),
        "filename": upload.name,
        "purpose": "ocr",
        "sample_type": "ocr_input",
        "source": "upload",
    }


def error_body(problem: Problem, request_id: str) -> Mapping[str, Any]:
    """Return the error as Mistral has it; its SDK reads ``detail`` of status 422."""
    kind = "invalid_request_error" if problem.status < 500 else "server_error"
    detail = [{"loc": ["body"], "msg": problem.message, "type": problem.code}]
    return {
        "object": "error",
        "message": problem.message,
        "type": kind,
        "param": None,
        "code": problem.code,
        "request_id": request_id,
        **({"detail": detail} if problem.status == 422 else {}),
    }
