"""Lines that were detected across two columns, split, on a real page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from tests.core.pipelines.test_characters import made
from tests.fonts import LATIN, needs_fonts

from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.results.base import to_json
from ocrzoo.results.ocr import OCRResult
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.zoo import Zoo

pytestmark = [pytest.mark.weights, needs_fonts]

LEFT = (
    "The lamp on the pier is lit at dusk, and",
    "put out when the first boat leaves. In",
    "winter nobody walks there after six, for",
    "the planks are wet and the wind is cold.",
    "A keeper writes the weather in a book,",
    "with the hour, the tide and the ships.",
)
RIGHT = (
    "The old ferry crosses the bay each hour",
    "and carries letters, milk and bread. Its",
    "captain knows every rock by name, and",
    "no fog has ever kept him in the harbor.",
    "On Sundays he paints the rail, and sings",
    "so loud that the gulls leave the roofs.",
)
EM, STEP, WIDTH, GUTTER = 20, 28, 390, 16
"""Pixels."""


def page(gutter: int = GUTTER) -> np.ndarray:
    """Draw the two justified columns."""
    font = ImageFont.truetype(str(LATIN), EM)
    sheet = Image.new("L", (2 * WIDTH + gutter + 80, STEP * len(LEFT) + 60), 245)
    pen = ImageDraw.Draw(sheet)
    for place, column in enumerate((LEFT, RIGHT)):
        for row, line in enumerate(column):
            x = 40.0 + place * (WIDTH + gutter)
            spare = (WIDTH - font.getlength(line)) / line.count(" ")
            for word in line.split(" "):
                pen.text((x, 30 + row * STEP), word, 20, font)
                x += font.getlength(f"{word} ") + spare
    return np.repeat(np.asarray(sheet)[..., None], 3, axis=2)


@pytest.fixture(scope="module")
def pipeline(zoo: Zoo) -> OCRPipeline:
    return made(zoo)


def read(pipeline: OCRPipeline, pixels: np.ndarray, **options: Any) -> OCRResult:
    (result,) = pipeline.predict(pixels, **options)
    return result


def plain(result: OCRResult) -> Mapping[str, Any]:
    found: Mapping[str, Any] = result.json["res"]
    return found


def in_order(result: OCRResult) -> list[str]:
    return [result["rec_texts"][line].replace(" ", "") for line in result["reading_order"]]


WRITTEN = [line.replace(" ", "") for line in (*LEFT, *RIGHT)]


def test_without_the_option_results_do_not_change(pipeline: OCRPipeline) -> None:
    usual = to_json(plain(read(pipeline, page())))
    assert to_json(plain(read(pipeline, page(), split_columns=False))) == usual
    assert to_json(plain(read(pipeline, page(), split_columns=True))) != usual


def test_columns_that_were_detected_as_one_are_read_one_after_the_other(pipeline: OCRPipeline) -> None:
    assert len(read(pipeline, page())["rec_texts"]) < len(WRITTEN)
    assert in_order(read(pipeline, page(), split_columns=True)) == WRITTEN


def test_a_page_without_lines_across_columns_has_the_same_result(pipeline: OCRPipeline) -> None:
    wide = page(gutter=80)
    usual = to_json(plain(read(pipeline, wide)))
    assert len(read(pipeline, wide)["rec_texts"]) == len(WRITTEN)
    assert to_json(plain(read(pipeline, wide, split_columns=True))) == usual


def test_paragraphs_are_those_of_the_columns(pipeline: OCRPipeline) -> None:
    result = read(pipeline, page(), split_columns=True, return_paragraphs=True)
    (left, right) = result["paragraphs"]
    assert left["box"][2] < right["box"][0]
    assert left["text"].startswith("The lamp")
    assert right["text"].startswith("The old ferry")


def test_parts_have_boxes_and_words_of_their_own(pipeline: OCRPipeline) -> None:
    result = read(pipeline, page(), split_columns=True, return_word_box=True)
    middle = 40 + WIDTH + GUTTER / 2
    for (left, _, right, _), words in zip(result["rec_boxes"].tolist(), result["text_word_boxes"], strict=True):
        assert right <= middle + 2 or left >= middle - 2
        assert np.min(words, axis=0)[0] >= left - 2
        assert np.max(words, axis=0)[2] <= right + 2
    assert len(result["dt_polys"]) == len(result["dt_scores"]) == len(WRITTEN)


def test_lines_of_an_enlarged_and_of_a_turned_page_are_split(pipeline: OCRPipeline) -> None:
    assert in_order(read(pipeline, page(), split_columns=True, upscale=2)) == WRITTEN
    assert in_order(read(pipeline, np.ascontiguousarray(np.rot90(page(), -1)), split_columns=True)) == WRITTEN


def test_a_configuration_may_have_the_option(zoo: Zoo, pipeline: OCRPipeline) -> None:
    config = pipeline.config.model_dump(mode="python") | {"split_columns": True}
    given = plain(read(pipeline, page(), split_columns=True))
    assert to_json(plain(read(made(zoo, config=config), page()))) == to_json(given)


@pytest.mark.parametrize("wrong", [2, "yes", 0.5])
def test_a_value_that_is_no_switch_is_refused(pipeline: OCRPipeline, wrong: Any) -> None:
    with pytest.raises(UsageError, match="split_columns"):
        read(pipeline, page(), split_columns=wrong)


def test_a_blank_page_stays_blank(pipeline: OCRPipeline) -> None:
    assert read(pipeline, np.full((300, 400, 3), 200, np.uint8), split_columns=True)["rec_texts"] == []
