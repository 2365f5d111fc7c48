"""How ``allow`` and ``deny`` name characters."""

from __future__ import annotations

import pytest

from ocrzoo.decoding.characters import character_class
from ocrzoo_registry.errors import OcrzooError, UsageError


def members(text: str, *terms: str) -> str:
    fits = character_class("allow", terms)
    assert fits is not None
    return "".join(character for character in text if fits(character))


@pytest.mark.parametrize(
    ("term", "those_of", "left"),
    [
        ("abc", "abcdABC", "abc"),
        ("a-e", "abcdefg-", "abcde"),
        ("A-Z0-9", "AZaz09-", "AZ09"),
        ("0123456789-.", "0.9-/", "0.9-"),
        (".-9", ".-/09", ".-9"),
        ("z-a", "az-m", "az-"),
        ("-", "-a", "-"),
        ("^]\\[", "^]\\[a", "^]\\["),
        (r"\p{Lu}x", "ABab\u00c4x", "AB\u00c4x"),
        (r"\p{Greek}", "a\u03b1\u03a9", "\u03b1\u03a9"),
        (r"\P{L}", "a1-", "1-"),
        ("\u4e00-\u9fff", "a\u4e2d\u6587", "\u4e2d\u6587"),
        ("digits", "d0i1g2", "012"),
        ("letters", "a\u00df\u044f1 -", "a\u00df\u044f"),
        ("punctuation", "a.,-$", ".,-"),
        ("symbols", "a.$+", "$+"),
    ],
)
def test_a_term_is_text_with_ranges_and_classes_or_a_name(term: str, those_of: str, left: str) -> None:
    assert members(those_of, term) == left


def test_a_language_stands_for_its_alphabet_digits_and_punctuation() -> None:
    assert members("\u00c4\u00df\u00e9\u044f7,x", "lang:de") == "\u00c4\u00df7,x"
    assert members("\u0457\u0491\u044bx", "lang:uk") == "\u0457\u0491"


def test_terms_add_up() -> None:
    assert members("ab12-", "digits", "a") == "a12"


def test_all_characters_of_an_entry_must_be_in_the_set() -> None:
    fits = character_class("allow", ["ab"])
    assert fits is not None
    assert fits("ab")
    assert not fits("ac")
    assert not fits("")


def test_a_word_that_is_nearly_a_name_is_its_letters_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert members("digt012", "digit") == "digt"
    assert "allow: 'digit' stands for each of its characters (did you mean digits?)" in caplog.text
    caplog.clear()
    members("a", "aeiou", "digits", "12-9x")
    assert not caplog.text


def test_no_terms_are_no_set() -> None:
    assert character_class("allow", ()) is None


def test_an_unknown_class_names_the_parameter_and_the_class() -> None:
    with pytest.raises(UsageError, match=r"deny: \\p\{Nonsense\} is no class of Unicode"):
        character_class("deny", [r"\p{Nonsense}"])


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(OcrzooError, match="nowhere"):
        character_class("allow", ["lang:nowhere"])
