"""Receipts: with which models, settings and versions an answer was made, so that it can be made again."""

from __future__ import annotations

import hashlib
from importlib import metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ocrzoo.pipelines.ocr import OCRPipeline
    from ocrzoo.serving.reading import ReadRequest


def receipt_of(request: ReadRequest, pipeline: OCRPipeline) -> dict[str, Any]:
    """Describe how a request was answered, as plain data."""
    return {
        "ocrzoo": metadata.version("ocrzoo"),
        "input_sha256": hashlib.sha256(request.content).hexdigest(),
        "options": dict(request.options),
        "lang": request.lang,
        "configuration": pipeline.config.model_dump(mode="json", exclude_defaults=True),
        "models": pipeline.loaded_models(),
    }
