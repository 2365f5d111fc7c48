"""LiteParse's ``POST /ocr``: a form with ``file`` and ``language`` (its ``OCR_API_SPEC.md``).

It sends pages as images, and always a language. Of a file with several pages, each line has its ``page``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from ocrzoo.serving.bodies import file_of, form_of
from ocrzoo.serving.dialects import common
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer, LineAnswer, ReadRequest

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service

Point = tuple[float, float]


class LiteParseLine(BaseModel):
    """One line."""

    text: str
    bbox: tuple[float, float, float, float]
    """Pixels: left, top, right and bottom."""
    confidence: float
    polygon: list[Point]
    """The corners, from the top left one, as the letters stand."""
    page: int | None = None
    """Not LiteParse's: from 1, of a file with several pages."""


class LiteParseResponse(BaseModel):
    """The lines in reading order."""

    results: list[LiteParseLine]
    warnings: list[str] | None = None
    """Not LiteParse's: pages that were left out, or could not be read."""
    languageSelection: dict[str, Any] | None = None
    """Not LiteParse's: which models were chosen for the language, and why."""


async def answer(service: Service, request: Request) -> Response:
    """Read the file of a form.

    Raises:
        Problem: The form is not valid, or the file cannot be read.
    """
    form = await form_of(request)
    _, content = await file_of(form)
    language = form.get("language")
    lang = common.usual_language(service, language if isinstance(language, str) else None)
    found = await common.read(service, request, ReadRequest(content, lang=lang))
    if len(found.pages) == 1 and (error := found.pages[0].error) is not None:
        raise Problem(error, "invalid_input")
    return Response(_body(found), media_type="application/json")


def _body(answer: Answer) -> bytes:
    has_many = answer.total_pages > 1
    lines = [_line(line, page.index + 1 if has_many else None) for page in answer.pages for line in page.text_lines]
    selection = None if answer.selection is None else dict(answer.selection)
    body = LiteParseResponse(results=lines, warnings=common.warnings_of(answer) or None, languageSelection=selection)
    return common.to_json(body.model_dump(exclude_none=True))


def _line(line: LineAnswer, page: int | None) -> LiteParseLine:
    polygon = [(x, y) for x, y in line["polygon"]]
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    box = (min(xs), min(ys), max(xs), max(ys))
    return LiteParseLine(text=line["text"], bbox=box, confidence=line["score"], polygon=polygon, page=page)


def error_body(problem: Problem, request_id: str) -> Mapping[str, Any]:
    """Return the error as LiteParse has it."""
    return {"error": problem.message, "code": problem.code, "request_id": request_id}
