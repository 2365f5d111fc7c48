"""Media types: which are files, what a client accepts, and what our documents are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ocrzoo.serving.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

FORMATS: dict[str, str] = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "txt": "text/plain; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "hocr": "text/vnd.hocr+html; charset=utf-8",
    "alto": "application/alto+xml",
    "pdf": "application/pdf",
}
"""The media type of each format."""

_NAMES = {
    **{media.partition(";")[0]: name for name, media in FORMATS.items()},
    "application/jsonl": "ndjson",
    "application/xml": "alto",
    "text/xml": "alto",
    "text/html": "hocr",
    "*/*": "json",
    "application/*": "json",
    "text/*": "txt",
}
"""The format of each media type that a client may accept."""


def media_type(request: Request) -> str:
    """Return the media type of a request's body, in lower case and without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_file_type(name: str) -> bool:
    """Whether a body of this media type is a file to be read."""
    return name.startswith("image/") or name in {"application/pdf", "application/octet-stream"}


def is_json_type(name: str) -> bool:
    """Whether a body of this media type is JSON; one without a type may be."""
    return name in {"", "application/json"} or name.endswith("+json")


def wanted_format(request: Request, default: str = "json") -> str:
    """Return the format that a client wants: ``?format=``, else the best of its ``Accept``.

    Raises:
        Problem: There is no such format.
    """
    if (given := request.query_params.get("format")) is not None:
        if given not in FORMATS:
            raise Problem(f"format={given!r} is not one of {', '.join(FORMATS)}", "not_acceptable")
        return given
    accepted = [part for part in request.headers.get("accept", "").split(",") if part.strip()]
    if not accepted:
        return default
    ranked = sorted(accepted, key=_quality, reverse=True)
    names = [_NAMES.get(part.partition(";")[0].strip().lower()) for part in ranked if _quality(part) > 0]
    found = next((name for name in names if name is not None), None)
    if found is None:
        raise Problem(f"Accept has none of {', '.join(FORMATS.values())}", "not_acceptable")
    return default if "*" in ranked[names.index(found)] else found


def _quality(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
