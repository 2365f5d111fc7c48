"""The text recognizer: lines of like shape share a batch, and the charset must fit the network."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import pytest
from bidi.algorithm import get_display
from numpy.typing import NDArray

from ocrzoo.engines.base import TensorSpec
from ocrzoo.guards import GuardedSession
from ocrzoo.predictors.recognition import TextRecognizer
from ocrzoo.text.bidi import runs_right_to_left
from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError, UsageError
from ocrzoo_registry.zoo import Zoo

Array = NDArray[np.float32]
LETTERS = ["a", "b", "c"]
Shape = tuple[int | None, ...] | None


class BrightnessSession:
    """Reads a line as the letter of its brightness: class 1, 2, 3 for 50, 100, 150."""

    def __init__(self, classes: int = 5, *, inputs: Shape = None, outputs: Shape = None) -> None:
        self.classes = classes
        self.inputs = (TensorSpec("x", inputs),)
        self.outputs = (TensorSpec("y", outputs),)
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
    return zoo.models.get("PP-OCRv5_mobile_rec")


def test_lines_come_back_in_the_order_of_the_crops(card: ModelCard) -> None:
    recognizer = TextRecognizer(card, config(LETTERS), BrightnessSession())
    lines = recognizer.predict([crop(900, 3), crop(100, 1), crop(400, 2), crop(500, 1)], batch_size=2)
    assert [line.text for line in lines] == ["c", "a", "b", "a"]


def test_batches_are_filled_from_the_narrowest_line_to_the_widest(card: ModelCard) -> None:
    session = BrightnessSession()
    TextRecognizer(card, config(LETTERS), session).predict([crop(w) for w in (900, 330, 700, 350, 800)], batch_size=2)
    assert session.shapes == [(1, 3, 48, 900), (1, 3, 48, 800), (1, 3, 48, 800), (2, 3, 48, 350)], "the largest first"


def test_a_gpu_reads_as_many_lines_a_call_as_are_asked_for(card: ModelCard) -> None:
    session = BrightnessSession()
    recognizer = TextRecognizer(card, config(LETTERS), GuardedSession("it", session, threads=0))
    recognizer.predict([crop(300)] * 40, batch_size=32)
    recognizer.predict([crop(300)] * 100, batching="width")
    assert sorted(shape[0] for shape in session.shapes) == [8, 32, 50, 50]


def test_an_engine_of_several_streams_reads_lines_one_by_one(card: ModelCard) -> None:
    session = BrightnessSession()
    guarded = GuardedSession("it", session, threads=1, streams=2)
    TextRecognizer(card, config(LETTERS), guarded).predict([crop(w) for w in (60, 330, 350)], batch_size=6)
    assert session.shapes == [(1, 3, 48, 350)] * 3, "padded as in PaddleX"


def test_six_lines_are_padded_alike_and_three_share_a_call(card: ModelCard) -> None:
    session = BrightnessSession()
    TextRecognizer(card, config(LETTERS), session).predict([crop(100)] * 13)
    assert [shape[0] for shape in session.shapes] == [3, 3, 3, 3, 1]


def test_below_a_ceiling_of_memory_fewer_lines_share_a_call_of_the_same_width(card: ModelCard) -> None:
    session = BrightnessSession()
    session.most_pixels = 2 * 48 * 400  # type: ignore[attr-defined]
    recognizer = TextRecognizer(card, config(LETTERS), session)
    lines = recognizer.predict([crop(100 * (one + 1), one % 3 + 1) for one in range(4)])
    assert session.shapes == [(2, 3, 48, 400), (2, 3, 48, 400)]
    assert [line.text for line in lines] == ["a", "b", "c", "a"]


def test_no_crops_no_batch(card: ModelCard) -> None:
    session = BrightnessSession()
    assert TextRecognizer(card, config(LETTERS), session).predict([]) == []
    assert session.shapes == []


def test_the_last_class_is_the_space(card: ModelCard) -> None:
    assert TextRecognizer(card, config(LETTERS), BrightnessSession()).predict([crop(100, 4)])[0].text == " "


def test_characters_that_yaml_takes_for_numbers_are_characters(card: ModelCard) -> None:
    assert TextRecognizer(card, config([7, 8, 9]), BrightnessSession()).predict([crop(100, 2)])[0].text == "8"


@pytest.mark.parametrize("broken", [{"PostProcess": {}}, config(None), config([]), config("abc")])
def test_a_model_without_a_charset_is_refused(card: ModelCard, broken: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=r"PP-OCRv5_mobile_rec.*character_dict"):
        TextRecognizer(card, broken, BrightnessSession())


@pytest.mark.parametrize("classes", [4, 6])
def test_a_charset_of_another_length_is_an_error_and_not_garbage(card: ModelCard, classes: int) -> None:
    recognizer = TextRecognizer(card, config(LETTERS), BrightnessSession(classes))
    with pytest.raises(IntegrityError, match="5 classes"):
        recognizer.predict([crop(100)])


@pytest.mark.parametrize("shape", [(None, None, 7), (1, 40, 4)])
def test_a_network_that_states_its_classes_is_refused_at_load(card: ModelCard, shape: Shape) -> None:
    assert shape is not None
    with pytest.raises(IntegrityError, match=rf"PP-OCRv5_mobile_rec: the network has {shape[2]} classes.*makes 5"):
        TextRecognizer(card, config(LETTERS), BrightnessSession(outputs=shape))


def test_a_detection_network_is_refused_at_load(card: ModelCard) -> None:
    with pytest.raises(IntegrityError, match=r"the shape \? x 1 x \? x \?; N x T x classes is needed"):
        TextRecognizer(card, config(LETTERS), BrightnessSession(outputs=(None, 1, None, None)))


@pytest.mark.parametrize("shape", [None, (None, None, None), (None, None, 5), (None, 5)])
def test_one_that_states_none_or_the_right_number_is_loaded(card: ModelCard, shape: Shape) -> None:
    recognizer = TextRecognizer(card, config(LETTERS), BrightnessSession(outputs=shape))
    assert recognizer.predict([crop(100)])[0].text == "a"


def test_lines_of_like_width_can_share_a_call(card: ModelCard) -> None:
    session = BrightnessSession()
    recognizer = TextRecognizer(card, config(LETTERS), session)
    lines = recognizer.predict([crop(w, 2) for w in (900, 320, 1000, 340, 320)], batch_size=2, batching="width")
    assert sorted(session.shapes) == [(1, 3, 48, 384), (1, 3, 48, 960), (1, 3, 48, 1024), (2, 3, 48, 320)]
    assert [line.text for line in lines] == ["b"] * 5


def test_a_fixed_input_shape_is_used(card: ModelCard) -> None:
    session = BrightnessSession()
    (line,) = TextRecognizer(card, config(LETTERS), session).predict([crop(900, 3)], input_shape=(3, 32, 256))
    assert session.shapes == [(1, 3, 32, 256)]
    assert (line.text, line.cells) == ("c", 1.0)


def test_or_says_so_itself(card: ModelCard) -> None:
    session = BrightnessSession(inputs=(None, 3, 48, 320))
    TextRecognizer(card, config(LETTERS), session).predict([crop(300), crop(10)])
    assert session.shapes == [(2, 3, 48, 320)]


@pytest.mark.parametrize("inputs", [(None, 3, 48, None), (None, 3, None, None), (1, 48), None])
def test_free_sides_leave_the_width_to_the_lines(card: ModelCard, inputs: Shape) -> None:
    session = BrightnessSession(inputs=inputs)
    TextRecognizer(card, config(LETTERS), session).predict([crop(900)])
    assert session.shapes == [(1, 3, 48, 900)]


@pytest.mark.parametrize("shape", [(48, 320), (1, 48, 320), (3, 0, 320), (3, 48, 3201), (3, 48.0, 320), (3, True, 320)])
def test_an_invalid_input_shape_is_refused(card: ModelCard, shape: tuple[int, ...]) -> None:
    recognizer = TextRecognizer(card, config(LETTERS), BrightnessSession())
    with pytest.raises(UsageError, match="input_shape="):
        recognizer.predict([crop(100)], input_shape=shape)


def test_lines_know_what_they_fill(card: ModelCard) -> None:
    lines = TextRecognizer(card, config(LETTERS), BrightnessSession()).predict([crop(160), crop(640)])
    assert [line.cells for line in lines] == [0.25, 1.0]
    assert [line.columns for line in lines] == [(0,), (0,)]


class SpellingSession(BrightnessSession):
    """Reads every line as all the letters of the charset, one a column."""

    def run(self, batch: Array) -> Array:
        return np.eye(self.classes, dtype=np.float32)[np.newaxis, 1 : self.classes - 1].repeat(len(batch), axis=0)


@pytest.mark.parametrize("name", ["arabic_PP-OCRv3_mobile_rec", "arabic_PP-OCRv5_mobile_rec"])
def test_right_to_left_lines_come_in_the_order_of_reading(zoo: Zoo, name: str) -> None:
    recognizer = TextRecognizer(zoo.models.get(name), config([*"123ابحرم"]), SpellingSession(10))
    (line,) = recognizer.predict([crop(400)])
    assert line.text == get_display("123ابحرم")
    assert "".join(line.entries) == "123ابحرم"
    assert [line.entries[index] for index in line.sources] == list(line.text)
    assert recognizer.scripts == ("Arab",)


def test_models_of_other_scripts_leave_the_text_as_it_stands(card: ModelCard) -> None:
    (line,) = TextRecognizer(card, config([*"123ابحرم"]), SpellingSession(10)).predict([crop(400)])
    assert (line.text, line.order) == ("123ابحرم", None)


def test_every_card_with_a_right_to_left_script_reads_letters_of_it(zoo: Zoo) -> None:
    cards = [card for card in zoo.models if runs_right_to_left(card.scripts)]
    assert cards
    for card in cards:
        assert card.charset is not None
        charset = "".join(read_charset(card.folder / card.charset))
        assert any(unicodedata.bidirectional(character) in {"R", "AL"} for character in charset)


def with_shape(shape: Any) -> dict[str, Any]:
    return {**config(LETTERS), "PreProcess": {"transform_ops": [{"RecResizeImg": {"image_shape": shape}}]}}


def test_the_height_and_the_least_width_are_the_models_own(card: ModelCard) -> None:
    session = BrightnessSession()
    TextRecognizer(card, with_shape([3, 32, 100]), session).predict([crop(48), crop(480)])
    assert session.shapes == [(2, 3, 32, 320)]


@pytest.mark.parametrize("shape", [[3, 0, 320], [1, 48, 320], [48, 320], "3,48,320", [3, 48, "wide"]])
def test_an_invalid_shape_is_refused(card: ModelCard, shape: Any) -> None:
    with pytest.raises(IntegrityError, match="image_shape"):
        TextRecognizer(card, with_shape(shape), BrightnessSession())


@pytest.mark.parametrize("entry", ["", None, ["a"], {"a": 1}, "a" * 65])
def test_an_entry_that_is_no_character_is_refused(card: ModelCard, entry: Any) -> None:
    with pytest.raises(IntegrityError, match="entry 2 of character_dict"):
        TextRecognizer(card, config(["a", entry, "c"]), BrightnessSession())


def test_digits_without_quotes_are_characters(card: ModelCard) -> None:
    (line,) = TextRecognizer(card, config([1, 2.5, "c"]), BrightnessSession()).predict([crop(100, 2)])
    assert line.text == "2.5"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_an_output_without_probabilities_is_refused(card: ModelCard, value: float) -> None:
    class Wrong(BrightnessSession):
        def run(self, batch: Array) -> Array:
            return np.full_like(super().run(batch), value)

    with pytest.raises(IntegrityError, match="not made of probabilities"):
        TextRecognizer(card, config(LETTERS), Wrong()).predict([crop(100)])


@pytest.mark.parametrize("shape", [(None, 3, 48, 4000), (None, 3, 4000, 320), (None, 3, 0, 320)])
def test_a_network_for_huge_lines_is_refused(card: ModelCard, shape: Shape) -> None:
    with pytest.raises(IntegrityError, match="which is not supported"):
        TextRecognizer(card, config(LETTERS), BrightnessSession(inputs=shape))
