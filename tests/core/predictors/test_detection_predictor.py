"""The text detector: a network and the detection task's rules."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.engines.base import TensorSpec
from ocrzoo.predictors.detection import TextDetector
from ocrzoo.processing.detection import DetectionParams
from ocrzoo.types import Quad
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.zoo import Zoo

Array = NDArray[np.float32]
NO_SETTINGS: dict[str, Any] = {"PostProcess": {}}


class FixedSession:
    """Answers each batch with the same output, or with a map of its own size."""

    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()

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


def test_below_a_ceiling_of_memory_a_large_page_is_detected_in_tiles_with_the_same_regions(card: ModelCard) -> None:
    class Ink:
        inputs: tuple[TensorSpec, ...] = ()

        def __init__(self, most_pixels: int | None) -> None:
            self.most_pixels = most_pixels
            self.shapes: list[tuple[int, ...]] = []

        def run(self, batch: Array) -> Array:
            self.shapes.append(batch.shape)
            return np.where(batch[:, :1] < 0, np.float32(0.9), np.float32(0))

    image = np.full((1280, 1600, 3), 255, np.uint8)
    image[500:540, 100:1500] = 0
    whole, tiled = Ink(None), Ink(640 * 640)
    expected, found = (TextDetector(card, NO_SETTINGS, one).predict([image])[0] for one in (whole, tiled))
    assert whole.shapes == [(1, 3, 1280, 1600)]
    assert set(tiled.shapes) == {(1, 3, 640, 640)}
    assert np.array_equal(found.quads, expected.quads)
    assert found.scores == pytest.approx(expected.scores, abs=0.01)


def test_parameters_replace_the_defaults(card: ModelCard) -> None:
    detector = TextDetector(card, NO_SETTINGS, FixedSession())
    (found,) = detector.predict([page()], DetectionParams(box_thresh=0.8))
    assert found.quads == []
    assert len(detector.predict([page()])[0].quads) == 1


class InkSession:
    """Sees text where a page is dark, but not in strokes thinner than five pixels."""

    inputs: tuple[TensorSpec, ...] = ()

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, batch: Array) -> Array:
        self.shapes.append(batch.shape)
        dark = (batch[0, 0] < -1).astype(np.uint8)
        seen = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        return seen[None, None].astype(np.float32) * np.float32(0.9)


class TestLargePages:
    """Text that scaling would take is found in tiles; a line over a seam is one line."""

    def find(self, card: ModelCard, ink: NDArray[np.uint8], **params: Any) -> tuple[list[Quad], InkSession]:
        session = InkSession()
        (found,) = TextDetector(card, NO_SETTINGS, session).predict([ink], DetectionParams(**params))
        return found.quads, session

    def screenshot(self) -> NDArray[np.uint8]:
        """Lines 12 pixels high all the way down, one of them on each seam, and one that runs down over all seams."""
        ink = np.full((12_000, 700, 3), 255, np.uint8)
        for top in range(10, 11_980, 30):
            ink[top : top + 12, 40:400] = 0
        ink[10:11_990, 500:512] = 0
        return ink

    def test_each_line_is_found_once(self, card: ModelCard) -> None:
        quads, session = self.find(card, self.screenshot())
        flat = sorted((quad for quad in quads if np.ptp(quad[:, 0]) > 100), key=lambda quad: int(quad[0, 1]))
        tops = [int(quad[0, 1]) for quad in flat]
        np.testing.assert_allclose(tops, np.arange(10, 11_980, 30), atol=12)
        (down,) = (quad for quad in quads if np.ptp(quad[:, 1]) > 1000)
        np.testing.assert_allclose((down[:, 1].min(), down[:, 1].max()), (10, 11_990), atol=12)
        assert max(max(shape[2:]) for shape in session.shapes[1:]) <= 2048

    def test_in_paddlex_they_are_lost(self, card: ModelCard) -> None:
        for chosen in ({"paddlex_quirks": True}, {"max_side_limit": 3000}):
            quads, session = self.find(card, self.screenshot(), **chosen)
            assert len(quads) < 50
            assert len(session.shapes) == 1

    def test_a_tilted_line_over_seams_both_ways(self, card: ModelCard) -> None:
        ink = np.full((6000, 5000, 3), 255, np.uint8)
        cv2.line(ink, (100, 100), (4900, 5900), (0, 0, 0), 16)
        (quad,), session = self.find(card, ink, limit_side_len=700, thresh=0.35, max_side_limit=4000)
        assert len(session.shapes) == 1  # a page as large as this is only scaled
        ink = np.full((3000, 12_000, 3), 255, np.uint8)
        cv2.line(ink, (100, 100), (11_900, 2900), (0, 0, 0), 12)
        (quad,), session = self.find(card, ink)
        assert len(session.shapes) > 10
        np.testing.assert_allclose(quad.astype(float).mean(axis=0), (6000, 1500), atol=10)
        assert np.ptp(quad[:, 0]) > 11_700

    def test_letters_as_large_as_a_tile_are_found_too(self, card: ModelCard) -> None:
        class Near(InkSession):
            """Sees no text where all is dark."""

            def run(self, batch: Array) -> Array:
                seen = super().run(batch)
                return seen if (batch[0, 0] > -1).any() else np.zeros_like(seen)

        ink = np.full((9000, 3000, 3), 255, np.uint8)
        ink[1000:8000, 200:2800] = 0
        (found,) = TextDetector(card, NO_SETTINGS, Near()).predict([ink])
        assert any(np.ptp(quad[:, 1]) >= 7000 for quad in found.quads)

    def test_a_page_that_is_scaled_to_nothing_is_searched_in_full(self, card: ModelCard) -> None:
        ink = np.full((4600, 4600, 3), 255, np.uint8)
        ink[100:105, 100:400] = 0
        quads, session = self.find(card, ink, box_thresh=0.8)
        assert len(quads) == 1
        assert len(session.shapes) > 1


def test_no_pages(card: ModelCard) -> None:
    assert TextDetector(card, NO_SETTINGS, FixedSession()).predict([]) == []


@pytest.mark.parametrize("shape", [(1, 40, 6625), (1, 1, 48, 64), (1, 10)])
def test_another_network_is_refused(card: ModelCard, shape: tuple[int, ...]) -> None:
    detector = TextDetector(card, NO_SETTINGS, FixedSession(np.zeros(shape, np.float32)))
    with pytest.raises(IntegrityError, match=r"PP-OCRv5_mobile_det: not a text detection network.*shape"):
        detector.predict([page()])


def test_a_network_that_states_the_output_of_a_reader_is_refused_at_load(card: ModelCard) -> None:
    session = FixedSession()
    session.outputs = (TensorSpec("y", (None, 40, 6625)),)
    with pytest.raises(IntegrityError, match=r"the shape \? x 40 x 6625; N x 1 x H x W is needed"):
        TextDetector(card, NO_SETTINGS, session)


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
