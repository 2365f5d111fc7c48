"""The font that shows nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from ocrzoo.results.exports import blank_font

TEXT = "Añ你🙂\u0301\U0010ffff\ufffd"


def test_it_has_exactly_the_characters_asked_for_and_the_space(tmp_path: Path) -> None:
    blank_font.save(TEXT, tmp_path / "font.ttf")
    with TTFont(tmp_path / "font.ttf") as font:
        assert {chr(code) for code in font.getBestCmap()} == {*TEXT, " "}


def test_it_shows_nothing_and_leaves_room(tmp_path: Path) -> None:
    blank_font.save(TEXT, tmp_path / "font.ttf")
    font = ImageFont.truetype(str(tmp_path / "font.ttf"), 100)
    canvas = Image.new("L", (800, 200))
    ImageDraw.Draw(canvas).text((50, 50), TEXT, fill=255, font=font)
    assert np.asarray(canvas).max() == 0
    assert font.getlength(TEXT) == pytest.approx(blank_font.width(TEXT) / 10, abs=len(TEXT))


def test_the_same_characters_give_the_same_bytes(tmp_path: Path) -> None:
    for name, text in (("a.ttf", TEXT), ("b.ttf", TEXT[::-1] * 2)):
        blank_font.save(text, tmp_path / name)
    assert (tmp_path / "a.ttf").read_bytes() == (tmp_path / "b.ttf").read_bytes()


@pytest.mark.parametrize(
    ("narrower", "wider"), [("i", "n"), (" ", "a"), ("n", "N"), ("N", "W"), ("W", "你"), ("\u0301", "i"), ("你", "你!")]
)
def test_characters_take_about_the_room_they_take_in_print(narrower: str, wider: str) -> None:
    assert blank_font.width(narrower) < blank_font.width(wider)


def test_no_more_characters_than_a_font_can_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blank_font, "_MAX_GLYPHS", 3)
    blank_font.save("dcba", tmp_path / "font.ttf")
    with TTFont(tmp_path / "font.ttf") as font:
        assert "".join(map(chr, font.getBestCmap())) == " ab"
