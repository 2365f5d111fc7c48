"""``create_pipeline``: the one call between a user and a running pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from ocrzoo.engines import Device, EngineOptions, Precision
from ocrzoo.runtime import Runtime
from ocrzoo_registry.contracts import load_attribute
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.selection import select_recognition
from ocrzoo_registry.zoo import Zoo

if TYPE_CHECKING:
    from ocrzoo.pipelines.ocr import OCRPipeline


def create_pipeline(
    pipeline: str = "OCR",
    *,
    lang: str | None = None,
    text_detection_model_name: str | None = None,
    text_detection_model_dir: str | Path | None = None,
    text_recognition_model_name: str | None = None,
    text_recognition_model_dir: str | Path | None = None,
    engine: str | None = None,
    device: str | None = None,
    threads: int = 0,
    precision: Precision = "fp32",
    zoo: Zoo | None = None,
) -> OCRPipeline:
    """Put a pipeline together; its models are fetched and loaded when first used.

    ``lang`` (a language tag such as ``ru`` or ``zh-Hant``) chooses the recognition model; give that or its
    name, not both. ``engine`` is ``openvino``, ``onnxruntime`` or ``paddle``; the fastest one that is installed
    and reads the model if not given. ``device`` is ``cpu`` or a kind with a card number such as ``gpu:0``.
    ``threads`` is per call, 0 for all this process may use.

    Raises:
        UnknownModel: No card has the name given.
        UnknownLanguage: No model claims the language.
        UsageError: An argument makes no sense.
    """
    zoo = zoo or Zoo()
    spec = zoo.pipelines.get(pipeline)
    if lang is not None and text_recognition_model_name is not None:
        raise UsageError(f"lang={lang!r} and text_recognition_model_name both choose the model: give one of them")
    config = _configuration(zoo, pipeline, lang)
    modules = config.get("SubModules", {})
    chosen: dict[str, dict[str, Any]] = {
        "TextDetection": {"model_name": text_detection_model_name, "model_dir": text_detection_model_dir},
        "TextRecognition": {
            "model_name": text_recognition_model_name,
            "model_dir": text_recognition_model_dir,
        },
    }
    for module, settings in chosen.items():
        given = {key: value for key, value in settings.items() if value is not None}
        if given and module not in modules:
            raise UsageError(f"pipeline {pipeline!r} has no module {module}")
        modules.get(module, {}).update(given)
    if precision not in get_args(Precision):
        raise UsageError(f"precision {precision!r}: there are {', '.join(get_args(Precision))}")
    options = EngineOptions(Device.parse(device or "cpu"), threads, precision)
    runtime = Runtime(zoo, engine, options)
    for module in modules.values():
        runtime.card(module["model_name"], module["module_name"])
    made: OCRPipeline = load_attribute(spec.factory)(config, runtime)
    return made


def models_of(zoo: Zoo, pipeline: str, lang: str | None = None) -> list[str]:
    """Return the names of the models that a pipeline uses, with the recognition model of a language if one is given.

    Raises:
        UsageError: There is no such pipeline.
        UnknownLanguage: No model claims the language.
    """
    modules = _configuration(zoo, pipeline, lang).get("SubModules", {})
    return [module["model_name"] for module in modules.values()]


def _configuration(zoo: Zoo, pipeline: str, lang: str | None) -> dict[str, Any]:
    """A pipeline's own configuration, with the recognition model that reads a language."""
    config: dict[str, Any] = load_attribute(zoo.pipelines.get(pipeline).config)()
    if lang is not None:
        recognition = config["SubModules"]["TextRecognition"]
        recognition["model_name"] = select_recognition(zoo, lang, recognition["model_name"]).card.name
    return config
