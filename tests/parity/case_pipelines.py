"""The pipelines that cases are played on: PaddleX's configuration with models and settings of the kit in it.

Detection and recognition have real weights; the classifiers and UVDoc are stand-ins (``tests/standins``).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Literal

Engine = Literal["onnxruntime", "paddle"]
SUFFIXES: Mapping[Engine, str] = {"onnxruntime": "_onnx", "paddle": ""}
"""Engine -> ending of the folders whose weights it reads."""
Changes = Mapping[str, Any]
"""Dotted path into a configuration -> value; ``...`` takes the key away."""

UPRIGHT = "SubPipelines.DocPreprocessor."
FINDING = "SubModules.TextDetection."
READING = "SubModules.TextRecognition."

OFF: Changes = {"use_doc_preprocessor": False, "use_textline_orientation": False}
STRICT: Changes = {
    FINDING + "limit_side_len": 320,
    FINDING + "limit_type": "max",
    FINDING + "thresh": 0.5,
    FINDING + "box_thresh": 0.8,
    FINDING + "unclip_ratio": 1.2,
    READING + "score_thresh": 0.9,
    READING + "return_word_box": True,
}
"""Settings that are nobody's defaults, so that ``None`` has something to mean."""
ZEROS: Changes = {
    FINDING + "thresh": 0,
    FINDING + "box_thresh": 0,
    FINDING + "unclip_ratio": 0,
    READING + "score_thresh": 0,
}
BARE: Changes = {
    FINDING + key: ...
    for key in ("limit_side_len", "limit_type", "max_side_limit", "thresh", "box_thresh", "unclip_ratio")
} | {READING + "score_thresh": ..., READING + "batch_size": ...}
"""What holds where a configuration says nothing."""


def _module(module_name: str, model: str, engine: Engine, **settings: Any) -> dict[str, Any]:
    where = f"{{models}}/{model}{SUFFIXES[engine]}"
    return {"module_name": module_name, "model_name": model, "model_dir": where, **settings}


def preprocessor(engine: Engine = "onnxruntime", changes: Changes | None = None) -> dict[str, Any]:
    """Return a configuration of the pipeline ``doc_preprocessor``."""
    config = {
        "pipeline_name": "doc_preprocessor",
        "use_doc_orientation_classify": True,
        "use_doc_unwarping": True,
        "SubModules": {
            "DocOrientationClassify": _module("doc_text_orientation", "PP-LCNet_x1_0_doc_ori", engine),
            "DocUnwarping": _module("image_unwarping", "UVDoc", engine),
        },
    }
    return changed(config, changes or {})


def ocr(
    *changes: Changes,
    engine: Engine = "onnxruntime",
    reader: str = "PP-OCRv4_mobile",
    lines: str = "PP-LCNet_x1_0_textline_ori",
) -> dict[str, Any]:
    """Return a configuration of the pipeline ``OCR``, all stages on and PaddleX's settings, with changes."""
    detection = {
        "limit_side_len": 64,
        "limit_type": "min",
        "max_side_limit": 4000,
        "thresh": 0.3,
        "box_thresh": 0.6,
        "unclip_ratio": 1.5,
    }
    config: dict[str, Any] = {
        "pipeline_name": "OCR",
        "text_type": "general",
        "use_doc_preprocessor": True,
        "use_textline_orientation": True,
        "SubPipelines": {"DocPreprocessor": preprocessor(engine)},
        "SubModules": {
            "TextDetection": _module("text_detection", f"{reader}_det", engine, **detection),
            "TextLineOrientation": _module("textline_orientation", lines, engine, batch_size=6),
            "TextRecognition": _module("text_recognition", f"{reader}_rec", engine, batch_size=6, score_thresh=0.0),
        },
    }
    for one in changes:
        config = changed(config, one)
    return config


