"""``create_pipeline``: arguments become a pipeline, and mistakes are told at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from ocrzoo import create_pipeline
from ocrzoo.engines import Device, EngineOptions
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo_registry.errors import UnknownLanguage, UnknownModel, UsageError
from ocrzoo_registry.zoo import Zoo


def module(pipeline: OCRPipeline, name: str) -> dict[str, Any]:
    return dict(pipeline._modules[name])


def test_defaults(zoo: Zoo) -> None:
    made = create_pipeline(zoo=zoo)
    assert made._runtime.options == EngineOptions()
    assert made._runtime.engine is None
    assert module(made, "TextDetection")["model_dir"] is None


def test_models_and_folders_are_those_named(zoo: Zoo, tmp_path: Path) -> None:
    made = create_pipeline(
        text_detection_model_name="PP-OCRv4_mobile_det",
        text_detection_model_dir=tmp_path,
        text_recognition_model_name="PP-OCRv4_mobile_rec",
        text_recognition_model_dir=str(tmp_path),
        zoo=zoo,
    )
    assert module(made, "TextDetection")["model_name"] == "PP-OCRv4_mobile_det"
    assert module(made, "TextDetection")["model_dir"] == tmp_path
    assert module(made, "TextRecognition")["model_name"] == "PP-OCRv4_mobile_rec"
    assert module(made, "TextRecognition")["model_dir"] == str(tmp_path)


def test_how_it_runs(zoo: Zoo) -> None:
    made = create_pipeline(engine="openvino", device="gpu:1", threads=3, precision="bf16", zoo=zoo)
    assert made._runtime.engine == "openvino"
    assert made._runtime.options == EngineOptions(Device("gpu", 1), 3, "bf16")


@pytest.mark.parametrize("lang", ["ru", "ko", "ja"])
def test_a_language_chooses_the_recognition_model(zoo: Zoo, lang: str) -> None:
    name = module(create_pipeline(lang=lang, zoo=zoo), "TextRecognition")["model_name"]
    assert lang in zoo.models.get(name).card.languages


def test_the_default_model_is_kept_for_a_language_that_it_reads(zoo: Zoo) -> None:
    assert module(create_pipeline(lang="en", zoo=zoo), "TextRecognition")["model_name"] == "PP-OCRv5_mobile_rec"


def test_a_language_and_a_model_are_one_choice_too_many(zoo: Zoo) -> None:
    with pytest.raises(UsageError, match="lang='ru' and text_recognition_model_name both choose"):
        create_pipeline(lang="ru", text_recognition_model_name="PP-OCRv4_mobile_rec", zoo=zoo)


def test_a_language_that_nobody_reads(zoo: Zoo) -> None:
    with pytest.raises(UnknownLanguage, match="tlh"):
        create_pipeline(lang="tlh", zoo=zoo)


@pytest.mark.parametrize("argument", ["text_detection_model_name", "text_recognition_model_name"])
def test_a_model_that_nobody_knows_is_told_at_once(zoo: Zoo, argument: str) -> None:
    with pytest.raises(UnknownModel, match="PP-OCRv5_mobile_"):
        create_pipeline(**{argument: "PP-OCRv5_mobil_"}, zoo=zoo)  # type: ignore[arg-type]


def test_a_pipeline_that_nobody_knows(zoo: Zoo) -> None:
    with pytest.raises(UsageError, match="OCR"):
        create_pipeline("OCRR", zoo=zoo)


def test_a_device_that_makes_no_sense(zoo: Zoo) -> None:
    with pytest.raises(UsageError, match="device 'cuda'"):
        create_pipeline(device="cuda", zoo=zoo)


def test_nothing_is_loaded_yet(zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)  # importing it would fail
    made = create_pipeline(engine="openvino", zoo=zoo)
    assert "detector" not in vars(made)
    assert "recogniser" not in vars(made)


def test_two_pipelines_share_no_settings(zoo: Zoo) -> None:
    create_pipeline(text_detection_model_name="PP-OCRv4_mobile_det", zoo=zoo)
    assert module(create_pipeline(zoo=zoo), "TextDetection")["model_name"] == "PP-OCRv5_mobile_det"
