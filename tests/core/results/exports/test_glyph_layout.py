"""Where each letter of a line goes in a PDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ocrzoo.results.exports.content import lines_with_text
from ocrzoo.results.exports.pdf_parts.blank_font import EM, advance
from ocrzoo.results.exports.pdf_parts.glyph_layout import GlyphRun, layout, visual_order
from ocrzoo.results.page_text import TextPage
from ocrzoo_registry.languages.orthography import Direction

if TYPE_CHECKING:
    from tests.core.results.exports.conftest import Sheet


def runs(page: TextPage) -> list[GlyphRun]:
    return [layout(page, line, found) for line, found in lines_with_text(page)]


@pytest.mark.parametrize(
    ("text", "direction", "seen"),
    [
        ("Hello (you)", "ltr", "Hello (you)"),
        ("שלום עולם", "rtl", "םלוע םולש"),
        ("שלום 123 עולם", "rtl", "םלוע 123 םולש"),
        ("say שלום twice", "ltr", "say םולש twice"),
        ("שלום ABC", "rtl", "ABC םולש"),
        ("縦書き", "ttb", "縦書き"),
    ],
)
def test_glyphs_are_in_visual_order(text: str, direction: Direction, seen: str) -> None:
    assert visual_order(text, direction) == seen


def test_brackets_stay_what_was_read() -> None:
    assert sorted(visual_order("(שלום) [ABC]", "rtl")) == sorted("(שלום) [ABC]")
    assert visual_order("(שלום", "rtl")[-1] == "("


def test_words_start_where_they_were_found_with_spaces_between(sheet: Callable[..., Sheet]) -> None:
    (run,) = runs(sheet().put("one two", (100, 500), angle=30).page())
    assert "".join(letter.text for letter in run.glyphs) == "one two"
    starts = [letter.start for letter in run.glyphs]
    assert starts == sorted(starts)
    assert (starts[0], starts[3], starts[4]) == pytest.approx((0, 48, 64), abs=0.1)
    assert run.frame.angle == pytest.approx(30, abs=0.1)


def test_words_from_right_to_left_are_placed_from_the_left(sheet: Callable[..., Sheet]) -> None:
    (run,) = runs(sheet().put("שלום עולם!", (100, 50), direction="rtl").page())
    assert "".join(letter.text for letter in run.glyphs) == "!םלוע םולש"
    starts = [letter.start for letter in run.glyphs]
    assert starts == sorted(starts)


def test_no_space_between_adjacent_words(sheet: Callable[..., Sheet]) -> None:
    drawn = sheet().put("你 好", (0, 0))
    drawn.lines[0] = replace(drawn.lines[0], text="你好")
    (run,) = runs(drawn.page())
    assert [letter.text for letter in run.glyphs] == ["你", "好"]
    assert run.moves() == [0, 0], "a gap would be read as a space"


def test_moves_lead_from_letter_to_letter(many: TextPage) -> None:
    for run in runs(many):
        reached = 0.0
        for move, letter in zip(run.moves(), run.glyphs, strict=True):
            unit = run.frame.height * letter.stretch / EM
            reached += move * unit
            assert reached == pytest.approx(letter.start, abs=unit * len(run.glyphs))
            reached += advance(letter.text) * unit


def test_places_without_extent_still_give_text(hostile: TextPage) -> None:
    for run in runs(hostile):
        assert run.frame.height >= 1
        assert all(letter.stretch > 0 for letter in run.glyphs)
        assert all(abs(move) <= 1e7 for move in run.moves())
