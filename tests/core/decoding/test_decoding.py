"""What is known of lines, checked before a model is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocrzoo.decoding import MOST_READINGS, PLAIN, decoding
from ocrzoo_registry.errors import UsageError


def test_nothing_known_is_the_best_class_of_each_column() -> None:
    assert decoding() == PLAIN
    assert PLAIN.names == []


def test_one_term_needs_no_list() -> None:
    assert decoding(allow="0-9") == decoding(allow=["0-9"])
    assert decoding(patterns="date").patterns == ("date",)


def test_a_lexicon_may_be_a_file_with_an_entry_a_line(tmp_path: Path) -> None:
    path = tmp_path / "cities.txt"
    path.write_text("\ufeffBern\r\n\n  Basel \nBern\n", encoding="utf-8")
    assert decoding(lexicon=path).lexicon == ("Bern", "Basel")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"allow": 5}, r"^allow=5: text is needed, or a list of it$"),
        ({"allow": ["a", 5]}, r"^allow=\['a', 5\]: text is needed"),
        ({"deny": ""}, r"^deny: a term is empty: leave it out$"),
        ({"deny": ["a"] * 1001}, r"^deny: up to 1000 terms are possible, of 100000 characters together$"),
        ({"allow": ["a" * 50_001, "b" * 50_000]}, r"^allow: up to 1000 terms are possible, of 100000 characters"),
        ({"patterns": "a" * 501}, r"^patterns: up to 8 of 1 to 500 characters are possible$"),
        ({"patterns": ""}, r"^patterns: up to 8 of 1 to 500 characters"),
        ({"lexicon": "Bern"}, r"^lexicon: a list of texts is needed, or the Path of a file"),
        ({"lexicon": []}, r"^lexicon: 1 to 100000 entries"),
        ({"lexicon": ["a" * 201]}, r"^lexicon: 1 to 100000 entries of 1 to 200 characters"),
        ({"lexicon": Path("/nowhere/cities.txt")}, r"^lexicon .*cities.txt: .*[Nn]o such file"),
        ({"alternatives": -1}, rf"^alternatives=-1: a whole number from 0 to {MOST_READINGS}"),
        ({"alternatives": 2.5}, r"^alternatives=2.5"),
        ({"alternatives": True}, r"^alternatives=True"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        decoding(**arguments)


def test_a_lexicon_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cities.txt"
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError, match=r"^lexicon .*cities\.txt: not a UTF-8 text file$"):
        decoding(lexicon=path)
