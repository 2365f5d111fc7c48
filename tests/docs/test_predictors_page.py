"""The plugins of docs/plugins/predictors.md run as they are printed, each with a small network made for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.registry.kit import SitePackages
from tests.standins.of_others import Export, bytes_of, write_detector, write_reader

from ocrzoo import create_model
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

PAGE = np.full((128, 256, 3), 250, np.uint8)
PAGE[50:70, 40:200] = 0


def write_classifier(path: Path, _how: Export) -> None:
    """N x 80 x 160 x 3, uint8, to the class, int64, and its score: 1 where the right half is the darker one."""
    from onnx import TensorProto, helper, numpy_helper, save

    halves = np.zeros((160, 2), np.float32)
    halves[:80, 1] = halves[80:, 0] = 1 / 80
    nodes = [
        helper.make_node("Cast", ["pixels"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats"], ["columns"], axes=[1, 3], keepdims=0),
        helper.make_node("MatMul", ["columns", "halves"], ["means"]),
        helper.make_node("Softmax", ["means"], ["shares"], axis=1),
        helper.make_node("ArgMax", ["shares"], ["best"], axis=1, keepdims=0),
        helper.make_node("ReduceMax", ["shares"], ["score"], axes=[1], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "made for the tests",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", 80, 160, 3])],
        [
            helper.make_tensor_value_info("best", TensorProto.INT64, ["N"]),
            helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N"]),
        ],
        [numpy_helper.from_array(halves, "halves")],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def write_shift(path: Path, _how: Export) -> None:
    """N x 3 x H x W to N x 2 x H x W: a tenth of the page to the right everywhere, and nothing down."""
    from onnx import TensorProto, helper, numpy_helper, save

    weights, bias = np.zeros((2, 3, 1, 1), np.float32), np.array([0.1, 0], np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "weights", "bias"], ["y"])],
        "made for the tests",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, "H", "W"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2, "H", "W"])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


@pytest.fixture
def plugin(site: SitePackages, tmp_path: Path, repository: Path) -> Callable[..., Zoo]:
    """Install the plugin of a section, as it is printed, with a network and further files."""

    def call(section: str, write: Callable[[Path, Export], None], how: Export | None = None, **files: bytes) -> Zoo:
        text = (repository / "docs" / "plugins" / "predictors.md").read_text("utf-8")
        (code,) = re.findall(rf"\n## {section}\n.*?```python\n(.*?)```", text, re.DOTALL)[:1]
        network = {"weights/inference.onnx": bytes_of(write, how or Export(), tmp_path)}
        named = {name.replace("__", "/").replace("_", "."): content for name, content in files.items()}
        site.install("seaside", {"seaside": code}, files=network | named)
        return Zoo(Settings(home=tmp_path / "own_home", offline=True))

    return call


ENGINES = pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])


def test_the_reader_reads(plugin: Callable[..., Zoo]) -> None:
    zoo = plugin("Recognition", write_reader, charset_txt=b"a\nb\nc\n")
    (line,) = create_model("plain_rec", zoo=zoo).predict(PAGE)
    assert set(line["rec_text"]) == {"a"}, "white paper is the network's class 1"


def test_the_detector_finds_the_line(plugin: Callable[..., Zoo]) -> None:
    zoo = plugin("Detection", write_detector, Export(end="Sigmoid", shape=("N", 3, "H", "W")))
    (page,) = create_model("box_det", zoo=zoo).predict(PAGE)
    assert [quad.tolist() for quad in page["dt_polys"]] == [[[40, 50], [200, 50], [200, 70], [40, 70]]]


@ENGINES
def test_the_classifier_takes_and_gives_whole_numbers(plugin: Callable[..., Zoo], engine: str) -> None:
    zoo = plugin("Classification", write_classifier)
    left = np.full((40, 80, 3), 255, np.uint8)
    left[:, :40] = 0
    model = create_model("turned_ori", zoo=zoo, engine=engine, batch_size=2)
    found = [result["label_names"] for result in model.predict([left, left[:, ::-1]])]
    assert found == [["0_degree"], ["180_degree"]]


def test_the_unwarper_reads_its_second_file(plugin: Callable[..., Zoo]) -> None:
    zoo = plugin("Unwarping", write_shift, weights__settings_json=b'{"side": 64}')
    (page,) = create_model("flattener", zoo=zoo).predict(PAGE)
    moved = cv2.cvtColor(page["doctr_img"], cv2.COLOR_RGB2GRAY)[60]
    assert abs(int(np.flatnonzero(moved < 128)[0]) - (40 - 26)) <= 1


def test_a_task_of_its_own(plugin: Callable[..., Zoo]) -> None:
    zoo = plugin("A task of your own", write_reader)
    (page,) = create_model("mean_colour", zoo=zoo).predict(np.full((9, 9, 3), 7, np.uint8))
    assert page["result"] == [7.0, 7.0, 7.0]
