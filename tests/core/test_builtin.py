"""What ocrzoo itself offers, by the same door as any plugin."""

from __future__ import annotations

import pytest

from ocrzoo.engines.base import Engine
from ocrzoo.pipelines.config import default_ocr
from ocrzoo_registry.plugins.specs import load_attribute
from ocrzoo_registry.zoo import Zoo


def test_engines_by_rank(zoo: Zoo) -> None:
    ranked = sorted(zoo.engines, key=lambda spec: spec.rank)
    assert [(spec.name, spec.formats) for spec in ranked] == [
        ("openvino", ("onnx",)),
        ("onnxruntime", ("onnx",)),
        ("paddle", ("paddle",)),
    ]


@pytest.mark.parametrize("name", ["openvino", "onnxruntime", "paddle"])
def test_every_engine_can_be_loaded_and_says_how_to_install_it(zoo: Zoo, name: str) -> None:
    spec = zoo.engines.get(name)
    engine: Engine = load_attribute(spec.factory)()
    assert callable(engine.load)
    assert spec.install == f"ocrzoo[{name}]"


def test_every_predictor_and_source_can_be_loaded(zoo: Zoo) -> None:
    for spec in [*zoo.predictors, *zoo.sources]:
        assert callable(load_attribute(spec.factory))


def test_a_predictor_is_called_what_the_cards_call_it(zoo: Zoo) -> None:
    wanted = {o.inference.predictor for o in zoo.models if o.task in ("text_detection", "text_recognition")}
    assert wanted <= set(zoo.predictors.names)


def test_the_pipelines_configuration_is_a_fresh_copy_of_paddlexs_values(zoo: Zoo) -> None:
    spec = zoo.pipelines.get("OCR")
    config = load_attribute(spec.config)()
    detection, recognition = config["SubModules"]["TextDetection"], config["SubModules"]["TextRecognition"]
    assert (detection["limit_side_len"], detection["limit_type"], detection["max_side_limit"]) == (64, "min", 4000)
    assert (detection["thresh"], detection["box_thresh"], detection["unclip_ratio"]) == (0.3, 0.6, 1.5)
    assert (recognition["batch_size"], recognition["score_thresh"]) == (6, 0.0)
    assert config["text_type"] == "general"
    detection.clear()
    assert default_ocr()["SubModules"]["TextDetection"]


def test_the_default_models_are_the_small_ones_of_ppocrv5() -> None:
    modules = default_ocr()["SubModules"]
    assert [modules[name]["model_name"] for name in ("TextDetection", "TextRecognition")] == [
        "PP-OCRv5_mobile_det",
        "PP-OCRv5_mobile_rec",
    ]
