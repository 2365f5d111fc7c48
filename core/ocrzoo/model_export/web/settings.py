"""What the page needs to know of its models: ``reader.json``, made from their ``inference.yml`` and the pipeline."""

from __future__ import annotations

from typing import Any

from ocrzoo.engines.base import Session
from ocrzoo.model_export.targets import DETECTION, RECOGNITION, Model
from ocrzoo.pipelines.config import Configuration
from ocrzoo.pipelines.predict_params import ocr_params
from ocrzoo.predictors import detection, recognition
from ocrzoo.text.bidi import runs_right_to_left
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.zoo import Zoo
