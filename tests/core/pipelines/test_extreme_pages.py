"""Pages at the extremes, on real weights: nothing that is legible on them is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocrzoo import create_pipeline
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.results.ocr import OCRResult
from ocrzoo.types import Image as Pixels
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights

OFF: dict[str, Any] = dict.fromkeys(
    ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False
)
WORDS = "river stone market window garden letter number copper silver yellow bridge castle winter summer ticket "
Texts = list[tuple[int, int, str]]
"""Left, top and text."""


@pytest.fixture(scope="module")
def pipeline(zoo: Zoo) -> OCRPipeline:
    made: OCRPipeline = create_pipeline(threads=2, zoo=zoo, **OFF)
    return made


@pytest.fixture(scope="module")
def like_paddlex(zoo: Zoo) -> OCRPipeline:
    made: OCRPipeline = create_pipeline(threads=2, zoo=zoo, paddlex_quirks=True, **OFF)
    return made


def drawn(width: int, height: int, size: int, texts: Texts) -> Pixels:
    """A page with texts in Pillow's own font."""
    page = Image.new("L", (width, height), 255)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(size)
    for left, top, text in texts:
        pen.text((left, top), text, font=font, fill=0)
    return np.asarray(page.convert("RGB"))


def read(pipeline: OCRPipeline, page: Pixels, **parameters: Any) -> OCRResult:
    (result,) = pipeline.predict(np.ascontiguousarray(page), **parameters)
    return result


def test_a_line_longer_than_networks_take(pipeline: OCRPipeline, like_paddlex: OCRPipeline) -> None:
    """It is read in pieces; each word is once in it, and stands on its ink."""
    text = (WORDS * 5).strip()
    page = drawn(6200, 44, 24, [(20, 8, text)])
    result = read(pipeline, page, return_word_box=True)
    assert result["rec_texts"] == [text]
    assert result["text_word"] == [text.split()]
    for left, top, right, bottom in result["text_word_boxes"][0]:
        ink = np.flatnonzero((page[top:bottom, left - 6 : right + 6, 0] < 128).any(axis=0))
        assert ink[0] < 14, "the word begins where its box does"
        assert ink[-1] > right - left - 2, "and ends there"
    assert text not in read(like_paddlex, page)["rec_texts"]


def test_a_long_screenshot(pipeline: OCRPipeline, like_paddlex: OCRPipeline) -> None:
    texts = [f"Job {number:02} ended after {number * 7 + 140} s" for number in range(30)]
    page = drawn(420, 12_000, 18, [(24, 40 + 395 * row, text) for row, text in enumerate(texts)])
    result = read(pipeline, page)
    assert result["rec_texts"] == texts
    assert result["text_det_params"]["max_side_limit"] == 4000
    assert "warnings" not in result
    assert set(texts) - set(read(like_paddlex, page)["rec_texts"]) != set()


def test_tilted_lines_over_the_seams_of_a_wide_page(pipeline: OCRPipeline) -> None:
    texts = [(WORDS * 4)[shift * 40 :].rpartition(" ")[0][:220].strip() for shift in range(2)]
    upright = Image.fromarray(drawn(6000, 400, 26, [(60, 100 + 200 * row, text) for row, text in enumerate(texts)]))
    page = np.asarray(upright.rotate(-1.2, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=(255, 255, 255)))
    assert read(pipeline, page)["rec_texts"] == texts


CHART: Texts = [(260, 20, "Rainfall by month"), (250, 560, "January"), (480, 560, "February"), (700, 560, "March")]


def chart() -> Pixels:
    """A chart with a label that runs up on its left, and one that runs down on its right."""
    page = drawn(960, 640, 26, CHART).copy()
    for left, turns, text in ((40, 1, "Millimetres of rain"), (860, 3, "Days with frost")):
        label = np.rot90(drawn(320, 44, 26, [(6, 6, text)]), turns)
        page[140 : 140 + label.shape[0], left : left + label.shape[1]] = label
    return page


def test_labels_that_run_up_and_down(pipeline: OCRPipeline, like_paddlex: OCRPipeline) -> None:
    result = read(pipeline, chart(), return_word_box=True)
    angles = dict(zip(result["rec_texts"], result["textline_orientation_angles"], strict=True))
    assert angles == {
        **{text: -1 for _, _, text in CHART},
        "Millimetres of rain": 1,
        "Days with frost": -1,
    }
    up = result["rec_texts"].index("Millimetres of rain")
    assert result["text_word"][up] == ["Millimetres", "of", "rain"]
    bottoms = [int(box[3]) for box in result["text_word_boxes"][up]]
    assert bottoms == sorted(bottoms, reverse=True), "its words run from the bottom to the top"
    assert "Millimetres of rain" not in read(like_paddlex, chart())["rec_texts"]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_page_is_read_without_a_model_for_it(pipeline: OCRPipeline, turns: int) -> None:
    """Its texts, that is: their places are on the page as it is."""
    texts = ["Minutes of the meeting", "Present: four members", "Budget 2026", "48,213", "Closed at 17:40"]
    page = drawn(700, 420, 28, [(50, 40 + 70 * row, text) for row, text in enumerate(texts)])
    result = read(pipeline, np.rot90(page, turns))
    assert sorted(result["rec_texts"]) == sorted(texts)
    assert result["textline_orientation_angles"] == [-1 if turns == 3 else 1] * 5
