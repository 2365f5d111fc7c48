"""The page reads what Python reads: the same boxes, texts and order."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.core.model_export.web.conftest import SMALL, Made, Opener, read
from tests.thorough import cases

import ocrzoo
from ocrzoo.pipelines.ocr import OCRPipeline

pytestmark = [pytest.mark.weights, pytest.mark.slow]

TESTS = Path(__file__).parents[3]
PAGES = {
    path.name: path
    for path in (
        *sorted((TESTS / "data" / "pages").glob("*.png")),
        TESTS.parent / "docs" / "sample.png",
        *sorted((TESTS / "data" / "labelled").glob("*.jpg")),
    )
}
"""All stored pages."""
OFTEN = ("turned_sideways.png", "tiny.png", "no_text.png", "rotated.png")
"""Those that are read in little time, and have lines to turn, to straighten, to pad, and none."""
MOBILE = ("PP-OCRv5_mobile_det", "PP-OCRv5_mobile_rec")
UNLIKE = ("0003.jpg", "0005.jpg", "0009.jpg")
"""Pages on which a corner, or an illegible line, turns on rounding with the smallest networks (docs/browser.md)."""
SCORE = 1e-4
"""By which scores may differ: the two runtimes add in different orders."""


@cache
def pipeline(det: str, rec: str) -> OCRPipeline:
    made: OCRPipeline = ocrzoo.create_pipeline(
        "OCR",
        text_detection_model_name=det,
        text_recognition_model_name=rec,
        engine="onnxruntime",
        precision="float32",
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
    )
    return made


def by_python(models: tuple[str, ...], path: Path) -> dict[str, Any]:
    (result,) = pipeline(*models).predict(str(path))
    found: dict[str, Any] = result.json["res"]
    return found


def compare(found: dict[str, Any], models: tuple[str, ...], path: Path) -> None:
    expected = by_python(models, path)
    assert found["rec_texts"] == expected["rec_texts"]
    assert found["rec_polys"] == expected["rec_polys"]
    assert found["reading_order"] == expected["reading_order"]
    assert found["rec_scores"] == pytest.approx(expected["rec_scores"], abs=SCORE)


@pytest.mark.parametrize("name", cases([name for name in PAGES if name not in UNLIKE], *OFTEN))
def test_stored_pages(reader: Page, name: str) -> None:
    """On WebAssembly with threads, with the smallest networks."""
    compare(read(reader, PAGES[name]), SMALL, PAGES[name])


def test_text_is_saved_in_reading_order(reader: Page) -> None:
    """As ``save_to_txt`` saves it."""
    read(reader, PAGES["turned_sideways.png"])
    with reader.expect_download() as download:
        reader.get_by_role("button", name="Save text").click()
    assert download.value.suggested_filename == "turned_sideways.txt"
    (expected,) = pipeline(*SMALL).predict(str(PAGES["turned_sideways.png"]))
    assert Path(download.value.path()).read_text(encoding="utf-8") == expected.text + "\n"


@pytest.mark.thorough
def test_all_pages(opened: Opener, make: Callable[..., Made], isolated: Callable[..., Any]) -> None:
    """With the models that the manual exports."""
    with isolated(make(*MOBILE).folder) as address:
        page = opened(address)
        for path in PAGES.values():
            compare(read(page, path), MOBILE, path)
