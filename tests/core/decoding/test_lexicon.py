"""Closed lists."""

from __future__ import annotations

import pytest

from ocrzoo.decoding.lexicon import NEAREST, Lexicon
from ocrzoo_registry.errors import UsageError

CHARACTERS = ("", *"abcdefghijklmnopqrstuvwxyz", "ch", " ")


def test_entries_are_written_in_the_models_characters_the_longest_first() -> None:
    (reading,) = Lexicon(["cache"], CHARACTERS).nearest("")
    assert [CHARACTERS[one] for one in reading] == ["c", "a", "ch", "e"]


def test_entries_with_characters_that_the_model_lacks_are_left_out() -> None:
    assert len(Lexicon(["ab", "\u00e4b", "b c"], CHARACTERS).nearest("")) == 2
    with pytest.raises(UsageError, match="has not all characters of any of its 2 entries"):
        Lexicon(["\u00e4", "\u00f6"], CHARACTERS)


def test_of_long_lists_those_nearest_to_what_was_read_are_compared() -> None:
    words = [first + second + third for first in "abcdefgh" for second in "aeiou" for third in "xyz"]
    nearest = Lexicon(words, CHARACTERS).nearest("hoy")
    assert len(nearest) == NEAREST
    assert "".join(CHARACTERS[one] for one in nearest[0]) == "hoy"


def test_entries_are_turned_into_the_order_in_which_they_are_printed() -> None:
    (reading,) = Lexicon(["abc"], CHARACTERS, lambda text: text[::-1]).nearest("")
    assert [CHARACTERS[one] for one in reading] == ["c", "b", "a"]


def test_the_charset_is_measured_once_for_all_entries() -> None:
    measured = 0

    class Measured(str):
        __slots__ = ()

        def __len__(self) -> int:
            nonlocal measured
            measured += 1
            return super().__len__()

    Lexicon(["ab", "cd", "ef"], [*map(Measured, CHARACTERS)])
    assert measured == len(CHARACTERS) - 1
