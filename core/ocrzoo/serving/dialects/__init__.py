"""The protocols that clients speak, one module each; all ask :class:`~ocrzoo.serving.service.Service`.

A module has ``routes(service)``, which returns its routes, and ``error_body(problem, request_id)``, the JSON that its
clients expect of a request that failed. A new dialect is a module and a line in :data:`DIALECTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ocrzoo.serving.problems import Problem

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ocrzoo.serving.service import Service

DIALECTS: dict[str, str] = {
    "shared_path": "/ocr",
    "paddlex": "/layout-parsing",
    "documents": "/export",
    "paddleocr_jobs": "/api/v2/ocr",
    "azure": "/documentintelligence",
    "mistral": "/v1",
    "model_list": "/v1/models",
    "kserve": "/v2",
}
"""Modules here, and where the paths of each begin."""

ErrorBody = Callable[[Problem, str], Mapping[str, Any]]


def is_open(path: str) -> bool:
    """Whether a path needs no API key, because it has a secret."""
    from ocrzoo.serving.dialects import paddleocr_jobs

    return paddleocr_jobs.is_result(path)


def routers(service: Service) -> list[APIRouter]:
    """Return the routes of all dialects."""
    return [import_module(f"{__name__}.{name}").routes(service) for name in DIALECTS]


def error_body_for(path: str, content_type: str, name: str | None = None) -> ErrorBody:
    """Return what makes the errors of a request; those of no dialect look like PaddleX's.

    The dialect is the one of this ``name``, else it is told by path and type.
    """
    found = [(len(begin), name) for name, begin in DIALECTS.items() if path == begin or path.startswith(f"{begin}/")]
    name = name or (max(found)[1] if found else "paddlex")
    module = import_module(f"{__name__}.{name}")
    if (choose := getattr(module, "error_body_by_type", None)) is not None:
        chosen: ErrorBody = choose(content_type)
        return chosen
    body: ErrorBody = module.error_body
    return body
