"""The OCR engine for docling, found by its factory and run by its stages; its layout models have no weights here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.examples.conftest import Beside

WORKER = Path(__file__).with_name("docling_worker.py")
POINTS = 72 / 150
"""Of a pixel of the page."""

pytestmark = [pytest.mark.weights, pytest.mark.environments, pytest.mark.thorough]


@pytest.fixture(scope="module")
def read(beside: Callable[..., Beside], sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Read the README's page, scanned at 150 dpi, with options of the engine."""
    environment = beside("docling", "ocrzoo-docling")
    path = tmp_path_factory.mktemp("page") / "page.pdf"
    Image.open(sample).convert("RGB").save(path, resolution=150)

    def call(**options: Any) -> Any:
        ran = environment.run("python", WORKER, path, json.dumps(options))
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout.splitlines()[-1])

    return call


def test_it_is_an_engine_of_docling(read: Callable[..., Any]) -> None:
    """Lines become cells, in reading order, in points, with a score."""
    found = read(mode="full_page")
    assert (found["plugin"], found["module"]) == ("ocrzoo", "ocrzoo_docling")
    texts = [text for text, _, _ in found["cells"]]
    assert (len(texts), texts[0]) == (9, "Reading a page with a model zoo")
    assert all(from_ocr for _, from_ocr, _ in found["cells"])
    assert 0.9 < found["score"] <= 1
    left, top, right, bottom = found["cells"][0][2]
    with Image.open(Path(__file__).parents[2] / "docs" / "sample.png") as picture:
        width, height = (side * POINTS for side in picture.size)
    assert 0 < left < right < width
    assert 0 < top < bottom < height / 4, "the title is at the top"


def test_languages_are_doclings_or_ours(read: Callable[..., Any]) -> None:
    for lang in (["iso:en", "iso:zh-Hans"], ["eng", "chi_sim"]):
        assert len(read(mode="full_page", lang=lang)["cells"]) == 9
    error = read(lang=["xyz"])["error"]
    assert error.startswith("ocrzoo has no model for the OCR language 'xyz'. unknown language 'xyz'")


def test_models_are_chosen_by_name(read: Callable[..., Any]) -> None:
    named = {"recognition_model": "PP-OCRv6_tiny_rec", "detection_model": "PP-OCRv6_tiny_det"}
    assert read(mode="full_page", **named)["cells"][0][0].startswith("Reading a page with")
