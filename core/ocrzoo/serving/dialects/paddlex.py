"""PaddleX's ``POST /ocr``, field by field, and ``POST /layout-parsing``, which its Node.js example calls.

Where it differs on purpose: docs/paddlex-differences.md.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from pydantic_core import PydanticKnownError
from starlette.responses import Response

from ocrzoo.decoding import MOST_READINGS
from ocrzoo.serving.access import body_of, trace_of
from ocrzoo.serving.dialects import common
from ocrzoo.serving.files import content_of
from ocrzoo.serving.media import is_json_type, media_type
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer, Kind, PageAnswer, Picture, ReadRequest
from ocrzoo.types import MAX_UPSCALE
from ocrzoo.validation import faults

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service

_NO_JSON = "neither JSON nor a file by its type: send JSON, or the file with its Content-Type, such as image/png"
_JSON_BEGINS = (b"{", b"[", b'"')

Render = Callable[[Answer], dict[str, Any]]

PICTURES: dict[str, Picture] = {
    "ocrImage": "ocr",
    "docPreprocessingImage": "preprocessing",
    "inputImage": "input",
}
"""In the order of the answer."""


def _no_switch(value: object) -> object:
    """Refuse true, which pydantic takes for 1, but no number in a query, which is text there."""
    if isinstance(value, bool):
        raise PydanticKnownError("float_type")
    return value


class InferRequest(BaseModel):
    """The body of a request. Unknown keys are ignored, as in PaddleX."""

    file: str
    fileType: Literal[0, 1] | None = None
    useDocOrientationClassify: bool | None = None
    useDocUnwarping: bool | None = None
    useTextlineOrientation: bool | None = None
    textDetLimitSideLen: int | None = None
    textDetLimitType: str | None = None
    textDetThresh: float | None = None
    textDetBoxThresh: float | None = None
    textDetUnclipRatio: float | None = None
    textRecScoreThresh: float | None = None
    returnWordBox: bool | None = None
    returnChars: bool | None = None
    """Not PaddleX's, as the next six: what is known of the lines, and what is returned of them."""
    allow: str | list[str] | None = None
    deny: str | list[str] | None = None
    patterns: str | list[str] | None = None
    lexicon: list[str] | None = None
    alternatives: int | None = Field(default=None, ge=0, le=MOST_READINGS)
    restoreSpaces: bool | None = None
    returnParagraphs: bool | None = None
    """Not PaddleX's, as the next one: paragraphs and headings."""
    dehyphenate: bool | None = None
    upscale: Annotated[float, Field(ge=1, le=MAX_UPSCALE), BeforeValidator(_no_switch)] | Literal["auto"] | None = None
    """Not PaddleX's, as the next one: for pages that are hard to read."""
    enhance: bool | None = None
    splitColumns: bool | None = None
    """Not PaddleX's: split lines that were detected across columns."""
    returnScripts: bool | None = None
    """Not PaddleX's: the script of each line."""
    visualize: bool | None = None
    logId: str | None = None
    lang: str | None = None
    """Not PaddleX's: languages to read."""
    images: list[Literal["ocrImage", "docPreprocessingImage", "inputImage"]] | None = None
    """Not PaddleX's: the pictures to send; takes precedence over ``visualize``."""
    maxImageSize: tuple[int, int] | None = None
    """Not PaddleX's: width and height that no picture exceeds."""
    maxPages: int | None = Field(default=None, ge=1)
    """Not PaddleX's: pages to read of a longer document."""
    password: str | None = None
    """Not PaddleX's: that of an encrypted PDF."""
    receipt: bool = False
    """Not PaddleX's: whether the answer says with which models and settings it was made."""


class ImageInfo(BaseModel):
    """What an image was."""

    width: int
    height: int
    type: Literal["image"]


class PageSize(BaseModel):
    """The size of a page in pixels."""

    width: int
    height: int


class DocumentInfo(BaseModel):
    """What a document was."""

    numPages: int
    """Pages that were read."""
    pages: list[PageSize]
    type: Literal["pdf", "tiff"]
    totalPages: int
    """Not PaddleX's: all pages of the document."""


