"""The text detector: a network and the detection task's rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.engines.base import TensorSpec
from ocrzoo.predictors.detection import TextDetector
from ocrzoo.processing.detection import DetectionParams
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.zoo import Zoo

Array = NDArray[np.float32]
NO_SETTINGS: dict[str, Any] = {"PostProcess": {}}


class FixedSession:
    """Answers each batch with the same output, or with a map of its own size."""

    inputs: tuple[TensorSpec, ...] = ()

    def __init__(self, output: Array | None = None) -> None:
        self.output = output
        self.shapes: list[tuple[int, ...]] = []

    def run(self, batch: Array) -> Array:
        self.shapes.append(batch.shape)
        if self.output is not None:
            return self.output
        answer = np.zeros((1, 1, *batch.shape[2:]), np.float32)
        answer[:, :, 20:40, 20:80] = 0.7
        return answer


@pytest.fixture
def card(zoo: Zoo) -> ModelCard:
    return zoo.models.get("PP-OCRv5_mobile_det")


def page(height: int = 96, width: int = 128) -> NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)


@pytest.mark.parametrize(
    ("settings", "defaults"),
    [
        ({}, DetectionParams()),
        (
            {"thresh": 0.2, "box_thresh": 0.45, "unclip_ratio": 1.4},
            DetectionParams(thresh=0.2, box_thresh=0.45, unclip_ratio=1.4),
        ),
        ({"thresh": 0, "max_candidates": 3000}, DetectionParams(thresh=0, max_candidates=3000)),
        ({"box_thresh": None, "limit_side_len": 960}, DetectionParams()),
    ],
)
def test_the_models_own_post_processing_is_the_default(
    card: ModelCard, settings: dict[str, Any], defaults: DetectionParams
) -> None:
    assert TextDetector(card, {"PostProcess": settings}, FixedSession()).defaults == defaults


@pytest.mark.parametrize(
    "settings", [{"thresh": "0.2"}, {"max_candidates": 2.5}, {"max_candidates": True}, {"unclip_ratio": float("nan")}]
)
def test_invalid_post_processing_is_refused(card: ModelCard, settings: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="which is not valid"):
        TextDetector(card, {"PostProcess": settings}, FixedSession())


def test_pages_are_read_one_by_one_in_order(card: ModelCard) -> None:
    session = FixedSession()
    found = TextDetector(card, NO_SETTINGS, session).predict([page(96, 128), page(160, 96)])
    assert session.shapes == [(1, 3, 96, 128), (1, 3, 160, 96)]
    assert [len(one.quads) for one in found] == [1, 1]
    assert found[0].scores == [pytest.approx(0.7)]


def test_parameters_replace_the_defaults(card: ModelCard) -> None:
    detector = TextDetector(card, NO_SETTINGS, FixedSession())
    (found,) = detector.predict([page()], DetectionParams(box_thresh=0.8))
    assert found.quads == []
    assert len(detector.predict([page()])[0].quads) == 1


def test_no_pages(card: ModelCard) -> None:
    assert TextDetector(card, NO_SETTINGS, FixedSession()).predict([]) == []


@pytest.mark.parametrize("shape", [(1, 40, 6625), (1, 1, 48, 64), (1, 10)])
def test_another_network_is_refused(card: ModelCard, shape: tuple[int, ...]) -> None:
    detector = TextDetector(card, NO_SETTINGS, FixedSession(np.zeros(shape, np.float32)))
    with pytest.raises(IntegrityError, match=r"PP-OCRv5_mobile_det: not a text detection network.*shape"):
        detector.predict([page()])


def test_a_model_of_other_statistics_is_refused_and_not_run_on_wrong_pixels(card: ModelCard) -> None:
    normalize = {"mean": [0.5, 0.5, 0.5], "std": [0.229, 0.224, 0.225], "scale": "1./255."}
    other = {**NO_SETTINGS, "PreProcess": {"transform_ops": [{"NormalizeImage": normalize}]}}
    with pytest.raises(IntegrityError, match=r"PP-OCRv5_mobile_det: its inference\.yml sets mean to \[0\.5"):
        TextDetector(card, other, FixedSession())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_an_output_without_probabilities_is_refused(card: ModelCard, value: float) -> None:
    output = np.zeros((1, 1, 96, 128), np.float32)
    output[0, 0, 20:40, 20:80] = value
    with pytest.raises(IntegrityError, match="not a probability map"):
        TextDetector(card, NO_SETTINGS, FixedSession(output)).predict([page()])


@pytest.mark.parametrize("shape", [(0, 1, 96, 128), (1, 0, 96, 128)])
def test_an_empty_output_is_refused(card: ModelCard, shape: tuple[int, ...]) -> None:
    with pytest.raises(IntegrityError, match="not a text detection network"):
        TextDetector(card, NO_SETTINGS, FixedSession(np.zeros(shape, np.float32))).predict([page()])


@pytest.mark.parametrize("mean", [5, "abc", {"a": 1}, [[1], 2, 3]])
def test_an_invalid_scale_is_refused(card: ModelCard, mean: Any) -> None:
    operations = [{"NormalizeImage": {"mean": mean}}]
    with pytest.raises(IntegrityError, match=r"its inference\.yml sets mean to "):
        TextDetector(card, {**NO_SETTINGS, "PreProcess": {"transform_ops": operations}}, FixedSession())
