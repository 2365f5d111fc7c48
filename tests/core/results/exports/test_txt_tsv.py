"""Plain text, and Tesseract's table as other tools read it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ocrzoo.results.exports.tsv import to_tsv
from ocrzoo.results.exports.txt import to_txt
from ocrzoo.results.page_text import TextPage

if TYPE_CHECKING:
    from tests.core.results.exports.conftest import Sheet


def rows(pages: list[TextPage]) -> list[dict[str, str]]:
    """The table, read as Tesseract's is: tabs, and quotes without a meaning."""
    return list(csv.DictReader(io.StringIO(to_tsv(pages)), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_text_has_a_line_a_line_and_a_form_feed_between_pages(sheet: Callable[..., Sheet]) -> None:
    first = sheet().put("one two", (0, 0)).put("", (0, 0)).put("three", (0, 50)).page()
    empty = sheet().page()
    last = sheet().put("مرحبا بالعالم", (0, 0), direction="rtl").page()
    assert to_txt([first, empty, last]) == "one two\nthree\n\f\fمرحبا بالعالم\n"
    assert to_txt([empty]) == ""


def test_nothing_in_a_text_ends_its_line(hostile: TextPage) -> None:
    text = to_txt([hostile])
    assert len(text.splitlines()) == len(text.split("\n")) - 1 == len(hostile.lines)
    text.encode("utf-8")


def test_the_table_has_tesseract_s_levels(sheet: Callable[..., Sheet]) -> None:
    page = sheet(300, 200).put("one two", (10, 20)).put("three", (40, 100)).page()
    found = rows([page])
    assert to_tsv([]) == (
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
    )
    counts = [tuple(map(int, list(row.values())[:6])) for row in found]
    assert counts == [
        (1, 1, 0, 0, 0, 0),
        (2, 1, 1, 0, 0, 0),
        (3, 1, 1, 1, 0, 0),
        (4, 1, 1, 1, 1, 0),
        (5, 1, 1, 1, 1, 1),
        (5, 1, 1, 1, 1, 2),
        (4, 1, 1, 1, 2, 0),
        (5, 1, 1, 1, 2, 1),
    ]
    assert [row["text"] for row in found] == ["", "", "", "", "one", "two", "", "three"]
    assert [row["conf"] for row in found] == ["-1"] * 4 + ["90.00"] * 2 + ["-1", "90.00"]
    boxes = [tuple(int(row[key]) for key in ("left", "top", "width", "height")) for row in found]
    assert boxes[0] == (0, 0, 300, 200)
    assert boxes[1] == boxes[2] == (10, 20, 112, 120)
    assert boxes[3:6] == [(10, 20, 112, 40), (10, 20, 48, 40), (74, 20, 48, 40)]


def test_pages_are_counted_and_empty_ones_have_a_row(sheet: Callable[..., Sheet]) -> None:
    found = rows([sheet().page(), sheet().put("x", (0, 0)).page()])
    assert [(row["level"], row["page_num"]) for row in found] == [("1", "1"), *((level, "2") for level in "12345")]


def test_a_line_without_words_is_one_word(many: TextPage) -> None:
    assert "jumps over the lazy dog" in [row["text"] for row in rows([many])]


def test_nothing_in_a_text_breaks_the_table(hostile: TextPage) -> None:
    table = to_tsv([hostile])
    assert {line.count("\t") for line in table.splitlines()} == {11}
    for row in rows([hostile]):
        numbers = [int(row[key]) for key in ("left", "top", "width", "height")]
        assert all(0 <= number <= max(hostile.image.shape) for number in numbers)
        assert np.isfinite(float(row["conf"]))
        assert -1 <= float(row["conf"]) <= 100


def test_details_of_words_are_columns_after_tesseracts(detailed: TextPage, many: TextPage) -> None:
    usual = rows([many])
    assert [*usual[0]][-2:] == ["conf", "text"]
    table = rows([detailed])
    assert [*table[0]] == [*usual[0], "char_confs", "alternatives"]
    (first, *others) = [row for row in table if row["text"]]
    assert first["char_confs"] == "100.00 50.00 97.00"
    assert json.loads(first["alternatives"]) == [["zoo", 0.4], ["<z>", 0.01]]
    assert all(row["char_confs"] == row["alternatives"] == "" for row in others)
