"""Spaces that a network sees but does not read."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.decoding import decoding
from ocrzoo.decoding.decoder import Decoder
from ocrzoo.processing.recognition import Line

LETTERS = ("", *"abcdefghijklmnopqrstuvwxyz天地2", " ")
STEP, WORD_STEP = 2, 4
"""Columns from one letter to the next, within a word and between two."""


def output_of(text: str, *, doubt: float = 0.2, step: int = STEP, word_step: int = WORD_STEP) -> NDArray[np.float32]:
    """Return 1 x T x classes for a text whose spaces the network takes for blanks, with some doubt."""
    columns: list[NDArray[np.float32]] = []

    def put(class_: int, probability: float, other: int) -> None:
        row = np.zeros(len(LETTERS), np.float32)
        row[class_], row[other] = probability, 1 - probability
        columns.append(row)

    space = LETTERS.index(" ")
    for place, character in enumerate(text):
        if character == " ":
            continue
        put(LETTERS.index(character), 0.98, 0)
        between = text[place + 1 : place + 2] == " "
        for gap in range((word_step if between else step) - 1):
            put(0, 1 - doubt if between and gap == 1 else 0.9999, space)
    return np.stack(columns)[None]


def read(output: NDArray[np.float32], *, restore_spaces: bool = True, alternatives: int = 0) -> Line:
    known = decoding(restore_spaces=restore_spaces, alternatives=alternatives)
    (line,) = Decoder("a model", LETTERS, known).lines(output)
    return line


def test_a_space_is_where_the_network_sees_one_and_letters_are_apart() -> None:
    output = output_of("the boat leaves at night")
    assert read(output, restore_spaces=False).text == "theboatleavesatnight"
    assert read(output).text == "the boat leaves at night"


def test_a_space_that_was_read_stays_the_only_one() -> None:
    output = output_of("the boat leaves at night", doubt=0.8)
    assert read(output, restore_spaces=False).text == "the boat leaves at night"
    assert read(output).text == "the boat leaves at night"


def test_letters_that_are_apart_are_one_word_if_the_network_sees_no_space() -> None:
    assert read(output_of("the boat leaves", doubt=1e-6)).text == "theboatleaves"


def test_letters_that_are_not_apart_are_one_word_whatever_the_network_sees() -> None:
    assert read(output_of("the boat leaves", doubt=0.02, word_step=STEP)).text == "theboatleaves"


def test_letterspacing_makes_no_words() -> None:
    assert read(output_of("theboat", step=6)).text == "theboat"


def test_scripts_without_spaces_get_none() -> None:
    assert read(output_of("天 地 天 地")).text == "天地天地"


def test_a_line_has_its_spaces_with_column_and_probability_and_keeps_its_score() -> None:
    output = output_of("the boat")
    plain, line = read(output, restore_spaces=False), read(output)
    (place,) = [place for place, entry in enumerate(line.entries) if entry == " "]
    assert line.columns[place - 1] < line.columns[place] < line.columns[place + 1]
    assert line.probabilities[place] == pytest.approx(0.2)
    assert line.score == plain.score
    assert len(line.entries) == len(line.columns) == len(line.probabilities) == len("the boat")


def test_alternatives_have_spaces_too() -> None:
    line = read(output_of("the boat"), alternatives=3)
    assert line.text == "the boat"
    assert line.alternatives[0].text == "the boat"
    assert len(line.choices) == len(line.entries)


def test_patterns_decide_on_their_own_spaces() -> None:
    known = decoding(patterns=["[a-z]+"], restore_spaces=True)
    (line,) = Decoder("a model", LETTERS, known).lines(output_of("the boat"))
    assert line.text == "theboat"


def test_characters_that_are_not_allowed_leave_no_space_to_restore() -> None:
    known = decoding(deny=[" "], restore_spaces=True)
    (line,) = Decoder("a model", LETTERS, known).lines(output_of("the boat"))
    assert line.text == "theboat"
