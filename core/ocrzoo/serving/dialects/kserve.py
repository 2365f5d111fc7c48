"""KServe's Open Inference Protocol v2, as Triton's and KServe's clients speak it, and docling.

The model ``ocr`` takes files (``images``, BYTES: content, or in JSON base64 or a URL) or pixels (``image``, UINT8, RGB)
and perhaps a language (``lang``). Of several files, and of their pages, the lines follow each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from ocrzoo.serving.access import body_of
from ocrzoo.serving.bodies import parse_json
from ocrzoo.serving.dialects import common, kserve_tensors
from ocrzoo.serving.dialects.kserve_tensors import MAX_FILES, InputTensor, Output, Parameters
from ocrzoo.serving.files import content_of
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer, PageAnswer, ReadRequest
from ocrzoo.serving.service import too_large

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service

MODEL = "ocr"
VERSION = "1"
_HEADER = "Inference-Header-Content-Length"
_FILES, _PIXELS, _LANGUAGES = ("images",), ("image",), ("lang", "lang_type")
"""Names of inputs: ``image`` may be either; ``lang_type`` is docling's, which always sends one."""
_INPUTS = [
    {"name": "images", "datatype": "BYTES", "shape": [-1]},
    {"name": "image", "datatype": "UINT8", "shape": [-1, -1, -1, 3]},
    {"name": "lang", "datatype": "BYTES", "shape": [1]},
]
_OUTPUTS = [
    {"name": "text", "datatype": "BYTES", "shape": [-1]},
    {"name": "markdown", "datatype": "BYTES", "shape": [-1]},
    {"name": "json", "datatype": "BYTES", "shape": [-1]},
    {"name": "pages", "datatype": "INT32", "shape": [-1, 2]},
    {"name": "lines", "datatype": "INT32", "shape": [-1]},
    {"name": "txts", "datatype": "BYTES", "shape": [-1]},
    {"name": "boxes", "datatype": "FP32", "shape": [-1, 4, 2]},
    {"name": "scores", "datatype": "FP32", "shape": [-1]},
]
"""For each page its text, the same as Markdown, PaddleX's keys, its file and number from 0, and how many lines it has;
for each line its text, its corners in pixels, and its score."""


class RequestedOutput(BaseModel):
    """A tensor that a client wants."""

    name: str = Field(max_length=100)
    parameters: Parameters = Field(default_factory=dict)


class ModelInferRequest(BaseModel):
    """The JSON of a request."""

    id: str | None = Field(default=None, max_length=200)
    parameters: Parameters = Field(default_factory=dict)
    inputs: list[InputTensor] = Field(min_length=1, max_length=8)
    outputs: list[RequestedOutput] = Field(default_factory=list, max_length=2 * len(_OUTPUTS))


def routes(service: Service) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/v2")

    @router.get("", summary="KServe v2: what this server is")
    async def server() -> Any:
        return {"name": "ocrzoo", "version": metadata.version("ocrzoo"), "extensions": ["binary_tensor_data"]}

    @router.get("/health/live", summary="KServe v2: whether the server runs")
    async def live() -> Any:
        return {"live": True}

    @router.get("/health/ready", summary="KServe v2: whether a worker has its models loaded")
    async def ready() -> Response:
        return _readiness(service, {"ready": service.pool.is_ready})

    for at in ("/models/{model}", "/models/{model}/versions/{version}"):

        @router.get(at, summary="KServe v2: inputs and outputs")
        async def model_metadata(model: str, version: str = VERSION) -> Any:
            _check(model, version)
            return {"name": MODEL, "versions": [VERSION], "platform": "ocrzoo", "inputs": _INPUTS, "outputs": _OUTPUTS}

        @router.get(f"{at}/ready", summary="KServe v2: whether a worker has its models loaded")
        async def model_ready(model: str, version: str = VERSION) -> Response:
            _check(model, version)
            return _readiness(service, {"name": MODEL, "ready": service.pool.is_ready})

        @router.post(f"{at}/infer", summary="KServe v2: read files")
        async def infer(request: Request, model: str, version: str = VERSION) -> Response:
            _check(model, version)
            return await _infer(service, request)

    return router


def _check(model: str, version: str) -> None:
    if (model, version) != (MODEL, VERSION):
        raise Problem(f"there is only the model {MODEL!r}, version {VERSION!r}", "not_found")


def _readiness(service: Service, body: Mapping[str, Any]) -> Response:
    return JSONResponse(body, 200 if service.pool.is_ready else 503)


async def _infer(service: Service, request: Request) -> Response:
    asked, content = await _parsed(request)
    unknown = {one.name for one in asked.outputs} - {str(one["name"]) for one in _OUTPUTS}
    if unknown:
        raise Problem(f"outputs: no output has the name {min(unknown)!r}", "invalid_request")
    files, lang = await _inputs(service, asked, content)
    asked.inputs.clear()  # they are large, and the request may wait for long
    del content
    answers = await _read_all(service, files, lang)
    common.note(request, answers)
    body, head_bytes = await asyncio.to_thread(_encoded, asked, answers)
    if head_bytes is None:
        return Response(body, media_type="application/json")
    return Response(body, media_type="application/octet-stream", headers={_HEADER: str(head_bytes)})


