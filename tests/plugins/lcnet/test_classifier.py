"""The classifier: the best class of each image, in order, on every engine; and files that do not fit the card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.engines.base import EngineOptions, TensorSpec
from ocrzoo.model_loader import ModelLoader
from ocrzoo.predictors.base import ImageClassifier
from ocrzoo_lcnet.predictor import Classifier
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.fields import Task
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.zoo import Zoo

Array = NDArray[np.float32]
NAME = "PP-LCNet_x1_0_doc_ori"
MODELS: dict[str, Task] = {
    NAME: "doc_text_orientation",
    "PP-LCNet_x0_25_textline_ori": "textline_orientation",
    "PP-LCNet_x1_0_textline_ori": "textline_orientation",
}


class Answers:
    """A session that gives one row after the other, and keeps the shapes of what it was given."""

    def __init__(self, rows: Any, inputs: tuple[TensorSpec, ...] = ()) -> None:
        self.inputs = inputs
        self.shapes: list[tuple[int, ...]] = []
        self._rows = np.asarray(rows, np.float32)

    def run(self, batch: Array) -> Array:
        done = sum(shape[0] for shape in self.shapes)
        self.shapes.append(batch.shape)
        assert batch.flags.c_contiguous
        assert batch.dtype == np.float32
        return self._rows[done : done + len(batch)]


@pytest.fixture
def card(zoo: Zoo) -> ModelCard:
    return zoo.models.get(NAME)


@pytest.fixture
def make(card: ModelCard) -> Callable[..., Classifier]:
    """A classifier of pages; keywords are what its ``inference.yml`` says instead."""

    def build(session: Any, **said: Any) -> Classifier:
        return Classifier(card, inference_yml.from_card(card) | said, session)

    return build


@pytest.fixture
def turned(sample: Path) -> list[NDArray[np.uint8]]:
    """A page, and what it looks like before it is turned counter-clockwise by 90, 180 and 270 degrees."""
    page = cv2.imread(str(sample))
    return [np.ascontiguousarray(np.rot90(page, -turns)) for turns in range(4)]


PAGES = [np.full((30 + 10 * number, 50, 3), 200, np.uint8) for number in range(7)]
ROWS = np.eye(4)[[2, 0, 1, 3, 3, 2, 0]]


class TestPredict:
    """The best class of each image."""

    @pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 100])
    def test_answers_come_in_the_order_of_the_images(self, make: Callable[..., Classifier], batch_size: int) -> None:
        session = Answers(ROWS)
        answers = make(session).predict(PAGES, batch_size)
        assert [answer.class_id for answer in answers] == [2, 0, 1, 3, 3, 2, 0]
        assert [answer.label for answer in answers] == ["180", "0", "90", "270", "270", "180", "0"]
        sizes = [shape[0] for shape in session.shapes]
        assert sizes == [batch_size] * (7 // batch_size) + [7 % batch_size] * (7 % batch_size > 0)
        assert {shape[1:] for shape in session.shapes} == {(3, 224, 224)}

    def test_one_at_a_time_unless_told(self, make: Callable[..., Classifier]) -> None:
        session = Answers(ROWS)
        make(session).predict(PAGES)
        assert len(session.shapes) == 7

    def test_a_network_of_one_image_is_given_one(self, make: Callable[..., Classifier]) -> None:
        session = Answers(ROWS, (TensorSpec("x", (1, 3, 224, 224)),))
        assert len(make(session).predict(PAGES, batch_size=4)) == 7
        assert len(session.shapes) == 7

    def test_no_images(self, make: Callable[..., Classifier]) -> None:
        session = Answers(ROWS)
        assert make(session).predict([]) == []
        assert session.shapes == []

    def test_scores_have_five_decimals(self, make: Callable[..., Classifier]) -> None:
        (answer,) = make(Answers([[0.1, 0.1234567, 0.7654321, 0]])).predict(PAGES[:1])
        assert answer.score == 0.76543


class TestRefused:
    """What does not fit together is not guessed at."""

    @pytest.mark.parametrize(
        "rows", [np.eye(3)[:1], np.eye(5)[:1], np.zeros((1, 4, 1, 1)), np.zeros(4), np.zeros((2, 4))]
    )
    def test_a_network_with_other_classes(self, make: Callable[..., Classifier], rows: Array) -> None:
        class Odd(Answers):
            def run(self, batch: Array) -> Array:
                return self._rows

        with pytest.raises(IntegrityError, match=rf"^{NAME}: the network's output has the shape .* 1 x 4 classes"):
            make(Odd(rows)).predict(PAGES[:1])

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_an_output_that_is_not_finite_is_refused(self, make: Callable[..., Classifier], value: float) -> None:
        with pytest.raises(IntegrityError, match=rf"^{NAME}: the network's output has values that are not finite"):
            make(Answers([[0.1, value, 0, 0]])).predict(PAGES[:1])

    @pytest.mark.parametrize("said", [{}, {"Topk": None}, {"Topk": {"topk": 1}}, {"Topk": {"label_list": "0"}}])
    def test_a_file_without_labels(self, make: Callable[..., Classifier], said: Any) -> None:
        with pytest.raises(IntegrityError, match=rf"^{NAME}: its inference\.yml has no labels"):
            make(Answers(ROWS), PostProcess=said)

    @pytest.mark.parametrize("labels", [["0", "90"], ["0", "90", "270", "180"], [0, 1, 2, 3]])
    def test_a_file_with_other_labels_than_the_card(self, make: Callable[..., Classifier], labels: Any) -> None:
        with pytest.raises(IntegrityError, match=r"has the labels .*, but the card has 0, 90, 180, 270"):
            make(Answers(ROWS), PostProcess={"Topk": {"topk": 1, "label_list": labels}})

    def test_labels_that_yaml_takes_for_numbers_are_labels(self, make: Callable[..., Classifier]) -> None:
        made = make(Answers(ROWS), PostProcess={"Topk": {"topk": 1, "label_list": [0, 90, 180, 270]}})
        assert made.labels == ("0", "90", "180", "270")

    @pytest.mark.parametrize("said", [None, [], {"transform_ops": None}])
    def test_a_file_without_pre_processing_is_refused(self, make: Callable[..., Classifier], said: Any) -> None:
        with pytest.raises(IntegrityError, match=rf"^{NAME}: its inference\.yml has no pre-processing"):
            make(Answers(ROWS), PreProcess=said)


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime", "paddle"])
class TestStandIns:
    """Loaded as a pipeline loads them, from a folder of the user's."""

    def load(self, stand_ins: dict[str, Path], zoo: Zoo, engine: str, name: str) -> Classifier:
        folder = stand_ins[name if engine == "paddle" else f"{name}_onnx"]
        predictor = ModelLoader(zoo, engine, EngineOptions(threads=2)).predictor(name, MODELS[name], folder)
        assert isinstance(predictor, Classifier)
        return predictor

    def test_pages(self, stand_ins: dict[str, Path], zoo: Zoo, engine: str, turned: list[NDArray[np.uint8]]) -> None:
        classifier = self.load(stand_ins, zoo, engine, NAME)
        assert isinstance(classifier, ImageClassifier)
        answers = classifier.predict(turned, batch_size=3)
        assert [answer.label for answer in answers] == ["0", "90", "180", "270"]
        assert all(0.9 < answer.score <= 1 for answer in answers)

    @pytest.mark.parametrize("name", [name for name in MODELS if name != NAME])
    def test_lines(self, stand_ins: dict[str, Path], zoo: Zoo, engine: str, sample: Path, name: str) -> None:
        page: NDArray[np.uint8] = np.asarray(cv2.imread(str(sample)), np.uint8)
        lines = [page[top : top + 40, 40:900] for top in range(40, 560, 29)]
        classifier = self.load(stand_ins, zoo, engine, name)
        upright = classifier.predict(lines, batch_size=6)
        on_their_heads = classifier.predict([np.ascontiguousarray(line[::-1, ::-1]) for line in lines], batch_size=6)
        assert {answer.label for answer in upright} == {"0_degree", "180_degree"}
        assert [answer.class_id for answer in on_their_heads] == [1 - answer.class_id for answer in upright]


def test_engines_agree_on_the_score(stand_ins: dict[str, Path], zoo: Zoo, turned: list[NDArray[np.uint8]]) -> None:
    scores = []
    for engine, folder in (("openvino", f"{NAME}_onnx"), ("onnxruntime", f"{NAME}_onnx"), ("paddle", NAME)):
        made = ModelLoader(zoo, engine, EngineOptions(threads=2)).predictor(NAME, MODELS[NAME], stand_ins[folder])
        scores.append([answer.score for answer in made.predict(turned)])
    np.testing.assert_allclose(scores[1:], [scores[0]] * 2, atol=2.1e-5)
