"""Paragraphs of a real page, in results and in all that is made of them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pikepdf
import pytest
from lxml import etree
from PIL import Image, ImageDraw, ImageFont

import ocrzoo
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.results.base import to_json
from ocrzoo.results.ocr import OCRResult
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights

MODELS = {"text_detection_model_name": "PP-OCRv6_tiny_det", "text_recognition_model_name": "PP-OCRv6_tiny_rec"}
STAGES = ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation")
ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
TITLE = "Ferries of the north"
FIRST = ("The old ferry leaves the small harbor every jour-", "ney of the morning and comes back in the eve-", "ning.")
SECOND = ("Tickets are sold on board, and children travel free", "of charge.")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A heading and two paragraphs, in which words are divided."""
    picture = Image.new("RGB", (900, 420), "white")
    pen = ImageDraw.Draw(picture)
    pen.text((40, 30), TITLE, "black", ImageFont.load_default(48))
    font, y = ImageFont.load_default(30), 120
    for paragraph in (FIRST, SECOND):
        for line in paragraph:
            pen.text((40, y), line, "black", font)
            y += 42
        y += 30
    path = tmp_path_factory.mktemp("paragraphs") / "page.png"
    picture.save(path)
    return path


@pytest.fixture(scope="module")
def pipeline(zoo: Zoo) -> OCRPipeline:
    options: dict[str, Any] = {**MODELS, **dict.fromkeys(STAGES, False)}
    made: OCRPipeline = ocrzoo.create_pipeline("OCR", zoo=zoo, **options)
    return made


def read(pipeline: OCRPipeline, page: Path, **options: Any) -> OCRResult:
    (result,) = pipeline.predict(str(page), **options)
    return result


@pytest.fixture(scope="module")
def result(pipeline: OCRPipeline, page: Path) -> OCRResult:
    return read(pipeline, page, return_paragraphs=True)


@pytest.fixture(scope="module")
def whole(pipeline: OCRPipeline, page: Path) -> OCRResult:
    return read(pipeline, page, dehyphenate=True)


def plain(result: OCRResult) -> Mapping[str, Any]:
    found: Mapping[str, Any] = result.json["res"]
    return found


def test_paragraphs_change_nothing_else(pipeline: OCRPipeline, page: Path, result: OCRResult) -> None:
    usual = plain(read(pipeline, page))
    more = dict(plain(result))
    assert len(more.pop("paragraphs")) == 3
    assert to_json(more) == to_json(usual)


def test_a_paragraph_has_its_kind_text_lines_and_box(result: OCRResult) -> None:
    heading, first, second = result["paragraphs"]
    assert (heading["kind"], heading["level"], heading["text"]) == ("heading", 1, TITLE)
    assert [result["rec_texts"][line] for line in first["lines"]] == list(FIRST)
    assert second["text"] == " ".join(SECOND)
    for part in result["paragraphs"]:
        boxes = np.array([result["rec_boxes"][line] for line in part["lines"]])
        assert part["box"] == [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]


def test_divided_words_are_whole_where_that_is_asked_for(result: OCRResult, whole: OCRResult) -> None:
    assert result["paragraphs"][1]["text"] == "".join(FIRST)
    assert whole["paragraphs"][1]["text"] == "".join(FIRST).replace("-", "")
    assert whole["rec_texts"] == result["rec_texts"]


def test_text_has_a_line_a_paragraph(whole: OCRResult) -> None:
    assert whole.text.split("\n\n") == [TITLE, "".join(FIRST).replace("-", ""), " ".join(SECOND)]


def test_markdown_marks_headings(whole: OCRResult, tmp_path: Path) -> None:
    content = whole.save_to_md(tmp_path).read_text(encoding="utf-8")
    assert content.splitlines()[0] == f"# {TITLE}"
    assert content.count("\n\n") == 2


def test_hocr_has_an_element_a_paragraph(whole: OCRResult, tmp_path: Path) -> None:
    root = ET.parse(whole.save_to_hocr(tmp_path)).getroot()
    parts = [one for one in root.iter() if one.get("class") == "ocr_par"]
    assert [part.tag.rpartition("}")[2] for part in parts] == ["h1", "p", "p"]
    assert [len(part) for part in parts] == [1, 3, 2]
    boxes = [[*map(int, re.findall(r"\d+", part.get("title", "")))] for part in parts]
    assert boxes[0][3] <= boxes[1][1] < boxes[1][3] <= boxes[2][1]
    assert "".join(parts[1].itertext()).count("\u00ad") == 2


