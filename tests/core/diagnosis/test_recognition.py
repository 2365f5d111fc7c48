"""Real recognition weights with one defect each: the doctor names it, and finds nothing in intact ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.core.diagnosis.altered_models import Network, seeing_luma_of_rgb, with_dictionary, write
from tests.thorough import cases

from ocrzoo.diagnosis import diagnosis
from ocrzoo.diagnosis.diagnosis import Diagnosis, examine
from ocrzoo.diagnosis.subject import opened
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights
NAME = "PP-OCRv6_tiny_rec"


@pytest.fixture(scope="module")
def source(zoo: Zoo) -> Path:
    return zoo.resolver.get(DownloadRequest(zoo.models.get(NAME), ["onnx"])).folder


@pytest.fixture
def examined(zoo: Zoo, tmp_path: Path, source: Path) -> Callable[..., Diagnosis]:
    """Write a model with a defect, and examine it."""

    def run(network: Network | None = None, config: dict[str, Any] | None = None) -> Diagnosis:
        folder = write(tmp_path / "exported", source, network=network and network.model, config=config)
        with opened(zoo, str(folder), engine="onnxruntime") as subject:
            return examine(zoo, subject, 120)

    return run


def changed(found: Diagnosis) -> dict[str, str]:
    return {one.factor: one.reads for one in found.findings}


DICTIONARIES = {
    "1 entry missing at the start": lambda own: own[1:],
    "2 entries missing at the start": lambda own: own[2:],
    "1 entry too many at the start": lambda own: ["blank", *own],
    "1 missing at the end": lambda own: own[:-1],
    "2 too many at the end": lambda own: [*own, "\u2400", "\u2401"],
    "without its own space": lambda own: [*own, " "],
}


@pytest.mark.parametrize("name", cases(DICTIONARIES, "1 entry missing at the start"))
def test_entries_too_many_or_too_few(examined: Callable[..., Diagnosis], source: Path, name: str) -> None:
    found = examined(config=with_dictionary(source, DICTIONARIES[name]))
    assert (found.verdict, changed(found)) == ("cause found", {"dictionary": name})
    assert found.right_now is None
    assert "classes" in found.now
    assert "character_dict" in found.findings[0].change


@pytest.fixture
def own_charset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the dictionary be one that no registered model has."""
    monkeypatch.setattr(diagnosis, "_charsets", lambda zoo: {})


@pytest.mark.usefixtures("own_charset")
def test_an_entry_missing_in_the_middle(examined: Callable[..., Diagnosis], source: Path) -> None:
    found = examined(config=with_dictionary(source, lambda own: [*own[:3000], *own[3001:], "\u2400"]))
    (finding,) = found.findings
    assert finding.reads.startswith("1 missing after entry ")
    last = int(finding.reads.split()[4])
    assert 2000 < last <= 3000


@pytest.mark.thorough
@pytest.mark.usefixtures("own_charset")
def test_an_entry_too_many_in_the_middle(examined: Callable[..., Diagnosis], source: Path) -> None:
    found = examined(config=with_dictionary(source, lambda own: [*own[:3000], "\u2400", *own[3000:-1]]))
    (finding,) = found.findings
    assert finding.reads.startswith("1 too many after entry ")


@pytest.mark.usefixtures("own_charset")
def test_a_dictionary_in_another_order(examined: Callable[..., Diagnosis], source: Path) -> None:
    found = examined(config=with_dictionary(source, lambda own: own[::-1]))
    assert changed(found) == {"dictionary": "another one"}


@pytest.mark.thorough
def test_a_dictionary_that_another_model_has(examined: Callable[..., Diagnosis], source: Path) -> None:
    found = examined(config=with_dictionary(source, lambda own: own[::-1]))
    assert found.findings[0].change.startswith(f"use the charset of {NAME}")


