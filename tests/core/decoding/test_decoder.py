"""From a network's output to lines with what is known of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.decoding import decoding
from ocrzoo.decoding.decoder import Decoder
from ocrzoo.processing.recognition import Line, best_classes, decode
from ocrzoo_registry.errors import UsageError

CHARACTERS = ("", *"0123456789OlSB-", " ")


def output(*columns: dict[str, float]) -> NDArray[np.float32]:
    """One line: the probabilities of characters in each column; the blank has what is left."""
    made = np.zeros((1, len(columns), len(CHARACTERS)), np.float32)
    for at, column in enumerate(columns):
        for character, probability in column.items():
            made[0, at, CHARACTERS.index(character)] = probability
        made[0, at, 0] = 1 - sum(column.values())
    return made


DOUBTFUL = output({"2": 0.9}, {}, {"O": 0.6, "0": 0.3}, {"l": 0.5, "1": 0.4, "-": 0.01}, {}, {"6": 1.0})
"""It reads 2Ol6."""


def read(of: NDArray[np.float32] = DOUBTFUL, **known: Any) -> Line:
    (line,) = Decoder("a-model", CHARACTERS, decoding(**known)).lines(of)
    return line


def test_characters_that_are_not_allowed_are_never_the_best() -> None:
    assert read().text == "2Ol6"
    line = read(allow="digits")
    assert (line.text, line.columns) == ("2016", (0, 2, 3, 5))
    assert line.probabilities == pytest.approx((0.9, 0.3, 0.4, 1.0))
    assert read(deny="O").text == "20l6"
    assert read(allow=["digits", "O"], deny="0").text == "2O16"


def test_spaces_stay_unless_they_are_denied() -> None:
    spaced = output({"2": 1.0}, {" ": 1.0}, {"l": 1.0}, {" ": 0.9}, {"6": 1.0}, {" ": 1.0}, {"O": 0.9})
    assert read(spaced, allow="digits").text == "2 6"
    assert read(spaced, allow="digits", deny=" ").text == "26"
    assert read(spaced).text == "2 l 6 O"


def test_a_model_without_any_allowed_character_is_named() -> None:
    with pytest.raises(UsageError, match=r"^a-model has none of the characters that allow and deny leave$"):
        Decoder("a-model", CHARACTERS, decoding(allow="xyz", deny=" "))
    with pytest.raises(UsageError, match=r"^a-model has none of the characters"):  # a line of spaces is none
        Decoder("a-model", CHARACTERS, decoding(allow="xyz"))


def test_a_line_is_the_most_probable_text_that_matches() -> None:
    line = read(patterns=r"\d{4}")
    assert (line.text, line.columns) == ("2016", (0, 2, 3, 5))
    assert read(patterns=[r"[A-Z]\d", r"\d{4}"]).text == "2016"
    assert read(patterns=r"\d\d-\d").text == "20-6"


def test_a_line_that_cannot_match_has_no_text_and_no_score() -> None:
    line = read(patterns=r"\d{20}")
    assert (line.text, line.score, line.columns) == ("", 0.0, ())


def test_a_line_is_an_entry_of_the_lexicon() -> None:
    assert read(lexicon=["2015", "2016", "1999"]).text == "2016"
    assert read(lexicon=[f"{year}" for year in range(1900, 2100)]).text == "2016"


def test_a_lexicon_and_patterns_together_are_alternatives() -> None:
    assert read(lexicon=["SSSS"], patterns=r"\d{4}").text == "2016"
    assert read(lexicon=["2Ol6"], patterns=r"\d{4}").text == "2Ol6"


def test_alternatives_change_nothing_but_say_what_else_the_line_might_be() -> None:
    line = read(alternatives=3)
    (plain,) = decode(best_classes(DOUBTFUL), CHARACTERS)
    assert (line.text, line.score, line.columns, line.probabilities) == (
        *(plain.text, plain.score, plain.columns, plain.probabilities),
    )
    assert [(one.text, round(one.probability, 3)) for one in line.alternatives] == [
        ("2Ol6", 0.27),
        ("2O16", 0.216),
        ("20l6", 0.135),
    ]


def test_each_character_has_the_other_classes_of_its_column() -> None:
    line = read(alternatives=1)
    (zero, likely), (one, likelier) = (choice[0] for choice in line.choices[1:3])
    assert (zero, one) == ("0", "1")
    assert (likely, likelier) == pytest.approx((0.3, 0.4))


def test_the_text_itself_is_always_among_its_alternatives() -> None:
    # "-" is the best of no path: two paths of "5" together are more probable
    either = output({"-": 0.5, "5": 0.45}, {"5": 0.49})
    line = read(either, alternatives=1)
    assert (line.text, [one.text for one in line.alternatives]) == ("-", ["-"])


def test_constraints_and_alternatives_go_together() -> None:
    line = read(patterns=r"[\dO]{4}", alternatives=2)
    assert [one.text for one in line.alternatives] == ["2O16", "2016"]
    assert line.text == "2O16"


def test_a_script_from_the_right_takes_its_lexicon_in_printed_order() -> None:
    hebrew = ("", "\u05d0", "\u05d1", "\u05d2")
    made = np.zeros((1, 3, 4), np.float32)
    for at, one in enumerate((3, 2, 1)):  # printed from the left: gimel, bet, alef
        made[0, at, one] = 1
    decoder = Decoder(
        "a-model", hebrew, decoding(lexicon=["\u05d0\u05d1\u05d2", "\u05d2\u05d1\u05d0"]), from_right=True
    )
    (line,) = decoder.lines(made)
    assert line.entries == ("\u05d2", "\u05d1", "\u05d0")