class OCRPage(BaseModel):
    """One page."""

    prunedResult: dict[str, Any]
    """The keys of ``predict``'s results, without ``input_path`` and ``page_index``."""
    ocrImage: str | None = None
    docPreprocessingImage: str | None = None
    inputImage: str | None = None
    error: str | None = None
    """Not PaddleX's: why this page could not be read."""


class InferResult(BaseModel):
    """The result of a request."""

    ocrResults: list[OCRPage]
    dataInfo: ImageInfo | DocumentInfo
    warnings: list[str] | None = None
    """Not PaddleX's."""
    languageSelection: dict[str, Any] | None = None
    """Not PaddleX's: with ``lang``, which models were chosen, and why."""
    receipt: dict[str, Any] | None = None
    """Not PaddleX's."""


class InferResponse(BaseModel):
    """The answer to a request."""

    logId: str
    result: InferResult
    errorCode: Literal[0] = 0
    errorMsg: Literal["Success"] = "Success"


class ErrorResponse(BaseModel):
    """The answer to a request that failed."""

    logId: str
    errorCode: int
    """The HTTP status."""
    errorMsg: str
    code: str
    """Not PaddleX's: stable, for programs."""


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
        return await answer(service, request, *await asked_by_json(service, request), _layout_result)

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


def read_request(service: Service, asked: InferRequest, content: bytes, document: str | None = None) -> ReadRequest:
    """Return what is to be read; a ``document`` has no pictures."""
    kinds: dict[int | None, Kind] = {0: "pdf", 1: "image"}
    return ReadRequest(
        content,
        kinds.get(asked.fileType),
        _options(asked),
        asked.lang,
        max_pages=asked.maxPages,
        pictures=() if document is not None else _pictures(asked, visualize=service.settings.visualize),
        picture_size=asked.maxImageSize,
        document=document,
        password=asked.password,
        receipt=asked.receipt,
    )


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


Asked = TypeVar("Asked", bound=BaseModel)


def parse(model: type[Asked], body: bytes) -> Asked:
    """Parse the JSON of a request.

    Raises:
        Problem: It is not valid; the message is JSON too, as in PaddleX.
    """
    return validated(model, parse_object(body))


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the keys of a JSON object.

    Raises:
        Problem: It is none; the message is JSON too, as in PaddleX.
    """
    if not body:
        raise _invalid([{"type": "missing", "loc": "body", "msg": "Field required"}])
    try:
        data = json.loads(body)
    except json.JSONDecodeError as error:
        place = f"body[{error.pos}]"
        raise _invalid([{"type": "json_invalid", "loc": place, "msg": "JSON decode error"}]) from error
    except (ValueError, RecursionError) as error:  # not text, a number of thousands of digits, nested too deeply
        raise Problem("There was an error parsing the body", "bad_request") from error
    if not isinstance(data, dict):
        message = "Input should be a valid dictionary or object to extract fields from"
        raise _invalid([{"type": "model_attributes_type", "loc": "body", "msg": message}])
    return data


def validated(model: type[Asked], data: Mapping[str, Any]) -> Asked:
    """Check the keys of a request.

    Raises:
        Problem: They are not valid; the message is JSON, as in PaddleX.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        log_id = data.get("logId")
        raise _invalid(
            [
                {"type": one.kind, "loc": _dotted(("body", *one.place)), "msg": one.message}
                for one in faults(error, data)
            ],
            log_id if isinstance(log_id, str) else None,
        ) from error


def _invalid(errors: Sequence[Mapping[str, Any]], log_id: str | None = None) -> Problem:
    return Problem(json.dumps(errors), "invalid_request", log_id=log_id)


def _dotted(path: Sequence[str | int]) -> str:
    """The place of a value in the way PaddleX writes it: ``body.images[0]``."""
    first, *others = path
    return str(first) + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in others)