NETWORKS: dict[str, tuple[Callable[[Network], Network], dict[str, str]]] = {
    "softmax cut off": (lambda network: network.without_last("Softmax"), {"output values": "raw scores"}),
    "softmax twice": (lambda network: network.after("Softmax", axis=2), {"output values": "softmax twice"}),
    "logarithms": (lambda network: network.after("Log"), {"output values": "logarithms"}),
    "N x C x T": (lambda network: network.after("Transpose", perm=[0, 2, 1]), {"output axes": "N x classes x T"}),
    "T x N x C": (lambda network: network.after("Transpose", perm=[1, 0, 2]), {"output axes": "T x N x classes"}),
    "blank last": (
        lambda network: network.after("Gather", np.array([*range(1, 6906), 0]), axis=2),
        {"class layout": "dictionary, space, blank"},
    ),
    "space first": (
        lambda network: network.after("Gather", np.array([0, 6905, *range(1, 6905)]), axis=2),
        {"class layout": "blank, space, dictionary"},
    ),
    "no space": (
        lambda network: network.after("Gather", np.arange(6905), axis=2),
        {"class layout": "blank, dictionary"},
    ),
    "0 to 255": (
        lambda network: network.before("Sub", np.float32(1)).before("Mul", np.float32(2 / 255)),
        {"mean and scale": "0 to 255"},
    ),
    "RGB": (seeing_luma_of_rgb, {"color order": "RGB"}),
    "height 32": (
        lambda network: (
            network.before("Slice", np.array([-48]), np.array([1000]), np.array([2]))
            .before("Resize", np.array([], np.float32), np.array([1, 1, 1.5, 1.5], np.float32), mode="linear")
            .of_height(None)
        ),
        {"line height": "32"},
    ),
}


@pytest.mark.parametrize("name", cases(NETWORKS, "N x C x T", "RGB"))
def test_networks_exported_otherwise(examined: Callable[..., Diagnosis], source: Path, name: str) -> None:
    alter, expected = NETWORKS[name]
    found = examined(alter(Network(source)))
    assert (found.verdict, changed(found)) == ("cause found", expected)
    assert all(one.change for one in found.findings)
    if name != "no space":  # it might also be an entry too many
        assert found.certainty in {"sure", "likely"}


def test_a_fixed_height_that_the_configuration_contradicts(examined: Callable[..., Diagnosis], source: Path) -> None:
    scales = np.array([1, 1, 1.5, 1.5], np.float32)
    found = examined(Network(source).before("Resize", np.array([], np.float32), scales, mode="linear").of_height(32))
    assert (found.verdict, found.findings) == ("refused", [])
    assert "height 32, but its inference.yml sets image_shape to [3, 48, 320]" in found.summary


def test_two_defects_at_once(examined: Callable[..., Diagnosis], source: Path) -> None:
    found = examined(Network(source).after("Transpose", perm=[0, 2, 1]), with_dictionary(source, lambda own: own[1:]))
    assert changed(found) == {"output axes": "N x classes x T", "dictionary": "1 entry missing at the start"}


def test_a_network_that_reads_nothing(examined: Callable[..., Diagnosis], source: Path) -> None:
    found = examined(Network(source).before("Mul", np.float32(0)))
    assert (found.verdict, found.findings, found.certainty) == ("nothing reads", [], "unsure")
    assert "before its export" in found.next_steps[0]


def test_nan(examined: Callable[..., Diagnosis], source: Path) -> None:
    found = examined(Network(source).after("Mul", np.float32("nan")))
    assert found.verdict == "nothing reads"
    assert "not finite" in found.next_steps[-1]


@pytest.mark.parametrize("name", cases(["PP-OCRv5_mobile_rec", "PP-OCRv6_small_rec", NAME], NAME))
def test_intact_models_are_sound(zoo: Zoo, name: str) -> None:
    with opened(zoo, name) as subject:
        found = examine(zoo, subject, 120)
    assert (found.verdict, found.findings, found.certainty) == ("sound", [], "sure")
    assert found.right_now == found.right_best
