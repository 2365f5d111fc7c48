"""The text recogniser: lines of like shape share a batch, and the charset must fit the network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.engines import TensorSpec
from ocrzoo.predictors.recognition import TextRecogniser
from ocrzoo_registry.cards import ModelCard
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.zoo import Zoo

Array = NDArray[np.float32]
LETTERS = ["a", "b", "c"]


class BrightnessSession:
    """Reads a line as the letter of its brightness: class 1, 2, 3 for 50, 100, 150."""

    inputs: tuple[TensorSpec, ...] = ()

    def __init__(self, classes: int = 5) -> None:
        self.classes = classes
        self.shapes: list[tuple[int, ...]] = []

    def run(self, batch: Array) -> Array:
        self.shapes.append(batch.shape)
        brightness = (batch[:, 0, 0, 0] + 1) * 127.5
        output = np.zeros((len(batch), 1, self.classes), np.float32)
        output[np.arange(len(batch)), 0, np.round(brightness / 50).astype(int)] = 1
        return output


def config(charset: Any) -> dict[str, Any]:
    return {"PostProcess": {"name": "CTCLabelDecode", "character_dict": charset}}


def crop(width: int, letter: int = 1) -> NDArray[np.uint8]:
    return np.full((48, width, 3), 50 * letter, np.uint8)


@pytest.fixture
def card(zoo: Zoo) -> ModelCard:
    return zoo.models.get("PP-OCRv5_mobile_rec").card


def test_lines_come_back_in_the_order_of_the_crops(card: ModelCard) -> None:
    recogniser = TextRecogniser(card, config(LETTERS), BrightnessSession())
    lines = recogniser.predict([crop(900, 3), crop(100, 1), crop(400, 2), crop(500, 1)], batch_size=2)
    assert [line.text for line in lines] == ["c", "a", "b", "a"]


def test_batches_are_filled_from_the_narrowest_line_to_the_widest(card: ModelCard) -> None:
    session = BrightnessSession()
    TextRecogniser(card, config(LETTERS), session).predict([crop(w) for w in (900, 330, 700, 350, 800)], batch_size=2)
    assert session.shapes == [(2, 3, 48, 350), (2, 3, 48, 800), (1, 3, 48, 900)]


def test_six_lines_share_a_batch(card: ModelCard) -> None:
    session = BrightnessSession()
    TextRecogniser(card, config(LETTERS), session).predict([crop(100)] * 13)
    assert [shape[0] for shape in session.shapes] == [6, 6, 1]


def test_no_crops_no_batch(card: ModelCard) -> None:
    session = BrightnessSession()
    assert TextRecogniser(card, config(LETTERS), session).predict([]) == []
    assert session.shapes == []


def test_the_last_class_is_the_space(card: ModelCard) -> None:
    assert TextRecogniser(card, config(LETTERS), BrightnessSession()).predict([crop(100, 4)])[0].text == " "


def test_characters_that_yaml_takes_for_numbers_are_characters(card: ModelCard) -> None:
    assert TextRecogniser(card, config([7, 8, 9]), BrightnessSession()).predict([crop(100, 2)])[0].text == "8"


@pytest.mark.parametrize("broken", [{"PostProcess": {}}, config(None), config([]), config("abc")])
def test_a_model_without_a_charset_is_refused(card: ModelCard, broken: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=r"PP-OCRv5_mobile_rec.*character_dict"):
        TextRecogniser(card, broken, BrightnessSession())


@pytest.mark.parametrize("classes", [4, 6])
def test_a_charset_of_another_length_is_an_error_and_not_garbage(card: ModelCard, classes: int) -> None:
    recogniser = TextRecogniser(card, config(LETTERS), BrightnessSession(classes))
    with pytest.raises(IntegrityError, match="5 classes"):
        recogniser.predict([crop(100)])