def test_alto_has_a_block_a_paragraph_and_whole_words(whole: OCRResult, tmp_path: Path) -> None:
    path = whole.save_to_alto(tmp_path)
    etree.RelaxNG(etree.parse(Path(__file__).parents[1] / "results/exports/alto.rng")).assertValid(etree.parse(path))
    root = ET.parse(path).getroot()
    blocks = [*root.iter(f"{ALTO}TextBlock")]
    assert [len(block.findall(f"{ALTO}TextLine")) for block in blocks] == [1, 3, 2]
    assert [block.get("TAGREFS") for block in blocks] == ["heading_1", None, None]
    assert [tag.get("ID") for tag in root.iter(f"{ALTO}StructureTag")] == ["heading_1"]
    words = [one for one in root.iter(f"{ALTO}String") if one.get("SUBS_TYPE")]
    assert [(one.get("CONTENT"), one.get("SUBS_TYPE"), one.get("SUBS_CONTENT")) for one in words] == [
        ("jour", "HypPart1", "journey"),
        ("ney", "HypPart2", "journey"),
        ("eve", "HypPart1", "evening"),
        ("ning", "HypPart2", "evening"),
    ]
    assert len([*root.iter(f"{ALTO}HYP")]) == 2


def test_a_pdf_has_an_element_a_paragraph(whole: OCRResult, tmp_path: Path) -> None:
    command = ["pdfinfo", "-struct-text", str(whole.save_to_pdf(tmp_path))]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    lines = [line.strip().replace("\u00ad", "") for line in told.splitlines()]
    assert lines == [
        *("Document", "H1 (block)", f'"{TITLE}"'),
        *("P (block)", f'"{"".join(FIRST).replace("-", "")}"'),
        *("P (block)", f'"{" ".join(SECOND)}"'),
    ]


def test_a_pdf_without_paragraphs_has_no_structure(pipeline: OCRPipeline, page: Path, tmp_path: Path) -> None:
    with pikepdf.open(read(pipeline, page).save_to_pdf(tmp_path)) as pdf:
        assert "/StructTreeRoot" not in pdf.Root


def test_tsv_numbers_blocks_and_paragraphs(whole: OCRResult, tmp_path: Path) -> None:
    rows = [row.split("\t") for row in whole.save_to_tsv(tmp_path).read_text(encoding="utf-8").splitlines()[1:]]
    assert [row[2:5] for row in rows if row[0] == "4"] == [
        ["1", "1", "1"],
        *(["2", "1", str(line)] for line in (1, 2, 3)),
        *(["3", "1", str(line)] for line in (1, 2)),
    ]


def test_a_configuration_may_ask_for_paragraphs(page: Path, zoo: Zoo) -> None:
    config = {
        "pipeline_name": "OCR",
        "SubModules": {"TextDetection": {"model_name": MODELS["text_detection_model_name"]}},
    }
    config["SubModules"] |= {"TextRecognition": {"model_name": MODELS["text_recognition_model_name"]}}  # type: ignore[operator]
    made = ocrzoo.create_pipeline(config={**config, "return_paragraphs": True, "use_doc_preprocessor": False}, zoo=zoo)
    assert len(read(made, page, use_textline_orientation=False)["paragraphs"]) == 3
    assert "paragraphs" not in read(made, page, use_textline_orientation=False, return_paragraphs=False)


@pytest.mark.parametrize("dehyphenate", [False, True])
def test_a_page_without_text_has_none(pipeline: OCRPipeline, tmp_path: Path, *, dehyphenate: bool) -> None:
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), np.full((100, 100, 3), 255, np.uint8))
    result = read(pipeline, blank, return_paragraphs=True, dehyphenate=dehyphenate)
    assert result["paragraphs"] == []
    assert result.text == ""
    assert result.save_to_md(tmp_path).read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("name", ["return_paragraphs", "dehyphenate", "restore_spaces"])
def test_a_switch_is_true_or_false(pipeline: OCRPipeline, page: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"^{name}='yes': True, False or None is needed$"):
        pipeline.predict(str(page), **{name: "yes"})  # type: ignore[arg-type]
