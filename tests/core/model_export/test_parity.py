"""What the parity report says of equal and of changed models."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.core.model_export.conftest import REC, stored
from tests.core.model_export.test_layouts import edited

from ocrzoo.model_export.parity import Difference, Parity, compare, differences
from ocrzoo.model_export.targets import Model, Placed
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights


def test_lines_are_aligned() -> None:
    assert differences(["a", "b", "c"], ["a", "b", "c"]) == []
    assert differences(["a", "b", "c"], ["a", "c"]) == [Difference(["b"], [])]
    assert differences(["a", "b", "c"], ["x", "a", "b", "d"]) == [Difference([], ["x"]), Difference(["c"], ["d"])]


def compared(zoo: Zoo, *models: Model) -> Parity:
    return compare(zoo, [(Placed(one, ""), one.files.folder) for one in models], "onnxruntime", lambda: None)


def test_a_model_alone_is_asked_about_the_picture_of_its_card(zoo: Zoo, det: Model, rec: Model) -> None:
    detector, recognizer = (compared(zoo, one) for one in (det, rec))
    assert [detector.equal, recognizer.equal] == [True, True]
    assert [(one.picture, one.lines) for one in (*detector.compared, *recognizer.compared)] == [
        ("self-check", 20),
        ("self-check", 6),
    ]


def test_a_detection_model_of_a_folder_is_asked_about_the_sample_pages(zoo: Zoo, det: Model) -> None:
    parity = compared(zoo, stored(zoo, str(det.files.folder)))
    assert parity.equal is True
    assert [(one.picture, one.lines) for one in parity.compared] == [("sample pages", 85)]


def test_a_changed_dictionary_is_found_out(tmp_path: Path, zoo: Zoo, rec: Model) -> None:
    """Of the sixth digit: the card's picture has 字 and OCR2468."""
    parity = compared(zoo, edited(rec, tmp_path / "model", "  - '6'\n", "  - '?'\n"))
    assert parity.equal is False
    assert "文字识别OCR 24?8" in {line for one in parity.compared[0].differences for line in one.exported}
    assert parity.compared[0].models == [REC]


def test_where_no_line_is_found_nothing_was_compared(tmp_path: Path, zoo: Zoo, det: Model) -> None:
    blind = edited(det, tmp_path / "model", "box_thresh: 0.4", "box_thresh: 1.0")
    parity = compared(zoo, stored(zoo, str(blind.files.folder)))
    assert parity.equal is None
    assert [one.lines for one in parity.compared] == [0]


def test_of_nothing_that_can_be_read_nothing_is_said(zoo: Zoo) -> None:
    assert compare(zoo, [], "onnxruntime", lambda: None).equal is None


def test_the_files_are_read_from_the_export_and_not_from_the_store(tmp_path: Path, zoo: Zoo, rec: Model) -> None:
    model = edited(rec, tmp_path / "model", "Global", "Global")
    (model.files.folder / "inference.onnx").write_bytes(os.urandom(1000))
    with pytest.raises(Exception, match="model"):
        compared(zoo, model)
