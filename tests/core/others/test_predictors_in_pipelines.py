"""Predictors and engines of plugins at work in the OCR pipeline, by the names of their models."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.others.conftest import Install

from ocrzoo import create_model, create_pipeline
from ocrzoo.pipelines import line_router
from ocrzoo_registry.errors import EngineError
from ocrzoo_registry.zoo import Zoo

READER = """
from ocrzoo import Line
from ocrzoo_registry import PredictorSpec

class Reader:
    def __init__(self, card, config, session):
        pass

    def predict(self, crops):
        return [Line("Grüße aus Rom", 0.9) for _ in crops]

@hookimpl
def ocrzoo_predictors():
    yield PredictorSpec("own_reader", f"{__name__}:Reader", tasks=("text_recognition",))
"""
OFF = ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation")


def own_pipeline(zoo: Zoo, **options: Any) -> Any:
    """The pipeline with the plugin's models."""
    named = {"text_detection_model_name": "own_det", "text_recognition_model_name": "own_rec"}
    given: dict[str, Any] = {**named, **dict.fromkeys(OFF, False), **options}
    return create_pipeline("OCR", zoo=zoo, **given)


@pytest.fixture
def zoo(install: Install, own_zoo: Callable[[], Zoo]) -> Zoo:
    install(code=READER, inference={"predictor": "own_reader"})
    return own_zoo()


def test_lines_without_columns_are_whole_and_have_no_words(
    zoo: Zoo,
    page: NDArray[np.uint8],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Said once in the log, and in each page's result; exports have the line as one word."""
    monkeypatch.setattr(line_router, "_without_words", set())
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        first, second = own_pipeline(zoo).predict([page, page], return_word_box=True)
    said = "own_rec does not say where in a line its characters are: its lines are whole, but have no words"
    assert caplog.messages == [said]
    assert (first.text, first["text_word"], first["warnings"]) == ("Grüße aus Rom", [[]], [said])
    assert (second["rec_texts"], len(second["text_word_boxes"][0])) == (["Grüße aus Rom"], 0)
    assert "Grüße aus Rom</span>" in first.save_to_hocr(tmp_path / "page.hocr").read_text("utf-8")
    assert first.save_to_pdf(tmp_path / "page.pdf").stat().st_size > 0
    first.save_to_img(tmp_path / "page.png")


def test_words_are_not_missed_where_nobody_asks_for_them(
    zoo: Zoo, page: NDArray[np.uint8], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        (found,) = own_pipeline(zoo).predict(page)
    assert (found.text, caplog.messages, "warnings" in found) == ("Grüße aus Rom", [], False)


def test_as_paddlex_too(zoo: Zoo, page: NDArray[np.uint8]) -> None:
    """With its order of words, batches and squeezed lines, of which the plugin's predictor knows nothing."""
    (found,) = own_pipeline(zoo, paddlex_quirks=True).predict(page, return_word_box=True)
    assert (found["rec_texts"], found["text_word"]) == (["Grüße aus Rom"], [[]])


@pytest.mark.parametrize(("threads", "memory"), [(1, None), (2, "4GB")])
def test_below_a_ceiling_of_memory_and_on_few_cores(
    zoo: Zoo, page: NDArray[np.uint8], threads: int, memory: str | None
) -> None:
    pipeline = own_pipeline(zoo, threads=threads, memory=memory)
    assert [found.text for found in pipeline.predict([page] * 4)] == ["Grüße aus Rom"] * 4


ENGINE = """
from ocrzoo_registry import EngineSpec

class Engine:
    def load(self, folder, file_format, options):
        from ocrzoo.engines.onnxruntime import OnnxRuntimeEngine
        return OnnxRuntimeEngine().load(folder, file_format, options)

@hookimpl
def ocrzoo_engines():
    yield EngineSpec("own_engine", f"{__name__}:Engine", ("onnx",), "json", "sea-dist", rank=1, models=("own_r*",))
"""


def test_an_engine_meant_for_one_model_runs_it_and_is_not_tried_on_others(
    install: Install, own_zoo: Callable[[], Zoo], page: NDArray[np.uint8], caplog: pytest.LogCaptureFixture
) -> None:
    install(code=ENGINE)
    pipeline = own_pipeline(own_zoo())
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        assert len(list(pipeline.predict(page))) == 1
    engines = {model["name"]: model["engine"] for model in pipeline.loaded_models()}
    assert engines == {"own_det": "openvino", "own_rec": "own_engine"}
    assert caplog.messages == []


def test_an_engine_named_for_another_model_says_so(install: Install, own_zoo: Callable[[], Zoo]) -> None:
    install(code=ENGINE)
    said = "engine 'own_engine' runs only own_r\\*: own_det needs another engine"
    with pytest.raises(EngineError, match=said):
        create_model("own_det", zoo=own_zoo(), engine="own_engine")