def _options(asked: InferRequest) -> dict[str, Any]:
    """The arguments of ``predict``."""
    options = {
        "use_doc_orientation_classify": asked.useDocOrientationClassify,
        "use_doc_unwarping": asked.useDocUnwarping,
        "use_textline_orientation": asked.useTextlineOrientation,
        "text_det_limit_side_len": asked.textDetLimitSideLen,
        "text_det_limit_type": asked.textDetLimitType,
        "text_det_thresh": asked.textDetThresh,
        "text_det_box_thresh": asked.textDetBoxThresh,
        "text_det_unclip_ratio": asked.textDetUnclipRatio,
        "text_rec_score_thresh": asked.textRecScoreThresh,
        "upscale": asked.upscale,
        "enhance": asked.enhance,
        "split_columns": asked.splitColumns,
        "return_word_box": asked.returnWordBox,
        "return_chars": asked.returnChars,
        "return_scripts": asked.returnScripts,
        "allow": asked.allow,
        "deny": asked.deny,
        "patterns": asked.patterns,
        "lexicon": asked.lexicon,
        "alternatives": asked.alternatives,
        "restore_spaces": asked.restoreSpaces,
        "return_paragraphs": asked.returnParagraphs,
        "dehyphenate": asked.dehyphenate,
    }
    return {name: value for name, value in options.items() if value is not None}


def _pictures(asked: InferRequest, *, visualize: bool) -> tuple[Picture, ...]:
    if asked.images is not None:
        return tuple(PICTURES[name] for name in dict.fromkeys(asked.images))
    wanted = visualize if asked.visualize is None else asked.visualize
    return tuple(PICTURES.values()) if wanted else ()


def _encoded(log_id: str, answer: Answer, render: Render) -> bytes:
    result = {**render(answer), "dataInfo": data_info(answer)}
    if warnings := warnings_of(answer):
        result["warnings"] = warnings
    if answer.selection is not None:
        result["languageSelection"] = answer.selection
    if answer.receipt is not None:
        result["receipt"] = answer.receipt
    return to_json({"logId": log_id, "result": result, "errorCode": 0, "errorMsg": "Success"})


def to_json(value: object) -> bytes:
    """Return compact JSON."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def warnings_of(answer: Answer) -> list[str]:
    """Return what a client should know: pages that were left out, or could not be read."""
    warnings = []
    if answer.is_truncated:
        warnings.append(
            f"{len(answer.pages)} of {answer.total_pages} pages were read: a limit of the server or of the request"
        )
    return warnings + [page.error for page in answer.pages if page.error is not None]


def data_info(answer: Answer) -> dict[str, Any]:
    """Return PaddleX's ``dataInfo``, and how many pages a document has."""
    sizes = [{"width": page.width, "height": page.height} for page in answer.pages]
    if answer.kind == "image":
        return {**sizes[0], "type": "image"}
    return {"numPages": len(sizes), "pages": sizes, "type": answer.kind, "totalPages": answer.total_pages}


def ocr_result(answer: Answer) -> dict[str, Any]:
    """Return PaddleX's ``ocrResults``."""
    return {"ocrResults": [page_result(page) for page in answer.pages]}


def page_result(page: PageAnswer) -> dict[str, Any]:
    """Return a page as ``ocrResults`` has it."""
    pictures = {name: _as_base64(page.pictures[own]) for name, own in PICTURES.items() if own in page.pictures}
    if page.error is not None:
        return {"prunedResult": {"rec_texts": [], "rec_scores": [], "rec_polys": []}, "error": page.error}
    return {"prunedResult": page.result, **pictures}


def _layout_result(answer: Answer) -> dict[str, Any]:
    """The answer of PaddleX's layout parsing, as far as a page of text has it."""
    return {"layoutParsingResults": [_layout_page(page, answer) for page in answer.pages]}


def _layout_page(page: PageAnswer, answer: Answer) -> dict[str, Any]:
    found = page_result(page)
    names = {"ocrImage": "ocr_res_img", "docPreprocessingImage": "preprocessed_img"}
    drawn = {own: found[name] for name, own in names.items() if name in found}
    is_last = page is answer.pages[-1]
    return {
        "prunedResult": found["prunedResult"],
        "markdown": {"text": page.text, "images": {}, "isStart": True, "isEnd": is_last},
        **({"outputImages": drawn} if drawn else {}),
        **({"inputImage": found["inputImage"]} if "inputImage" in found else {}),
    }


def _as_base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def error_body(problem: Problem, request_id: str) -> Mapping[str, Any]:
    """Return PaddleX's error."""
    return {
        "logId": problem.log_id or request_id,
        "errorCode": problem.status,
        "errorMsg": problem.message,
        "code": problem.code,
    }