async def _parsed(request: Request) -> tuple[ModelInferRequest, bytes]:
    """The JSON of a request, and the bytes behind it."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem("compressed requests are not read: send it as it is", "unsupported_media_type")
    body = await body_of(request)
    length = request.headers.get(_HEADER)
    if length is None:
        return parse_json(ModelInferRequest, body), b""
    if not length.isdecimal() or len(length) > 12 or int(length) > len(body):
        raise Problem(f"{_HEADER}: not the size of the JSON", "invalid_request")
    return parse_json(ModelInferRequest, body[: int(length)]), body[int(length) :]


async def _inputs(service: Service, asked: ModelInferRequest, content: bytes) -> tuple[list[bytes], str | None]:
    """The files of a request, and its language."""
    lang = asked.parameters.get("lang")
    files: list[bytes] = []
    for tensor, data in zip(asked.inputs, kserve_tensors.split(asked.inputs, content), strict=True):
        if tensor.name in _LANGUAGES:
            value = kserve_tensors.byte_strings(tensor, data)[0]
            text = value if isinstance(value, str) else value.decode("utf-8", "replace")
            lang = text if tensor.name == "lang" else common.usual_language(service, text)
        elif tensor.name in _PIXELS and tensor.datatype == "UINT8":
            files += await asyncio.to_thread(kserve_tensors.pictures, tensor, data)
        elif tensor.name in {*_FILES, *_PIXELS}:
            for one in kserve_tensors.byte_strings(tensor, data):
                files.append(await content_of(service, one, what=tensor.name) if isinstance(one, str) else one)
                if sum(map(len, files)) > 2 * service.settings.max_bytes:
                    raise too_large(service.settings.max_bytes)
        else:
            raise Problem(f"inputs: no input has the name {tensor.name!r}: use images", "invalid_request")
    if not 1 <= len(files) <= MAX_FILES:
        raise Problem(f"images: 1 to {MAX_FILES} files are needed", "invalid_request")
    return files, str(lang) if lang else None


async def _read_all(service: Service, files: Sequence[bytes], lang: str | None) -> list[Answer]:
    """Read files, as many at once as the workers take.

    Raises:
        Problem: One of them cannot be read.
    """
    room = asyncio.Semaphore(service.pool.size * service.settings.jobs_per_worker)

    async def read(number: int, content: bytes) -> Answer:
        try:
            async with room:
                return await service.read(ReadRequest(content, lang=lang))
        except Problem as problem:
            where = f"file {number}: " if len(files) > 1 else ""
            raise Problem(f"{where}{problem.message}", problem.code, problem.retry_after_s) from None

    try:
        async with asyncio.timeout(service.settings.timeout_s), asyncio.TaskGroup() as group:
            tasks = [group.create_task(read(number, content)) for number, content in enumerate(files)]
    except TimeoutError:
        raise Problem("not done in time: send fewer files, or raise --timeout", "deadline_exceeded") from None
    except BaseExceptionGroup as failed:
        first = failed.exceptions[0]
        raise first from None
    return [task.result() for task in tasks]


def _encoded(asked: ModelInferRequest, answers: Sequence[Answer]) -> tuple[bytes, int | None]:
    """The body of an answer, and the bytes of its JSON if tensors are behind it."""
    made = {one.name: one for one in _outputs(answers)}
    is_binary = bool(asked.parameters.get("binary_data_output"))
    wanted = {one.name: bool(one.parameters.get("binary_data", is_binary)) for one in asked.outputs}
    heads, contents = [], []
    for name, binary in (wanted or dict.fromkeys(made, is_binary)).items():
        if binary:
            head, content = made[name].as_binary()
            contents.append(content)
        else:
            head = made[name].as_json()
        heads.append(head)
    warnings = [warning for one in answers for warning in common.warnings_of(one)]
    body = {
        "model_name": MODEL,
        "model_version": VERSION,
        **({"id": asked.id} if asked.id is not None else {}),
        **({"parameters": {"warnings": "\n".join(warnings)}} if warnings else {}),
        "outputs": heads,
    }
    text = common.to_json(body)
    return b"".join([text, *contents]), len(text) if contents else None


def _outputs(answers: Sequence[Answer]) -> list[Output]:
    pages = [(number, page) for number, one in enumerate(answers) for page in one.pages]
    lines = [line for _, page in pages for line in page.text_lines]
    boxes = np.array([line["polygon"] for line in lines], np.float32).reshape(-1, 4, 2)
    return [
        Output("text", "BYTES", [len(pages)], [page.text for _, page in pages]),
        Output("markdown", "BYTES", [len(pages)], [page.markdown for _, page in pages]),
        Output("json", "BYTES", [len(pages)], [_as_json(page) for _, page in pages]),
        Output("pages", "INT32", [len(pages), 2], np.array([(one, page.index) for one, page in pages], np.int32)),
        Output("lines", "INT32", [len(pages)], np.array([len(page.text_lines) for _, page in pages], np.int32)),
        Output("txts", "BYTES", [len(lines)], [line["text"] for line in lines]),
        Output("boxes", "FP32", boxes.shape, boxes),
        Output("scores", "FP32", [len(lines)], np.array([line["score"] for line in lines], np.float32)),
    ]


def _as_json(page: PageAnswer) -> str:
    return common.to_json(page.result if page.error is None else {"error": page.error}).decode()


def error_body(problem: Problem, request_id: str) -> Mapping[str, Any]:
    """Return the error as KServe has it."""
    return {"error": problem.message, "code": problem.code, "request_id": request_id}
