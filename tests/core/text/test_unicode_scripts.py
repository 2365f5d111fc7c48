"""The script of each character, as Unicode assigns it: compared with fontTools, whose data the table is made from."""

from __future__ import annotations

import sys

import pytest
from fontTools import unicodedata

from docs import scripts_table
from ocrzoo.text.unicode_scripts import script_named, script_of


def test_the_table_is_the_one_that_would_be_made_now() -> None:
    assert scripts_table.TARGET.read_text("utf-8") == scripts_table.table()


def test_every_character_has_its_script() -> None:
    chars = [chr(code) for code in (*range(0x32000), *range(0xE0000, 0xE0200), sys.maxunicode)]
    assert [char for char in chars if script_of(char) != unicodedata.script(char)] == []


@pytest.mark.parametrize(
    ("code", "name", "direction"),
    [
        ("Arab", "Arabic", "rtl"),
        ("Deva", "Devanagari", "ltr"),
        ("Adlm", "Adlam", "rtl"),
        ("Hans", "Hans", "ltr"),
        ("Zzzz", "Unknown", "ltr"),
    ],
)
def test_names_and_directions(code: str, name: str, direction: str) -> None:
    script = script_named(code)
    assert (script.name, script.direction) == (name, direction)
