"""``GET /v1/models`` as OpenAI has it: the models that are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from ocrzoo.serving.dialects import mistral
from ocrzoo.serving.problems import Problem

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service


def routes(service: Service) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/v1/models", summary="OpenAI: the models that are loaded")
    async def models() -> Any:
        return {"object": "list", "data": _models(service)}

    @router.get("/v1/models/{name}", summary="OpenAI: a model that is loaded")
    async def model(name: str) -> Any:
        for one in _models(service):
            if one["id"] == name:
                return one
        raise Problem("no model of this name is loaded: GET /v1/models lists those that are", "not_found")

    return router


def _models(service: Service) -> list[dict[str, Any]]:
    """The models of a worker, each once."""
    found = {str(one["name"]): one for one in service.pool.models}
    return [
        {"id": name, "object": "model", "created": 0, "owned_by": "ocrzoo", "module": one["module"]}
        for name, one in found.items()
    ]


def error_body(problem: Problem, request_id: str) -> Mapping[str, Any]:
    """Return the error as OpenAI has it."""
    return {"error": mistral.error_body(problem, request_id)}
