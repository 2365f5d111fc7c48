"""Bodies of requests: JSON that is checked, and forms with a file, which stay in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from ocrzoo.serving.problems import Problem

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
        raise _problem_of(error, what) from error


def checked(model: type[_Model], keys: Mapping[str, Any]) -> _Model:
    """Return keys of a form, or of an address.

    Raises:
        Problem: They are not valid.
    """
    try:
        return model.model_validate(keys)
    except ValidationError as error:
        raise _problem_of(error) from error


def _problem_of(error: ValidationError, *within: str) -> Problem:
    """The first thing that is not valid, as one line; ``within`` is where its key is."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in (*within, *first["loc"]))
    return Problem(f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}", "invalid_request")


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
