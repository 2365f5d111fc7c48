"""Several languages on real weights: a page drawn here, each model alone, and each line by the one for its language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from tests.fonts import CHINESE, LATIN, needs_fonts

from ocrzoo import create_pipeline
from ocrzoo.pipelines.config import default_ocr
from ocrzoo.results.ocr import OCRResult
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights

FIRST, OTHER = "PP-OCRv5_mobile_rec", "PP-OCRv6_tiny_rec"
LINES = (
    ("en", "It is a truth universally acknowledged"),
    ("zh", "床前明月光，疑是地上霜"),
    ("fr", "Maître Corbeau, sur un arbre perché"),
    ("de", "Ich weiß nicht, was soll es bedeuten"),
    (None, "1874"),
    ("fr", "Je pense, donc je suis"),
    ("en", "To be, or not to be, that is the question"),
    ("de", "Das Wandern ist des Müllers Lust"),
)


@pytest.fixture(scope="module")
def page() -> NDArray[np.uint8]:
    paper = Image.new("RGB", (900, 80 * len(LINES)), "white")
    for place, (tag, text) in enumerate(LINES):
        font = ImageFont.truetype(CHINESE if tag == "zh" else LATIN, 32, index=2 if tag == "zh" else 0)
        ImageDraw.Draw(paper).text((40, 20 + 80 * place), text, font=font, fill="black")
    return np.asarray(paper)[:, :, ::-1].copy()


def read(zoo: Zoo, page: NDArray[np.uint8], **recognition: Any) -> OCRResult:
    data = default_ocr()
    data.update(use_doc_preprocessor=False, use_textline_orientation=False)
    data["SubModules"]["TextRecognition"].update(model_name=FIRST, **recognition)
    (result,) = create_pipeline("OCR", config=data, zoo=zoo, threads=2).predict(page)
    return result


@needs_fonts
def test_each_line_is_read_by_the_model_for_its_language(zoo: Zoo, page: NDArray[np.uint8]) -> None:
    others = [{"model_name": OTHER, "languages": ["fr", "de"]}]
    result = read(zoo, page, languages=["zh", "en"], others=others)
    assert result["rec_languages"] == [tag for tag, _ in LINES]
    assert result["rec_models"] == [OTHER if tag in ("fr", "de") else FIRST for tag, _ in LINES]
    assert [text for tag, text in zip(result["rec_languages"], result["rec_texts"], strict=True) if tag == "de"] == [
        text for tag, text in LINES if tag == "de"
    ]


@needs_fonts
def test_lines_that_stay_with_the_first_model_read_as_if_it_were_alone(zoo: Zoo, page: NDArray[np.uint8]) -> None:
    alone = read(zoo, page)
    together = read(zoo, page, languages=["zh", "en"], others=[{"model_name": OTHER, "languages": ["fr", "de"]}])
    stayed = [place for place, name in enumerate(together["rec_models"]) if name == FIRST]
    for key in ("rec_texts", "rec_scores"):
        assert [together[key][place] for place in stayed] == [alone[key][place] for place in stayed]


def test_a_language_that_one_model_reads_changes_nothing_but_its_keys(zoo: Zoo, sample: Path) -> None:
    off: dict[str, Any] = dict.fromkeys(
        ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False
    )
    (plain,) = create_pipeline("OCR", zoo=zoo, threads=2, **off).predict(sample)
    (told,) = create_pipeline("OCR", lang="zh,en", zoo=zoo, threads=2, **off).predict(sample)
    data = told.json["res"]
    assert set(data.pop("rec_models")) == {FIRST}
    assert set(data.pop("rec_languages")) == {"zh", "en"}
    assert data == plain.json["res"]
