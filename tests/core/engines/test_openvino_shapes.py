"""Where a device takes only fixed shapes, OpenVINO compiles a network for each shape of the grid: here, on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.engines.test_all_outputs import sampling
from tests.thorough import cases

from ocrzoo import create_pipeline
from ocrzoo.engines import openvino
from ocrzoo.engines.base import Device, EngineOptions
from ocrzoo.engines.grid import Grid, Profile, Shape
from ocrzoo.engines.onnxruntime import OnnxRuntimeEngine
from ocrzoo.engines.openvino import DEVICES, OpenVinoEngine, Rules
from ocrzoo.engines.openvino_sessions import FixedShapesSession
from ocrzoo.loading.candidates import options_on_grid
from ocrzoo.types import Batching
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.errors import EngineError
from ocrzoo_registry.zoo import Zoo

Array = NDArray[np.float32]
OPTIONS = EngineOptions(threads=1, grid=Grid((1, 8), (16, 32), (16, 32, 48)), shapes=2)


PAGES = ("chinese_mixed.png", "english_paragraph.png", "number_table.png", "wide_line.png")


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Shape]:
    """Let the CPU take only fixed shapes; the shapes that networks are compiled for."""
    shapes: list[Shape] = []
    compile_for = openvino._compile_for

    def seen(*given: Any) -> Any:
        shapes.append(tuple(given[-1]))
        return compile_for(*given)

    monkeypatch.setattr(openvino, "_compile_for", seen)
    monkeypatch.setitem(DEVICES, "CPU", Rules(fixed_shapes=True))
    return shapes


def batch(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).random(shape, np.float32)


def test_graphics_cards_and_npus_take_fixed_shapes() -> None:
    assert [name for name, rules in DEVICES.items() if rules.fixed_shapes] == ["GPU", "NPU"]
    assert "INFERENCE_PRECISION_HINT" not in openvino._settings(EngineOptions(Device("npu")))
    assert openvino._settings(EngineOptions(Device("gpu")))["INFERENCE_PRECISION_HINT"] == "f32"


@pytest.mark.parametrize(("device", "name"), [("cpu", "CPU"), ("gpu", "GPU"), ("gpu:1", "GPU.1"), ("npu", "NPU")])
def test_devices_have_openvinos_names(device: str, name: str) -> None:
    core = SimpleNamespace(available_devices=["CPU", "GPU.0", "GPU.1", "NPU"])
    assert openvino._device(core, EngineOptions(Device.parse(device))) == name


def test_a_network_is_compiled_for_each_shape_of_the_grid(onnx_folder: Path, compiled: list[Shape]) -> None:
    session = OpenVinoEngine().load(onnx_folder, "onnx", OPTIONS)
    assert isinstance(session, FixedShapesSession)
    given = batch(3, 3, 20, 40)
    expected = OnnxRuntimeEngine().load(onnx_folder, "onnx", OPTIONS).run(given)
    np.testing.assert_allclose(session.run(given), expected, rtol=1e-5, atol=1e-5)
    assert session.run(given).shape == (3, 4, 20, 40)
    assert session.run_reduced(given, np.shape) == (3, 4, 20, 40)
    assert compiled == [(1, 3, 32, 48)]


def test_those_used_last_are_kept(onnx_folder: Path, compiled: list[Shape]) -> None:
    session = OpenVinoEngine().load(onnx_folder, "onnx", OPTIONS)
    for width in (16, 32, 16, 48, 16, 32):
        session.run(batch(1, 3, 16, width))
    assert [shape[3] for shape in compiled] == [16, 32, 48, 32]
    session.release()
    session.run(batch(1, 3, 16, 32))
    assert len(compiled) == 5


def test_the_usual_shape_is_compiled_when_the_network_is_loaded(onnx_folder: Path, compiled: list[Shape]) -> None:
    profile = Profile((1, 3, 16, 16), (1, 3, 16, 30), (8, 3, 32, 48))
    OpenVinoEngine().load(onnx_folder, "onnx", replace(OPTIONS, profile=profile))
    assert compiled == [(1, 3, 16, 32)]


def test_what_a_device_cannot_compile_is_refused_then(
    onnx_folder: Path, compiled: list[Shape], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("the compiler of the NPU\nknows no HardSwish")

    monkeypatch.setattr(openvino, "_compile_for", refuse)
    profile = Profile((1, 3, 16, 16), (1, 3, 16, 32), (8, 3, 32, 48))
    with pytest.raises(EngineError, match=r"^openvino could not load .* on cpu: knows no HardSwish$"):
        OpenVinoEngine().load(onnx_folder, "onnx", replace(OPTIONS, profile=profile))


def test_all_outputs_and_threads(tmp_path: Path, compiled: list[Shape]) -> None:
    session = OpenVinoEngine().load(sampling(tmp_path, 1), "onnx", replace(OPTIONS, grid=Grid()))
    assert session.align_corners is True
    given = [batch(1, 3, 4, 5 + seed % 2, seed=seed) for seed in range(12)]
    alone = [session.run_all(one) for one in given]
    with ThreadPoolExecutor(4) as pool:
        for found, expected in zip(pool.map(session.run_all, given), alone, strict=True):
            assert len(found) == 2
            np.testing.assert_array_equal(found[0], expected[0])


def test_nothing_is_kept_of_a_device_with_fixed_shapes(compiled: list[Shape]) -> None:
    for kind in ("cpu", "gpu", "npu", "gcu"):
        assert OpenVinoEngine().compiled_for(EngineOptions(Device(kind))) is None


@pytest.mark.weights
@pytest.mark.parametrize("batching", cases(["exact", "width"], "exact"))
def test_pages_are_read_the_same(
    zoo: Zoo, pages: dict[str, Path], batching: Batching, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = {"text_detection_model_name": "PP-OCRv5_mobile_det", "text_recognition_model_name": "PP-OCRv5_mobile_rec"}
    rest = ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation")

    def read() -> list[list[str]]:
        how: Any = {**models, **dict.fromkeys(rest, False), "engine": "openvino", "precision": "float32"}
        pipeline = create_pipeline(zoo=zoo, batching=batching, **how)
        return [page["rec_texts"] for page in pipeline.predict([str(pages[name]) for name in PAGES])]

    expected = read()
    monkeypatch.setitem(DEVICES, "CPU", Rules(fixed_shapes=True))
    assert read() == expected
    assert all(expected)


@pytest.mark.weights
@pytest.mark.parametrize(
    ("name", "shape"), [("PP-OCRv5_mobile_rec", (2, 3, 48, 201)), ("PP-OCRv5_mobile_det", (1, 3, 96, 352))]
)
def test_outputs_are_cut_back(
    zoo: Zoo, name: str, shape: Shape, compiled: list[Shape], real_folder: Callable[[str, Format], Path]
) -> None:
    options = options_on_grid(zoo.models.get(name), EngineOptions(threads=2))
    session = OpenVinoEngine().load(real_folder(name, "onnx"), "onnx", options)
    expected = OnnxRuntimeEngine().load(real_folder(name, "onnx"), "onnx", options)
    given = batch(*shape)
    assert session.run(given).shape == expected.run(given).shape
    assert len(compiled) == 2
