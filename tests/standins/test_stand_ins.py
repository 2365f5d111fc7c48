"""The stand-ins are what they claim: one network in two forms, the same on every engine, with every class in use."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.engines.base import Engine, EngineOptions, Session
from ocrzoo.engines.onnxruntime import OnnxRuntimeEngine
from ocrzoo.engines.openvino import OpenVinoEngine
from ocrzoo.engines.paddle import PaddleEngine
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

INPUTS = {
    "PP-LCNet_x1_0_doc_ori": ("x", (3, 3, 224, 224)),
    "PP-LCNet_x0_25_textline_ori": ("x", (5, 3, 80, 160)),
    "PP-LCNet_x1_0_textline_ori": ("x", (5, 3, 80, 160)),
    "UVDoc": ("img", (2, 3, 48, 40)),
}
OUTPUTS = {
    "PP-LCNet_x1_0_doc_ori": (3, 4),
    "PP-LCNet_x0_25_textline_ori": (5, 2),
    "PP-LCNet_x1_0_textline_ori": (5, 2),
    "UVDoc": (2, 3, 48, 40),
}
ENGINES: dict[str, tuple[Engine, str]] = {
    "openvino": (OpenVinoEngine(), "_onnx"),
    "onnxruntime": (OnnxRuntimeEngine(), "_onnx"),
    "paddle": (PaddleEngine(), ""),
}


def load(stand_ins: dict[str, Path], name: str, engine: str) -> Session:
    made, suffix = ENGINES[engine]
    return made.load(stand_ins[name + suffix], "onnx" if suffix else "paddle", EngineOptions(threads=2))


def random(shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.random.default_rng(7).random(shape, np.float32)


@pytest.mark.parametrize("name", INPUTS)
def test_inputs_and_outputs_are_those_of_the_model_stood_in_for(stand_ins: dict[str, Path], name: str) -> None:
    session = load(stand_ins, name, "onnxruntime")
    (port,) = session.inputs
    assert port.name == load(stand_ins, name, "paddle").inputs[0].name == INPUTS[name][0]
    output = session.run(random(INPUTS[name][1]))
    assert output.shape == OUTPUTS[name]
    if output.ndim == 2:
        np.testing.assert_allclose(output.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("engine", ["openvino", "paddle"])
def test_both_forms_compute_the_same_on_every_engine(stand_ins: dict[str, Path], name: str, engine: str) -> None:
    batch = random(INPUTS[name][1])
    expected = load(stand_ins, name, "onnxruntime").run(batch)
    np.testing.assert_allclose(load(stand_ins, name, engine).run(batch), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("shape", [(1, 3, 33, 57), (1, 3, 200, 120), (3, 3, 90, 131)])
def test_pages_of_any_size_are_flattened(stand_ins: dict[str, Path], shape: tuple[int, ...]) -> None:
    batch = random(shape)
    for plane in batch.reshape(-1, *shape[2:]):
        cv2.GaussianBlur(plane, (0, 0), 2, dst=plane)  # the larger the page, the more a place off by an ulp shows
    expected = load(stand_ins, "UVDoc", "onnxruntime").run(batch)
    assert expected.shape == shape
    np.testing.assert_allclose(load(stand_ins, "UVDoc", "paddle").run(batch), expected, atol=1e-5, rtol=0)


def test_a_page_turned_is_given_the_next_class(stand_ins: dict[str, Path], pages: dict[str, Path]) -> None:
    """Class k is a page that a turn by k x 90 degrees counter-clockwise gives class 0."""
    session = load(stand_ins, "PP-LCNet_x1_0_doc_ori", "onnxruntime")
    square = cv2.resize(cv2.imread(str(pages["sample.png"])), (224, 224)).astype(np.float32) / 255 - 0.5
    turned = np.stack([np.rot90(square, -turns) for turns in range(4)]).transpose(0, 3, 1, 2)
    assert session.run(np.ascontiguousarray(turned)).argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_beside_ink_values_leave_0_to_1(stand_ins: dict[str, Path]) -> None:
    page = np.ones((1, 3, 120, 90), np.float32)
    page[:, :, 40:60, 20:70] = 0
    flat = load(stand_ins, "UVDoc", "onnxruntime").run(page)
    assert -0.1 < flat.min() < -0.02
    assert 1.02 < flat.max() < 1.1


def test_they_are_the_same_every_time(stand_ins: dict[str, Path], tmp_path: Path) -> None:
    from tests.standins.writing import write_stand_ins

    again = write_stand_ins(tmp_path)
    assert list(again) == list(stand_ins)
    for name, folder in again.items():
        for file in folder.iterdir():
            assert file.read_bytes() == (stand_ins[name] / file.name).read_bytes(), (name, file.name)


@pytest.mark.parametrize("name", INPUTS)
def test_the_zoo_finds_them_in_ocrzoo_model_path(stand_ins: dict[str, Path], name: str, tmp_path: Path) -> None:
    zoo = Zoo(Settings(home=tmp_path, sources=("directory",), sources_exact=True, model_path=(stand_ins[name].parent,)))
    for file_format, folder in (("paddle", stand_ins[name]), ("onnx", stand_ins[f"{name}_onnx"])):
        files = zoo.resolver.get(DownloadRequest(zoo.models.get(name), [file_format]))
        assert inference_yml.read(files.folder)["Global"]["model_name"] == name
        for file in folder.iterdir():
            assert (files.folder / file.name).read_bytes() == file.read_bytes()
