"""Pages that are hard to read: small letters and low contrast, before and after the options for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from rapidfuzz.distance import Levenshtein
from tests.core.pipelines.test_characters import made
from tests.fonts import LATIN, needs_fonts

import ocrzoo
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.results.base import to_json
from ocrzoo.results.ocr import OCRResult
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.zoo import Zoo

pytestmark = [pytest.mark.weights, needs_fonts]

LINES = (
    "The lamp on the pier is lit at dusk",
    "and put out when the first boat leaves.",
    "In winter nobody walks there after six,",
    "for the planks are wet and the wind is cold.",
    "A keeper writes the weather in a book,",
    "with the hour, the tide and the ships.",
)
EM, STEP = 24, 44
"""Pixels of a letter's em, and from one line to the next, before the page is shrunk."""


def page(*, em: float = EM, headline: int = 0) -> np.ndarray:
    """Draw the lines, below a headline of so many pixels, and shrink the page to so many pixels an em."""
    top = round(headline * 1.5) + 20
    sheet = Image.new("L", (720, top + STEP * len(LINES) + 20), 245)
    pen = ImageDraw.Draw(sheet)
    if headline:
        pen.text((30, 10), "PIER", 20, ImageFont.truetype(str(LATIN), headline))
    for number, line in enumerate(LINES):
        pen.text((30, top + STEP * number), line, 20, ImageFont.truetype(str(LATIN), EM))
    drawn = cv2.resize(np.asarray(sheet), None, fx=em / EM, fy=em / EM, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(cv2.cvtColor(drawn, cv2.COLOR_GRAY2BGR))


def faded(pixels: np.ndarray, share: float) -> np.ndarray:
    """Keep a share of the contrast, in gray, with the noise of a scanner."""
    noise = np.random.default_rng(1).normal(0, 0.6, pixels.shape[:2])[..., None]
    return np.clip(np.rint(128 + (pixels - 128.0) * share + noise), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def pipeline(zoo: Zoo) -> OCRPipeline:
    return made(zoo)


def read(pipeline: OCRPipeline, pixels: np.ndarray, **options: Any) -> OCRResult:
    (result,) = pipeline.predict(pixels, **options)
    return result


def errors(result: OCRResult) -> int:
    """Characters that are wrong in the text of the lines, spaces left out."""
    return Levenshtein.distance("".join(LINES).replace(" ", ""), result.text.replace("\n", "").replace(" ", ""))


def plain(result: OCRResult) -> Mapping[str, Any]:
    found: Mapping[str, Any] = result.json["res"]
    return found


def test_without_the_options_results_do_not_change(pipeline: OCRPipeline) -> None:
    usual = to_json(plain(read(pipeline, page())))
    assert to_json(plain(read(pipeline, page(), upscale=1, enhance=False, return_scripts=False))) == usual


def test_small_letters_are_read_better_on_an_enlarged_page(pipeline: OCRPipeline) -> None:
    before, after = (read(pipeline, page(em=4.5), upscale=upscale) for upscale in (1, 2))
    assert len(before["rec_texts"]) < len(after["rec_texts"]) == len(LINES)
    assert errors(after) < 0.8 * errors(before)


def test_lines_of_an_enlarged_page_are_where_they_are_on_the_page(pipeline: OCRPipeline) -> None:
    usual, larger = (read(pipeline, page(em=8), upscale=upscale) for upscale in (1, 3))
    assert np.abs(np.array(usual["rec_polys"]) - np.array(larger["rec_polys"])).max() <= 3
    assert all(len(words) > 5 for words in read(pipeline, page(em=8), upscale=3, return_word_box=True)["text_word"])


def test_a_headline_is_found_though_it_is_too_large_once_the_page_is_enlarged(pipeline: OCRPipeline) -> None:
    assert "PIER" in read(pipeline, page(headline=280), upscale=3)["rec_texts"]


def test_auto_enlarges_pages_whose_lines_are_small_and_no_others(pipeline: OCRPipeline) -> None:
    def polygons(em: float, upscale: Any) -> list[Any]:
        return [polygon.tolist() for polygon in read(pipeline, page(em=em), upscale=upscale)["rec_polys"]]

    assert polygons(6, "auto") == polygons(6, 2) != polygons(6, 1)
    assert polygons(EM, "auto") == polygons(EM, 1) != polygons(EM, 2)


@pytest.mark.parametrize("share", [0.015, 0.02])
def test_faint_lines_are_found_on_an_enhanced_page(pipeline: OCRPipeline, share: float) -> None:
    before, after = (read(pipeline, faded(page(), share), enhance=enhance) for enhance in (False, True))
    assert len(before["rec_texts"]) < len(after["rec_texts"]) == len(LINES)
    assert errors(after) < 10


def test_a_page_with_enough_contrast_reads_as_well_when_it_is_enhanced(pipeline: OCRPipeline) -> None:
    assert errors(read(pipeline, page(), enhance=True)) == 0


def test_a_blank_page_stays_blank(pipeline: OCRPipeline) -> None:
    blank = np.full((300, 400, 3), 200, np.uint8)
    assert read(pipeline, blank, upscale="auto", enhance=True)["rec_texts"] == []
    assert read(pipeline, np.full((1, 1, 3), 9, np.uint8), upscale=4, enhance=True)["rec_texts"] == []


def test_a_configuration_may_have_the_options(zoo: Zoo, pipeline: OCRPipeline) -> None:
    config = pipeline.config.model_dump(mode="python") | {"upscale": 3, "enhance": True}
    given = plain(read(pipeline, page(em=6), upscale=3, enhance=True))
    assert to_json(plain(read(made(zoo, config=config), page(em=6)))) == to_json(given)


@pytest.mark.parametrize("wrong", [0.5, 5, True, "much", float("nan")])
def test_an_upscale_that_makes_no_sense_is_refused(pipeline: OCRPipeline, wrong: Any) -> None:
    with pytest.raises(UsageError, match="a number from 1 to 4, or 'auto', is needed"):
        read(pipeline, page(), upscale=wrong)


@pytest.mark.parametrize("wrong", [0.5, 5, True, "2", "much", float("nan")])
def test_an_upscale_of_a_configuration_that_makes_no_sense_is_refused(zoo: Zoo, wrong: Any) -> None:
    config = {"pipeline_name": "OCR", "SubModules": {}, "upscale": wrong}
    with pytest.raises(UsageError, match="upscale"):
        ocrzoo.create_pipeline(config=config, zoo=zoo)


def test_each_line_has_its_script_and_the_language_that_a_script_tells(pipeline: OCRPipeline) -> None:
    result = read(pipeline, page(), return_scripts=True)
    assert result["rec_scripts"] == ["Latn"] * len(LINES)
    assert result["rec_languages"] == [None] * len(LINES)
    assert "rec_languages" not in read(pipeline, page())


def test_languages_that_were_chosen_stay_the_languages_of_the_lines(zoo: Zoo) -> None:
    chosen = made(zoo, lang="en", text_recognition_model_name=None)
    result = read(chosen, page(), return_scripts=True)
    assert (result["rec_scripts"], result["rec_languages"]) == (["Latn"] * len(LINES), ["en"] * len(LINES))
