"""Bodies of requests: JSON that is checked, and forms with a file, which stay in memory."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from ocrzoo.serving.problems import Problem
from ocrzoo.validation import faults, joined

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_FIELDS = 100
MAX_FIELD_BYTES = 1 << 20
_Model = TypeVar("_Model", bound=BaseModel)


def parse_json(model: type[_Model], content: bytes | str, *, what: str = "body") -> _Model:
    """Return the keys of a JSON object; ``what`` names it in errors.

    Raises:
        Problem: They are not valid.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise _problem_of(error, _json(content), what) from error


def checked(model: type[_Model], keys: Mapping[str, Any]) -> _Model:
    """Return keys of a form, or of an address.

    Raises:
        Problem: They are not valid.
    """
    try:
        return model.model_validate(keys)
    except ValidationError as error:
        raise _problem_of(error, keys) from error


def _json(content: bytes | str) -> object:
    """What a body has; ``None`` if it is not JSON."""
    with suppress(ValueError):
        return from_json(content)
    return None


def _problem_of(error: ValidationError, data: object, *within: str) -> Problem:
    """The first thing that is not valid, as one line; ``within`` is where its key is."""
    first = faults(error, data)[0]
    reason = first.reason
    return Problem(f"{joined((*within, *first.place))}: {reason[:1].lower()}{reason[1:]}", "invalid_request")


async def file_of(form: FormData) -> tuple[str, bytes]:
    """Return the name and the content of the field ``file`` of a form, and close the form.

    Raises:
        Problem: There is none.
    """
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem("the form has no file: send it as the field 'file'", "bad_request")
        return file.filename or "", await file.read()
    finally:
        await form.close()


async def form_of(request: Request) -> FormData:
    """Return the fields and files of a form; its files are in memory, since the disk may be read-only.

    Raises:
        Problem: It is not a valid form.
    """

    class InMemory(MultiPartParser):
        spool_max_size = 0  # of SpooledTemporaryFile: no limit; that of the body holds

    parser = InMemory(
        request.headers,
        request.stream(),
        max_files=1,
        max_fields=MAX_FIELDS,
        max_part_size=MAX_FIELD_BYTES,
    )
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise Problem(f"not a valid form: {error.message}", "bad_request") from error
