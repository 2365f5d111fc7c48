"""``reader.json``: what the page needs to know, from the models' ``inference.yml`` and the pipeline's defaults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from ocrzoo.model_export.layouts import NETWORK, check_official
from ocrzoo.model_export.targets import DETECTION, RECOGNITION, Model
from ocrzoo.pipelines.config import checked, default_ocr
from ocrzoo.pipelines.predict_params import ocr_params
from ocrzoo.pipelines.schema import OCRConfig
from ocrzoo.predictors.base import transform
from ocrzoo.predictors.detection import check_normalization
from ocrzoo.predictors.recognition import charset_of
from ocrzoo.text.bidi import runs_right_to_left
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.store.manifest import Manifest, StoredFile


def reader_settings(models: Sequence[Model], address: Callable[[Model, StoredFile], str]) -> dict[str, Any]:
    """Return the content of ``reader.json``; ``address`` says where the page finds a model's network.

    Pages are read as by ``create_pipeline("OCR", precision="float32")`` without the optional stages: with PaddleX's
    groups of lines, at the pipeline's thresholds.

    Raises:
        UsageError: The page cannot run a model.
        IntegrityError: A model's ``inference.yml`` is not valid.
    """
    by_task = {model.card.task: model for model in models}
    detector, recognizer = by_task[DETECTION], by_task[RECOGNITION]
    for model in models:
        check_official(model)
    if runs_right_to_left(recognizer.card.scripts):
        raise UsageError(f"{recognizer.card.name} reads text that runs from right to left, which the page cannot order")
    check_normalization(detector.card.name, transform(_config(detector), "NormalizeImage"))
    found = _config(recognizer)
    _, height, width = transform(found, "RecResizeImg")["image_shape"]
    pipeline = checked(OCRConfig, default_ocr(), "OCR")
    params = ocr_params(pipeline, {})
    chosen = params.detection
    return {
        "models": {
            role: _described(model, address) for role, model in (("detection", detector), ("recognition", recognizer))
        },
        "settings": {
            "detection": {
                "limitSideLen": chosen["limit_side_len"],
                "limitType": chosen["limit_type"],
                "maxSideLimit": chosen["max_side_limit"],
                "thresh": chosen["thresh"],
                "boxThresh": chosen["box_thresh"],
                "unclipRatio": chosen["unclip_ratio"],
            },
            "lines": {"height": height, "minWidth": width},
            "batching": "exact",
            "batchSize": pipeline.SubModules.TextRecognition.batch_size,
            "characters": ["", *charset_of(recognizer.card.name, found), " "],
            "scoreThresh": params.score_thresh,
        },
    }


def network_of(model: Model) -> StoredFile:
    """Return the record of a model's network, with its digest."""
    return next(file for file in cast("Manifest", model.files.manifest).files if file.path == NETWORK)


def _config(model: Model) -> dict[str, Any]:
    return inference_yml.read(model.files.folder, model.card.name)


def _described(model: Model, address: Callable[[Model, StoredFile], str]) -> dict[str, Any]:
    file = network_of(model)
    weights = {"url": address(model, file), "sha256": file.sha256, "size": file.size}
    return {"name": model.card.name, "weights": weights}
