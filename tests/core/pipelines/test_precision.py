"""Precision with real weights: what is asked for reaches the networks, and what is read stays nearly the same."""

from __future__ import annotations

import difflib
import logging
from pathlib import Path
from typing import Any

import pytest

from ocrzoo import create_model, create_pipeline
from ocrzoo.types import Precision
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.zoo import Zoo

OFF: dict[str, Any] = dict.fromkeys(
    ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False
)


def texts(zoo: Zoo, page: Path, precision: Precision, **options: Any) -> list[str]:
    [result] = create_pipeline("OCR", zoo=zoo, threads=2, precision=precision, **OFF, **options).predict(page)
    return list(result["rec_texts"])


@pytest.mark.weights
@pytest.mark.parametrize("precision", ["bfloat16", "checked", "auto"])
def test_another_precision_reads_nearly_the_same(zoo: Zoo, sample: Path, precision: Precision) -> None:
    expected = "\n".join(texts(zoo, sample, "float32"))
    read = "\n".join(texts(zoo, sample, precision))
    assert difflib.SequenceMatcher(None, expected, read, autojunk=False).ratio() > 0.95


@pytest.mark.weights
def test_each_module_may_have_a_precision(zoo: Zoo, sample: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = create_pipeline("OCR", zoo=zoo).config.model_dump(exclude_none=True)
    config["SubModules"]["TextRecognition"]["precision"] = "bf16"
    with caplog.at_level(logging.DEBUG, "ocrzoo"):
        list(create_pipeline(config=config, zoo=zoo, engine="openvino", precision="fp32", **OFF).predict(sample))
    assert "PP-OCRv5_mobile_rec: onnx on openvino bfloat16" in caplog.text
    assert "PP-OCRv5_mobile_det: onnx on openvino float32" in caplog.text


@pytest.mark.weights
def test_paddlex_answers_are_float32(zoo: Zoo, sample: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "ocrzoo"):
        assert texts(zoo, sample, "auto", batching="exact") == texts(zoo, sample, "float32")
    assert "bfloat16" not in caplog.text


def test_another_word_is_an_error_that_lists_the_precisions(zoo: Zoo) -> None:
    with pytest.raises(UsageError, match="choose one of auto, float32, bfloat16, float16, checked"):
        create_pipeline("OCR", zoo=zoo, precision="float23")  # type: ignore[call-overload]
    with pytest.raises(UsageError, match="choose one of auto"):
        create_model("PP-OCRv5_mobile_rec", zoo=zoo, precision="float23")  # type: ignore[arg-type]
