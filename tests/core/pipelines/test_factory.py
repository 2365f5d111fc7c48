"""``create_pipeline``: arguments become a pipeline, and mistakes are told at once."""

from __future__ import annotations

import copy
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from ocrzoo import create_pipeline
from ocrzoo.engines.base import Device, EngineOptions
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.config import default_doc_preprocessor, default_ocr
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.pipelines.predict_params import PreprocessingParams, ocr_params
from ocrzoo_registry.errors import OcrzooError, UnknownLanguage, UnknownModel, UsageError
from ocrzoo_registry.zoo import Zoo


def module(pipeline: OCRPipeline, name: str) -> dict[str, Any]:
    return dict(getattr(pipeline.config.SubModules, name))


def loader(pipeline: OCRPipeline) -> ModelLoader:
    """The loader of the detector, which says nothing of its own in these tests."""
    return pipeline._detector._loader


def test_defaults(zoo: Zoo) -> None:
    made = create_pipeline(zoo=zoo)
    assert loader(made).options == EngineOptions()
    assert loader(made).engine is None
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
    assert module(made, "TextRecognition")["model_dir"] == tmp_path


def test_engine_device_threads_and_precision(zoo: Zoo) -> None:
    made = create_pipeline(engine="openvino", device="gpu:1", threads=3, precision="bf16", zoo=zoo)
    assert loader(made).engine == "openvino"
    assert loader(made).options == EngineOptions(Device("gpu", 1), 3)
    assert loader(made).wanted.precision == "bfloat16"


@pytest.mark.parametrize("lang", ["ru", "ko", "ja"])
def test_a_language_chooses_the_recognition_model(zoo: Zoo, lang: str) -> None:
    name = module(create_pipeline(lang=lang, zoo=zoo), "TextRecognition")["model_name"]
    assert lang in zoo.models.get(name).languages


def test_the_default_model_is_kept_for_a_language_that_it_reads(zoo: Zoo) -> None:
    assert module(create_pipeline(lang="en", zoo=zoo), "TextRecognition")["model_name"] == "PP-OCRv5_mobile_rec"


def test_a_language_and_a_model_together_are_refused(zoo: Zoo) -> None:
    with pytest.raises(UsageError, match="lang='ru' and text_recognition_model_name both choose"):
        create_pipeline(lang="ru", text_recognition_model_name="PP-OCRv4_mobile_rec", zoo=zoo)
    with pytest.raises(UsageError, match="lang='ru' and text_recognition_model_dir both choose"):
        create_pipeline(lang="ru", text_recognition_model_dir="mine", zoo=zoo)


def test_a_detector_may_be_named_beside_a_language(zoo: Zoo) -> None:
    made = create_pipeline(lang="ru", text_detection_model_name="PP-OCRv5_mobile_det", zoo=zoo)
    assert module(made, "TextRecognition")["model_name"] == "eslav_PP-OCRv5_mobile_rec"


def test_several_languages_choose_a_model_that_reads_all(zoo: Zoo) -> None:
    made = create_pipeline(lang="Russian,en", zoo=zoo)
    assert module(made, "TextRecognition")["model_name"] == "eslav_PP-OCRv5_mobile_rec"


def test_an_error_names_the_letters_that_are_missing(zoo: Zoo) -> None:
    with pytest.raises(UnknownLanguage, match="lacks 88 of the 178 letters of Vietnamese"):
        create_pipeline(lang="vi", zoo=zoo)


def test_an_ambiguous_code_is_refused(zoo: Zoo) -> None:
    with pytest.raises(UsageError, match="use 'kn' for Kannada"):
        create_pipeline(lang="ka", zoo=zoo)


def test_an_unsupported_language_is_refused(zoo: Zoo) -> None:
    with pytest.raises(UnknownLanguage, match="tlh"):
        create_pipeline(lang="tlh", zoo=zoo)


