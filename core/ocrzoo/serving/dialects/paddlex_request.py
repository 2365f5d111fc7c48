"""What PaddleX's ``POST /ocr`` takes, and ocrzoo's further keys."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from pydantic.alias_generators import to_snake
from pydantic_core import PydanticKnownError

from ocrzoo.decoding import MOST_READINGS
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Kind, Picture, ReadRequest
from ocrzoo.types import MAX_UPSCALE
from ocrzoo.validation import faults

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service

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


class UploadedFile(BaseModel):
    """What is to be read."""

    file: str
    fileType: Literal[0, 1] | None = None


class PredictOptions(BaseModel):
    """The arguments of ``predict``, under PaddleX's names or such as it would give them."""

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

    def options(self) -> dict[str, Any]:
        """Return those that are given, by their names in ``predict``."""
        given = {name: getattr(self, name) for name in PredictOptions.model_fields}
        return {to_snake(name): value for name, value in given.items() if value is not None}


class InferRequest(PredictOptions, UploadedFile):
    """The body of a request. Unknown keys are ignored, as in PaddleX."""

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


def read_request(service: Service, asked: InferRequest, content: bytes, document: str | None = None) -> ReadRequest:
    """Return what is to be read; a ``document`` has no pictures."""
    kinds: dict[int | None, Kind] = {0: "pdf", 1: "image"}
    return ReadRequest(
        content,
        kinds.get(asked.fileType),
        asked.options(),
        asked.lang,
        max_pages=asked.maxPages,
        pictures=() if document is not None else _pictures(asked, visualize=service.settings.visualize),
        picture_size=asked.maxImageSize,
        document=document,
        password=asked.password,
        receipt=asked.receipt,
    )


def _pictures(asked: InferRequest, *, visualize: bool) -> tuple[Picture, ...]:
    if asked.images is not None:
        return tuple(PICTURES[name] for name in dict.fromkeys(asked.images))
    wanted = visualize if asked.visualize is None else asked.visualize
    return tuple(PICTURES.values()) if wanted else ()


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
