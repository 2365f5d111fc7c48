"""What PaddleX's ``POST /ocr`` answers, and its ``POST /layout-parsing``."""

from __future__ import annotations

import base64
from typing import Any, Literal

from pydantic import BaseModel

from ocrzoo.serving.dialects.paddlex_request import PICTURES
from ocrzoo.serving.reading import Answer, PageAnswer


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


def layout_result(answer: Answer) -> dict[str, Any]:
    """Return the answer of PaddleX's layout parsing, as far as a page of text has it."""
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