@pytest.mark.parametrize("argument", ["text_detection_model_name", "text_recognition_model_name"])
def test_an_unknown_model_is_refused_at_once(zoo: Zoo, argument: str) -> None:
    named: dict[str, Any] = {argument: "PP-OCRv5_mobil_"}
    with pytest.raises(UnknownModel, match="PP-OCRv5_mobile_"):
        create_pipeline(**named, zoo=zoo)


def test_an_unknown_pipeline_is_refused(zoo: Zoo) -> None:
    with pytest.raises(UsageError, match="OCR"):
        create_pipeline("OCRR", zoo=zoo)


def test_an_unknown_device_is_refused(zoo: Zoo) -> None:
    with pytest.raises(UsageError, match="device 'cuda'"):
        create_pipeline(device="cuda", zoo=zoo)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pipeline": 5}, "^pipeline=5: "),
        ({"config": [1]}, "^config is a list: "),
        ({"lang": 5}, "^lang=5: "),
        ({"device": 0}, "^device 0 is invalid: "),
        ({"threads": "x"}, "^threads must be .*not 'x'"),
        ({"config": {"pipeline_name": "OCR", "SubModules": 5}}, "^config: SubModules=5: "),
        ({"config": {"pipeline_name": "OCR", "SubPipelines": [1]}, "use_doc_unwarping": True}, r"SubPipelines=\[1\]: "),
    ],
)
def test_invalid_arguments_are_refused_at_once(zoo: Zoo, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        create_pipeline(zoo=zoo, **arguments)


def test_the_message_for_a_huge_value_is_short(zoo: Zoo) -> None:
    with pytest.raises(UsageError) as caught:
        create_pipeline(config={"pipeline_name": "OCR", "text_type": list(range(9999))}, zoo=zoo)
    assert len(str(caught.value)) < 200


def test_nothing_is_loaded_yet(zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)  # importing it would fail
    made = create_pipeline(engine="openvino", zoo=zoo)
    assert made._detector._loaded == {}


def test_two_pipelines_share_no_settings(zoo: Zoo) -> None:
    create_pipeline(text_detection_model_name="PP-OCRv4_mobile_det", zoo=zoo)
    assert module(create_pipeline(zoo=zoo), "TextDetection")["model_name"] == "PP-OCRv5_mobile_det"


class TestConfigurations:
    """PaddleX's YAML as it is, or as a dictionary."""

    def test_paddlexs_own_yaml(self, zoo: Zoo, tmp_path: Path) -> None:
        """The shape of PaddleX 3.7.2's file, with models of the tutorial."""
        path = tmp_path / "OCR.yaml"
        path.write_text(OF_THE_TUTORIAL, encoding="utf-8")
        made = create_pipeline(pipeline=str(path), zoo=zoo)
        assert module(made, "TextRecognition")["model_name"] == "PP-OCRv4_mobile_rec"
        assert module(made, "TextRecognition")["batch_size"] == 1
        assert made.config.SubPipelines.DocPreprocessor.SubModules.DocUnwarping.model_name == "UVDoc"
        assert create_pipeline(path, zoo=zoo).config == made.config

    def test_a_dictionary_takes_precedence_and_is_not_changed(self, zoo: Zoo) -> None:
        config = default_ocr()
        config["SubModules"]["TextDetection"]["model_name"] = "PP-OCRv4_mobile_det"
        before = copy.deepcopy(config)
        made = create_pipeline("OCR", config=config, text_recognition_model_name="PP-OCRv4_mobile_rec", zoo=zoo)
        assert module(made, "TextDetection")["model_name"] == "PP-OCRv4_mobile_det"
        assert module(made, "TextRecognition")["model_name"] == "PP-OCRv4_mobile_rec"
        assert config == before

    def test_a_dictionary_of_another_pipeline_is_refused(self, zoo: Zoo) -> None:
        with pytest.raises(UsageError, match="config is that of 'doc_preprocessor', and pipeline is 'OCR'"):
            create_pipeline("OCR", config=default_doc_preprocessor(), zoo=zoo)

    def test_the_pipeline_inside_is_one_of_its_own(self, zoo: Zoo) -> None:
        made = create_pipeline("doc_preprocessor", doc_unwarping_model_name="UVDoc", zoo=zoo)
        chosen = made.config.SubModules.DocUnwarping
        assert chosen is not None
        assert chosen.model_name == "UVDoc"

    @pytest.mark.parametrize(
        ("wrong", "right"),
        [
            (
                "limit_side_len: 64",
                "SubModules.TextDetection.limit_side_length: unknown key (did you mean limit_side_len?)",
            ),
            ("box_thresh: 0.6", "SubModules.TextDetection.box_thresh='much': a number is needed"),
            ("text_type: general", "text_type='seal': 'general' is needed"),
            ("use_doc_preprocessor: ", "OCR.yaml: upscale='large': a number, or 'auto' is needed"),
            ("model_name: UVDoc", "no model is called 'UVDok' (did you mean UVDoc"),
            ("pipeline_name: OCR", "OCR.yaml: not a pipeline configuration: pipeline_name is missing"),
        ],
    )
    def test_an_error_names_file_and_key(self, zoo: Zoo, tmp_path: Path, wrong: str, right: str) -> None:
        mistakes = {
            "limit_side_len: 64": "limit_side_length: 64",
            "box_thresh: 0.6": "box_thresh: much",
            "text_type: general": "text_type: seal",
            "use_doc_preprocessor: ": "upscale: large\nuse_doc_preprocessor: ",
            "model_name: UVDoc": "model_name: UVDok",
            "pipeline_name: OCR": "pipelinename: OCR",
        }
        path = tmp_path / "OCR.yaml"
        path.write_text(OF_THE_TUTORIAL.replace(wrong, mistakes[wrong]), encoding="utf-8")
        with pytest.raises(OcrzooError, match=re.escape(right)):
            create_pipeline(path, zoo=zoo)

    def test_a_missing_file_is_refused(self, zoo: Zoo, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"no\.yaml could not be read: No such file"):
            create_pipeline(tmp_path / "no.yaml", zoo=zoo)


class TestSwitches:
    """Stages that are on or off for all pages."""

    @pytest.mark.parametrize(
        ("switches", "orientation", "unwarping", "lines"),
        [
            ({}, True, True, True),
            ({"use_doc_unwarping": False}, True, False, True),
            ({"use_textline_orientation": False}, True, True, False),
            ({"use_doc_orientation_classify": False, "use_doc_unwarping": False}, False, False, True),
        ],
    )
    def test_switches_as_arguments(
        self, zoo: Zoo, switches: dict[str, Any], orientation: bool, unwarping: bool, lines: bool
    ) -> None:
        own = ocr_params(create_pipeline(zoo=zoo, **switches).config, {})
        assert own.line_orientation is lines
        expected = PreprocessingParams(orientation, unwarping) if orientation or unwarping else None
        assert own.preprocessing == expected

    def test_one_step_is_enabled_where_both_are_off(self, zoo: Zoo) -> None:
        config = {**default_ocr(), "use_doc_preprocessor": False}
        made = create_pipeline(config=config, use_doc_orientation_classify=True, zoo=zoo)
        assert ocr_params(made.config, {}).preprocessing == PreprocessingParams(orientation=True, unwarping=False)

    def test_switches_of_doc_preprocessor(self, zoo: Zoo) -> None:
        made = create_pipeline("doc_preprocessor", use_doc_unwarping=False, zoo=zoo)
        assert (made.config.use_doc_orientation_classify, made.config.use_doc_unwarping) == (True, False)
        with pytest.raises(UsageError, match="use_textline_orientation: unknown key"):
            create_pipeline("doc_preprocessor", use_textline_orientation=True, zoo=zoo)


class TestHowNetworksAreRun:
    """PaddleX's words for engines."""

    @pytest.mark.parametrize(
        ("arguments", "engine", "accelerated", "threads"),
        [
            ({}, None, None, 0),
            ({"use_hpip": False}, None, False, 0),
            ({"use_hpip": True}, None, True, 0),
            ({"use_hpip": True, "hpi_config": {"backend": "onnxruntime"}}, "onnxruntime", True, 0),
            ({"hpi_config": {"backend_config": {"cpu_num_threads": 3}}}, None, None, 3),
            ({"engine": "paddle_static", "engine_config": {"cpu_threads": 2}}, "paddle", None, 2),
            ({"engine": "hpi"}, None, True, 0),
        ],
    )
    def test_paddlex_settings_are_translated(
        self, zoo: Zoo, arguments: dict[str, Any], engine: str | None, accelerated: bool | None, threads: int
    ) -> None:
        found = loader(create_pipeline(zoo=zoo, **arguments))
        assert (found.engine, found.accelerated, found.options.threads) == (engine, accelerated, threads)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"engine": "transformers"}, "no engine is called 'transformers': choose "),
            ({"engine": "openvin"}, "no engine is called 'openvin'"),
            ({"hpi_config": {"backand": "openvino"}}, "hpi_config: unknown key 'backand' (did you mean backend"),
            ({"hpi_config": {"backend": "tensorrt"}}, "tensorrt runs on NVIDIA cards, not on cpu: add device='gpu'"),
            ({"hpi_config": {"auto_config": "no"}}, "hpi_config: auto_config must be True or False, not 'no'"),
            ({"hpi_config": {"auto_paddle2onnx": 0}}, "hpi_config: auto_paddle2onnx must be True or False, not 0"),
            ({"engine_config": {"cpu_threads": "many"}}, "to 1024, not 'many'"),
            ({"text_detection_model_nam": "x"}, "no argument 'text_detection_model_nam' (did you mean"),
        ],
    )
    def test_unsupported_settings_are_refused_at_once(self, zoo: Zoo, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises(UsageError, match=re.escape(message)):
            create_pipeline(zoo=zoo, **arguments)

    def test_tensorrt_is_a_way_of_onnx_runtime(self, zoo: Zoo) -> None:
        found = loader(create_pipeline(zoo=zoo, device="gpu:1", hpi_config={"backend": "tensorrt"}))
        assert (found.engine, found.options.tensorrt, str(found.options.device)) == ("onnxruntime", True, "gpu:1")

    def test_a_module_may_have_its_own_engine(self, zoo: Zoo) -> None:
        config = default_ocr()
        config["SubModules"]["TextDetection"]["engine"] = "onnxruntime"
        made = create_pipeline(config=config, engine="openvino", zoo=zoo)
        assert loader(made).engine == "onnxruntime"
        assert made._readers._chosen.models[0]._loader.engine == "openvino"


OF_THE_TUTORIAL = """
pipeline_name: OCR
text_type: general
use_doc_preprocessor: True
use_textline_orientation: True
SubPipelines:
  DocPreprocessor:
    pipeline_name: doc_preprocessor
    use_doc_orientation_classify: True
    use_doc_unwarping: True
    SubModules:
      DocOrientationClassify:
        module_name: doc_text_orientation
        model_name: PP-LCNet_x1_0_doc_ori
        model_dir: null
      DocUnwarping:
        module_name: image_unwarping
        model_name: UVDoc
        model_dir: null
SubModules:
  TextDetection:
    module_name: text_detection
    model_name: PP-OCRv4_mobile_det
    model_dir: null
    limit_side_len: 64
    limit_type: min
    max_side_limit: 4000
    thresh: 0.3
    box_thresh: 0.6
    unclip_ratio: 1.5
  TextLineOrientation:
    module_name: textline_orientation
    model_name: PP-LCNet_x0_25_textline_ori
    model_dir: null
    batch_size: 1
  TextRecognition:
    module_name: text_recognition
    model_name: PP-OCRv4_mobile_rec
    model_dir: null
    batch_size: 1
    score_thresh: 0.0
"""
