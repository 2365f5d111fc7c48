"""ocrzoo: a model zoo and registry for the PP-OCR families, and the OCR pipeline assembled from it.

import ocrzoo

for page in ocrzoo.read("page.png"):
    print(page.text)

Names are imported on first use: ``import ocrzoo`` alone loads nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing it from typing takes longer than all the rest of this module

if TYPE_CHECKING:
    from ocrzoo.engines.base import (
        CompilingEngine,
        Device,
        Engine,
        EngineOptions,
        ModelSession,
        MultiOutputSession,
        NamedSession,
        ReducingSession,
        Session,
        TensorSpec,
    )
    from ocrzoo.inputs import Input
    from ocrzoo.pipelines.doc_preprocessor import DocPreprocessorPipeline
    from ocrzoo.pipelines.factory import create_pipeline, read
    from ocrzoo.pipelines.ocr import OCRPipeline
    from ocrzoo.pipelines.single_model import Model, create_model
    from ocrzoo.predictors.base import (
        Classification,
        Detection,
        Detector,
        ImageClassifier,
        Recognizer,
        Unwarped,
        Unwarper,
    )
    from ocrzoo.predictors.network_checks import check_image_input, check_probabilities
    from ocrzoo.processing.detection import DetectionParams
    from ocrzoo.processing.recognition import Line
    from ocrzoo.results.base import PageResult
    from ocrzoo.results.doc_preprocessor import DocPreprocessorResult
    from ocrzoo.results.model_results import DocTrResult, ModelResult, TextDetResult, TextRecResult, TopkResult
    from ocrzoo.results.ocr import OCRResult
    from ocrzoo.serving.app import create_app
    from ocrzoo.types import Image, Quad
    from ocrzoo_registry.errors import *
    from ocrzoo_registry.models import download, list_models
    from ocrzoo_registry.store.store import ModelFiles
    from ocrzoo_registry.zoo import Zoo, select_models

__all__ = [
    "AmbiguousLanguage",
    "AmbiguousName",
    "Busy",
    "CardError",
    "Classification",
    "CompilingEngine",
    "Detection",
    "DetectionParams",
    "Detector",
    "Device",
    "DocPreprocessorPipeline",
    "DocPreprocessorResult",
    "DocTrResult",
    "Engine",
    "EngineError",
    "EngineOptions",
    "ExitCode",
    "Image",
    "ImageClassifier",
    "Input",
    "InputError",
    "IntegrityError",
    "Line",
    "Model",
    "ModelFiles",
    "ModelResult",
    "ModelSession",
    "MultiOutputSession",
    "NamedSession",
    "NotFound",
    "NotOffered",
    "OCRPipeline",
    "OCRResult",
    "OcrzooError",
    "OfflineError",
    "PageResult",
    "PluginError",
    "Quad",
    "Recognizer",
    "ReducingSession",
    "Refused",
    "Session",
    "SettingError",
    "SourceError",
    "StoreError",
    "TensorSpec",
    "TextDetResult",
    "TextRecResult",
    "TooSlow",
    "TopkResult",
    "UnknownLanguage",
    "UnknownModel",
    "Unreachable",
    "Unwarped",
    "Unwarper",
    "UsageError",
    "Zoo",
    "check_image_input",
    "check_probabilities",
    "create_app",
    "create_model",
    "create_pipeline",
    "download",
    "list_models",
    "read",
    "select_models",
]

_MODULES = {
    **dict.fromkeys(
        (
            *("Device", "Engine", "EngineOptions", "TensorSpec"),
            *("Session", "MultiOutputSession", "NamedSession", "ReducingSession", "CompilingEngine", "ModelSession"),
        ),
        "ocrzoo.engines.base",
    ),
    "Input": "ocrzoo.inputs",
    "DocPreprocessorPipeline": "ocrzoo.pipelines.doc_preprocessor",
    **dict.fromkeys(("create_pipeline", "read"), "ocrzoo.pipelines.factory"),
    "OCRPipeline": "ocrzoo.pipelines.ocr",
    **dict.fromkeys(("Model", "create_model"), "ocrzoo.pipelines.single_model"),
    **dict.fromkeys(
        ("Classification", "Detection", "Detector", "ImageClassifier", "Recognizer", "Unwarped", "Unwarper"),
        "ocrzoo.predictors.base",
    ),
    **dict.fromkeys(("check_image_input", "check_probabilities"), "ocrzoo.predictors.network_checks"),
    "DetectionParams": "ocrzoo.processing.detection",
    "Line": "ocrzoo.processing.recognition",
    "PageResult": "ocrzoo.results.base",
    "DocPreprocessorResult": "ocrzoo.results.doc_preprocessor",
    **dict.fromkeys(
        ("DocTrResult", "ModelResult", "TextDetResult", "TextRecResult", "TopkResult"), "ocrzoo.results.model_results"
    ),
    "OCRResult": "ocrzoo.results.ocr",
    "create_app": "ocrzoo.serving.app",
    **dict.fromkeys(("Image", "Quad"), "ocrzoo.types"),
    "ModelFiles": "ocrzoo_registry.store.store",
    **dict.fromkeys(("download", "list_models"), "ocrzoo_registry.models"),
    **dict.fromkeys(("Zoo", "select_models"), "ocrzoo_registry.zoo"),
}
"""The module of each public name that is not an error."""


def __getattr__(name: str) -> object:
    """Import a public name on first use."""
    if name == "__version__":
        from importlib.metadata import version

        return version("ocrzoo")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_MODULES.get(name, "ocrzoo_registry.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, imported yet or not."""
    return sorted({*globals(), *__all__, "__version__"})
