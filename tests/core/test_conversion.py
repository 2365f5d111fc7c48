"""Paddle models as ONNX: converted, compared with the original, and only then used."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from ocrzoo.loading import conversion
from ocrzoo.model_loader import ModelLoader
from ocrzoo_registry.errors import EngineError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

NAME, TASK = "PP-LCNet_x1_0_doc_ori", "doc_text_orientation"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not conversion.can_convert(), reason="needs the extras paddle and convert"),
]


@pytest.fixture
def own_zoo(tmp_path: Path) -> Zoo:
    """A zoo with an empty store."""
    return Zoo(Settings(home=tmp_path / "home", offline=True))


@pytest.fixture
def folder(stand_ins: dict[str, Path]) -> Path:
    """A Paddle program in today's format, ``inference.json``."""
    return stand_ins[NAME]


def loaded_on(caplog: pytest.LogCaptureFixture, zoo: Zoo, folder: Path, **loader: Any) -> list[str]:
    caplog.clear()
    caplog.set_level(logging.DEBUG, "ocrzoo")
    ModelLoader(zoo, **loader).predictor(NAME, TASK, folder)
    texts = [record.getMessage() for record in caplog.records if f"{NAME}: " in record.getMessage()]
    return [text.split(": ")[1].split(" from ")[0] for text in texts if " on " in text and " from " in text]


def test_it_is_converted_once_and_compared_with_paddle(
    own_zoo: Zoo, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = loaded_on(caplog, own_zoo, folder)
    assert first[0].startswith("paddle on paddle"), "the original, to compare with"
    assert first[-1].startswith("onnx on openvino")
    assert [one[:16] for one in loaded_on(caplog, own_zoo, folder)] == ["onnx on openvino"]


def test_a_conversion_that_computes_otherwise_is_not_used(
    own_zoo: Zoo,
    folder: Path,
    stand_ins: dict[str, Path],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wrongly(_files: object, target: Path) -> str:
        shutil.copy(stand_ins["PP-LCNet_x0_25_textline_ori_onnx"] / "inference.onnx", target)
        return ""

    monkeypatch.setattr(conversion, "_convert", wrongly)
    assert loaded_on(caplog, own_zoo, folder)[-1].startswith("paddle on paddle")
    (warning,) = (record.getMessage() for record in caplog.records if record.levelno == logging.WARNING)
    assert warning.startswith(f"{NAME}: its conversion to ONNX is not used: ")
    assert warning.endswith("paddle runs it")
    assert [one[:16] for one in loaded_on(caplog, own_zoo, folder)] == ["paddle on paddle"]
    assert not [record for record in caplog.records if record.levelno == logging.WARNING], "it warns once"


def test_it_can_be_turned_off(own_zoo: Zoo, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert [one[:16] for one in loaded_on(caplog, own_zoo, folder, converts=False)] == ["paddle on paddle"]
    assert [one[:16] for one in loaded_on(caplog, own_zoo, folder, accelerated=False)] == ["paddle on paddle"]


@pytest.mark.weights
def test_one_that_the_engine_refuses_is_named(own_zoo: Zoo, zoo: Zoo, caplog: pytest.LogCaptureFixture) -> None:
    name = "PP-OCRv4_mobile_rec"
    original = ModelLoader(zoo, "paddle").plan(name, "text_recognition").files.folder
    with pytest.raises(EngineError, match="as paddle, which onnxruntime cannot read"):
        ModelLoader(own_zoo, "onnxruntime").predictor(name, "text_recognition", original)
    assert "its conversion to ONNX is not used: onnxruntime could not load it" in caplog.text
