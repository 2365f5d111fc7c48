"""Real detection weights with one defect each: the doctor names it, and finds nothing in intact ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.core.diagnosis.altered_models import Network, seeing_luma_of_rgb, with_settings, write
from tests.thorough import cases

from ocrzoo.diagnosis.diagnosis import Diagnosis, examine
from ocrzoo.diagnosis.subject import opened
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights
NAME = "PP-OCRv6_tiny_det"
MEAN, STD = (np.array(one, np.float32)[:, None, None] for one in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))


@pytest.fixture(scope="module")
def source(zoo: Zoo) -> Path:
    return zoo.resolver.get(DownloadRequest(zoo.models.get(NAME), ["onnx"])).folder


@pytest.fixture
def examined(zoo: Zoo, tmp_path: Path, source: Path) -> Callable[..., Diagnosis]:
    """Write a model with a defect, and examine it."""

    def run(network: Network | None = None, config: dict[str, Any] | None = None) -> Diagnosis:
        folder = write(tmp_path / "exported", source, network=network and network.model, config=config)
        with opened(zoo, str(folder), engine="onnxruntime") as subject:
            return examine(zoo, subject, 200)

    return run


def of_bytes(network: Network) -> Network:
    """Let a network take 0 to 255."""
    return network.before("Div", STD).before("Sub", MEAN).before("Mul", np.float32(1 / 255))


def blurred(network: Network) -> Network:
    """Let a network see a page out of focus, as one that was trained on larger letters."""
    return network.before("AveragePool", kernel_shape=[9, 9], pads=[4, 4, 4, 4], strides=[1, 1])


NETWORKS: dict[str, tuple[Callable[[Network], Network], tuple[str, str]]] = {
    "sigmoid cut off": (lambda network: network.without_last("Sigmoid"), ("output values", "raw scores")),
    "sigmoid twice": (lambda network: network.after("Sigmoid"), ("output values", "sigmoid twice")),
    "N x H x W x 1": (
        lambda network: network.after("Transpose", perm=[0, 2, 3, 1]),
        ("output axes", "N x H x W x 1"),
    ),
    "N x H x W": (lambda network: network.after("Squeeze", np.array([1])), ("output axes", "N x H x W")),
    "0 to 255": (of_bytes, ("mean and scale", "0 to 255")),
    "RGB": (seeing_luma_of_rgb, ("color order", "RGB")),
}


@pytest.mark.parametrize("name", cases(NETWORKS, "0 to 255"))
def test_networks_exported_otherwise(examined: Callable[..., Diagnosis], source: Path, name: str) -> None:
    alter, expected = NETWORKS[name]
    found = examined(alter(Network(source)))
    assert found.verdict == "cause found"
    assert [(one.factor, one.reads) for one in found.findings] == [expected]
    assert found.findings[0].change


@pytest.mark.thorough
def test_a_page_size_that_loses_text(examined: Callable[..., Diagnosis], source: Path) -> None:
    found = examined(blurred(Network(source)))
    (finding,) = found.findings
    assert (finding.factor, finding.stated) == ("page size", "min 64")
    kind, side = finding.reads.split()
    assert f"--text_det_limit_type {kind} --text_det_limit_side_len {side}" in finding.change


@pytest.mark.parametrize(
    ("settings", "factor", "key"),
    [
        ({"box_thresh": 0.97}, "thresholds", "PostProcess.box_thresh"),
        pytest.param({"unclip_ratio": 0.1}, "unclip ratio", "PostProcess.unclip_ratio", marks=pytest.mark.thorough),
        ({"unclip_ratio": 6.0}, "unclip ratio", "PostProcess.unclip_ratio"),
    ],
)
def test_settings_of_the_boxes(
    examined: Callable[..., Diagnosis], source: Path, settings: dict[str, float], factor: str, key: str
) -> None:
    found = examined(config=with_settings(source, **settings))
    (finding,) = found.findings
    assert finding.factor == factor
    assert key in finding.change


def test_another_normalization_in_the_configuration(examined: Callable[..., Diagnosis], source: Path) -> None:
    config = with_settings(source)
    config["PreProcess"] = {"transform_ops": [{"NormalizeImage": {"mean": [0.5] * 3, "std": [0.5] * 3}}]}
    found = examined(config=config)
    assert (found.verdict, found.findings) == ("refused", [])
    assert "sets mean to [0.5, 0.5, 0.5]" in found.summary


@pytest.mark.parametrize("name", cases(["PP-OCRv5_mobile_det", "PP-OCRv6_small_det", NAME], NAME))
def test_intact_models_are_sound(zoo: Zoo, name: str) -> None:
    with opened(zoo, name) as subject:
        found = examine(zoo, subject, 200)
    assert (found.verdict, found.findings, found.certainty) == ("sound", [], "sure")
