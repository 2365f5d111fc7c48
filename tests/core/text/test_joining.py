"""Lines joined to the text of a paragraph."""

from __future__ import annotations

import pytest

from ocrzoo.text.joining import SOFT_HYPHEN, compounds_of, is_hyphenated, join_lines


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["The ferry leaves", "at nine."], "The ferry leaves at nine."),
        (["  The ferry ", " leaves  "], "The ferry leaves"),
        (["", "The ferry", ""], "The ferry"),
        (["渡轮九点", "开船。"], "渡轮九点开船。"),
        (["渡轮九点，", "开船。"], "渡轮九点，开船。"),
        (["今日は", "晴れ"], "今日は晴れ"),
        (["เรือออก", "เก้าโมง"], "เรือออกเก้าโมง"),
        (["배는 아홉", "시에"], "배는 아홉 시에"),
        (["渡轮 Ferry", "九点"], "渡轮 Ferry 九点"),
        (["A well-", "known boat"], "A well-known boat"),
        ([f"A jour{SOFT_HYPHEN}", "ney by boat"], "A journey by boat"),
        (["Pre-", "and postwar boats"], "Pre- and postwar boats"),
        (["Vor-", "und Nachteile"], "Vor- und Nachteile"),
        (["The years 1914-", "1918"], "The years 1914- 1918"),
        (["Tickets -", "see below"], "Tickets - see below"),
    ],
)
def test_lines_become_a_text_as_their_script_is_written(lines: list[str], text: str) -> None:
    assert join_lines(lines) == text


@pytest.mark.parametrize(
    ("line", "after", "hyphenated"),
    [
        ("A jour-", "ney by boat", True),
        ("A jour\u2010", "ney by boat", True),
        ("Die Fahrt mit dem Damp-", "fer", True),
        ("Сегодня па-", "роход", True),
        ("The Anglo-", "Saxon boats", False),  # a name goes on with a capital
        ("Pre-", "and postwar boats", False),
        ("1914-", "1918", False),
        ("A boat", "at sea", False),
        ("A boat -", "at sea", False),
        ("A well-", "known boat", False),  # the page has well-known elsewhere
        ("A boat-", "", False),
        ("", "ney", False),
    ],
)
def test_a_hyphen_only_divides_a_word_if_a_small_letter_follows(line: str, after: str, hyphenated: bool) -> None:
    compounds = compounds_of(["It is a Well-known boat.", "Another"])
    assert is_hyphenated(line, after, compounds) == hyphenated


def test_a_word_that_is_divided_itself_is_no_compound_of_the_page() -> None:
    assert compounds_of(["A jour-", "ney, the mid-day boat"]) == {"mid-day"}


def test_a_page_of_many_lines_is_one_text() -> None:
    lines = ["the ferry leaves the harbor at nine in the mor-"] * 20_000
    assert join_lines(lines).count("mor-the") == len(lines) - 1
    assert compounds_of(["n" * 200_000, "o" * 200_000 + "-n"]) == {"o" * 200_000 + "-n"}
