"""Lines as exports see them: turned as their letters stand, which for tall ones is a question of the language."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pikepdf
import pytest
from tests.core.text.languages import AR, FR, JA, RU

from ocrzoo.processing.recognition import Line
from ocrzoo.results.exports.alto import to_alto
from ocrzoo.results.exports.hocr import to_hocr
from ocrzoo.results.exports.pdf import to_pdf
from ocrzoo.results.line import RecognizedLine
from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo.text.bidi import direction_of
from ocrzoo_registry.languages.tags import Language

TALL = np.array([[100, 50], [130, 50], [130, 350], [100, 350]], np.int16)
FLAT = np.array([[100, 50], [400, 50], [400, 80], [100, 80]], np.int16)
READ = Line("ab cd", 0.9, tuple("ab cd"), (0, 2, 4, 6, 8), (0.9,) * 5, 10.0)


def seen(quad: Any, language: Language | None, asked: tuple[Language, ...] = (), *, flipped: bool = False) -> TextLine:
    direction = direction_of(READ.text, quad, ("Latn",), (language,) if language else asked)
    return RecognizedLine(READ, quad, flipped, direction, "model", language).as_text()


def page(line: TextLine) -> TextPage:
    return TextPage("page", np.full((400, 500, 3), 255, np.uint8), (line,))


class TestTall:
    """A line that is higher than wide."""

    @pytest.mark.parametrize(
        ("language", "asked"), [(None, ()), (JA, (JA, FR)), (None, (JA,))], ids=["unknown", "Japanese", "no letters"]
    )
    def test_runs_down_where_that_may_be(self, language: Language | None, asked: tuple[Language, ...]) -> None:
        line = seen(TALL, language, asked)
        assert line.direction == "ttb"
        assert line.polygon.tolist() == TALL.tolist()

    @pytest.mark.parametrize(("language", "asked"), [(FR, (FR, JA)), (None, (FR, RU))], ids=["French", "no letters"])
    def test_is_a_turned_line_where_it_may_not(self, language: Language | None, asked: tuple[Language, ...]) -> None:
        line = seen(TALL, language, asked)
        assert line.direction == "ltr"
        assert line.polygon.tolist() == [[130, 50], [130, 350], [100, 350], [100, 50]]  # its top is on the right
        first, second = line.words
        assert first.polygon[:, 1].max() < second.polygon[:, 1].min()
        assert first.polygon[0].tolist() == [130.0, first.polygon[:, 1].min()]

    def test_on_its_head_it_runs_up_whatever_the_language(self) -> None:
        for language in (None, FR, JA):
            line = seen(TALL, language, flipped=True)
            assert line.direction == "ltr"
            assert line.polygon.tolist() == [[100, 350], [100, 50], [130, 50], [130, 350]]

    def test_exports_say_how_it_is_turned(self) -> None:
        turned, down = page(seen(TALL, FR)), page(seen(TALL, JA))
        assert b"textangle 270" in to_hocr([turned])
        assert b'ROTATION="270"' in to_alto([turned])
        assert b'LANG="fr" BASEDIRECTION="ltr"' in to_alto([turned])
        assert b"ROTATION" not in to_alto([down])
        assert b'LANG="ja" BASEDIRECTION="ttb"' in to_alto([down])
        assert re.search(rb'lang="fr"', to_hocr([turned]))
        with pikepdf.open(io.BytesIO(to_pdf([turned]))) as pdf:
            assert pdf.Root.Lang == "fr"

    def test_in_arabic_it_runs_from_the_right_and_is_turned(self) -> None:
        arabic = Line("مرحبا", 0.9, tuple("مرحبا"), (0, 2, 4, 6, 8), (0.9,) * 5, 10.0)
        direction = direction_of(arabic.text, TALL, ("Arab",), (AR,))
        line = RecognizedLine(arabic, TALL, direction=direction, language=AR).as_text()
        assert line.direction == "rtl"
        assert line.polygon.tolist()[0] == [130, 50]


def test_flat_lines_have_no_rotation() -> None:
    for language in (None, FR, JA):
        assert seen(FLAT, language).polygon.tolist() == FLAT.tolist()
        assert seen(FLAT, language, flipped=True).polygon.tolist() == np.roll(FLAT, -2, axis=0).tolist()


def test_the_language_of_a_line_is_its_tag() -> None:
    assert seen(FLAT, FR).language == "fr"
    assert seen(FLAT, None, (FR,)).language is None