def changed(config: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """Return a configuration with some values changed."""
    copied: dict[str, Any] = copy.deepcopy(dict(config))
    for path, value in changes.items():
        *folders, key = path.split(".")
        inside = copied
        for folder in folders:
            inside = inside[folder]
        if value is ...:
            del inside[key]
        else:
            inside[key] = value
    return copied


def stages(orientation: bool, unwarping: bool) -> dict[str, Any]:
    """Return a configuration whose preprocessing has these two switches, and no classifier of lines."""
    keys = {UPRIGHT + "use_doc_orientation_classify": orientation, UPRIGHT + "use_doc_unwarping": unwarping}
    return ocr(keys, {"use_textline_orientation": False})


PIPELINES: Mapping[str, Mapping[str, Any]] = {
    "off": {"config": ocr(OFF)},
    "strict": {"config": ocr(OFF, STRICT)},
    "zeros": {"config": ocr(OFF, ZEROS)},
    "bare": {"config": ocr(OFF, BARE)},
    "on": {"config": ocr()},
    "lines": {"config": ocr({"use_doc_preprocessor": False})},
    "lines x0.25": {"config": ocr({"use_doc_preprocessor": False}, lines="PP-LCNet_x0_25_textline_ori")},
    "upright": {"config": stages(orientation=True, unwarping=True)},
    "orientation": {"config": stages(orientation=True, unwarping=False)},
    "unwarping": {"config": stages(orientation=False, unwarping=True)},
    "neither": {"config": stages(orientation=False, unwarping=False)},
    "words": {"config": ocr(OFF, {READING + "return_word_box": True})},
    "v5": {"config": ocr(OFF, reader="PP-OCRv5_mobile")},
    "v5 on": {"config": ocr(reader="PP-OCRv5_mobile")},
    "paddle": {"config": ocr(engine="paddle"), "engine": "paddle"},
    "preprocessor": {"config": preprocessor()},
    "preprocessor off": {
        "config": preprocessor(changes={"use_doc_orientation_classify": False, "use_doc_unwarping": False})
    },
    "preprocessor paddle": {"config": preprocessor("paddle"), "engine": "paddle"},
    "batches of 1": {
        "config": ocr({READING + "batch_size": 1, "SubModules.TextLineOrientation.batch_size": 1}),
    },
    "batches of 2": {
        "config": ocr({"use_doc_preprocessor": False, READING + "batch_size": 2, "batch_size": 2}),
    },
    "shapes": {"config": ocr(OFF, {FINDING + "input_shape": [3, 320, 640], READING + "input_shape": [3, 48, 320]})},
    "yaml": {"pipeline": "{files}/OCR.yaml"},
    "yml": {"pipeline": "{files}/numbers_as_text.yml"},
    "yaml preprocessor": {"pipeline": "{files}/doc_preprocessor.yaml"},
    "no such yaml": {"pipeline": "{files}/nowhere.yaml"},
    "broken yaml": {"pipeline": "{files}/broken.yaml"},
    "no such pipeline": {"pipeline": "no_such_pipeline"},
    "name and config": {"pipeline": "OCR", "config": ocr(OFF)},
    "another name and config": {"pipeline": "doc_preprocessor", "config": ocr(OFF)},
    "device cpu": {"config": ocr(OFF), "device": "cpu"},
    "no such device": {"config": ocr(OFF), "device": "abacus"},
    "use_hpip None": {"config": ocr(OFF), "use_hpip": None},
    "use_hpip False": {"config": ocr(OFF), "use_hpip": False},
    "use_hpip True": {"config": ocr(OFF), "use_hpip": True},
    "hpi_config": {"config": ocr(OFF), "hpi_config": {"backend": "onnxruntime"}},
    "hpi_config None": {"config": ocr(OFF), "hpi_config": None},
    "seal": {"config": ocr(OFF, {"text_type": "seal"})},
    "no such text type": {"config": ocr(OFF, {"text_type": "handwriting"})},
    "no such key": {"config": ocr(OFF, {FINDING + "treshold": 0.5})},
    "no such model": {"config": ocr(OFF, {FINDING + "model_name": "PP-OCRv0_det"})},
    "no such folder": {"config": ocr(OFF, {FINDING + "model_dir": "{models}/nowhere"})},
    "another model's folder": {"config": ocr(OFF, {FINDING + "model_name": "PP-OCRv5_mobile_det"})},
}
"""Name -> arguments of ``create_pipeline``; the engine is ONNX Runtime where none is named."""
