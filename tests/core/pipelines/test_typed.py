"""What type checkers know of ``create_pipeline``: mypy reads these tests too."""

from __future__ import annotations

import inspect
from typing import Any, assert_type

from ocrzoo import create_pipeline
from ocrzoo.pipelines.doc_preprocessor import DocPreprocessorPipeline
from ocrzoo.pipelines.factory import _WHAT, Options
from ocrzoo.pipelines.modules import MODULES
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo_registry.zoo import Zoo


def test_a_pipeline_has_the_type_of_its_name(zoo: Zoo) -> None:
    assert isinstance(assert_type(create_pipeline("OCR", zoo=zoo), OCRPipeline), OCRPipeline)
    made = assert_type(create_pipeline(pipeline="doc_preprocessor", zoo=zoo), DocPreprocessorPipeline)
    assert isinstance(made, DocPreprocessorPipeline)


def test_the_type_of_a_file_or_plugin_pipeline_is_unknown(zoo: Zoo) -> None:
    name: str = "OCR"
    assert isinstance(assert_type(create_pipeline(name, zoo=zoo), Any), OCRPipeline)


def test_all_arguments_are_known() -> None:
    models = {f"{module}_model_{what}" for module in MODULES for what in _WHAT}
    own = set(inspect.signature(create_pipeline).parameters) - {"pipeline", "models"}
    assert set(Options.__annotations__) == own | models
