"""The font that shows nothing."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from docs.blank_font import font
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from ocrzoo.results.exports.pdf_parts import blank_font

TEXT = "Añ你🙂\u0301\U0010ffff\ufffd"


def test_the_program_is_the_one_that_the_script_writes() -> None:
    assert blank_font.program() == font()


def test_it_has_a_glyph_of_each_width_that_shows_nothing() -> None:
    with TTFont(io.BytesIO(blank_font.program())) as program:
        widths = [program["hmtx"][name][0] for name in program.getGlyphOrder()]
    assert tuple(widths[1:]) == blank_font.WIDTHS
    canvas = Image.new("L", (400, 200))
    shown = ImageFont.truetype(io.BytesIO(blank_font.program()), 100, layout_engine=ImageFont.Layout.BASIC)
    ImageDraw.Draw(canvas).text((50, 50), " ", fill=255, font=shown)
    assert np.asarray(canvas).max() == 0


def test_every_character_has_a_number_a_width_a_glyph_and_a_meaning() -> None:
    codes = blank_font.Codes()
    numbers = [codes.code(character) for character in TEXT]
    assert numbers == list(range(2, 2 + len(TEXT)))
    assert [codes.code(character) for character in TEXT] == numbers
    glyphs = np.frombuffer(codes.glyphs(), ">u2")
    assert [blank_font.WIDTHS[glyph - 1] for glyph in glyphs[1:]] == codes.widths()
    meanings = re.findall(r"<([0-9A-F]{4})> <([0-9A-F]+)>", codes.to_unicode().decode().split("endcodespacerange")[1])
    found = {int(code, 16): bytes.fromhex(text).decode("utf-16-be") for code, text in meanings}
    assert [found[number] for number in numbers] == list(TEXT)


@pytest.mark.parametrize(
    ("narrower", "wider"), [("i", "n"), (" ", "a"), ("n", "N"), ("N", "W"), ("W", "你"), ("\u0301", "i"), ("你", "你!")]
)
def test_characters_take_about_the_room_they_take_in_print(narrower: str, wider: str) -> None:
    assert blank_font.width(narrower) < blank_font.width(wider)


def test_no_more_characters_than_a_font_can_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blank_font, "_MAX_CODES", 3)
    codes = blank_font.Codes()
    assert [codes.code(character) for character in "abca "] == [2, 3, 1, 2, 1]
