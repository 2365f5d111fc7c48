"""What recognition models read, by real weights, without a network."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from tests.core.catalog.test_build import Elements, words
from tests.fonts import needs_fonts

from ocrzoo.catalog.build import build
from ocrzoo.catalog.entries import Entry
from ocrzoo.catalog.samples import Sampler
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

pytestmark = [pytest.mark.weights]
READER = "PP-OCRv5_mobile_rec"


def entry_of(zoo: Zoo, name: str) -> Entry:
    return Entry(zoo.models.get(name), zoo.models.origin(name))


@needs_fonts
def test_a_model_reads_the_names_of_its_languages(zoo: Zoo) -> None:
    sample = Sampler(zoo).sample(entry_of(zoo, READER))
    assert sample.text == "中文 繁體中文 English 日本語"
    assert sample.right
    assert 0.9 < sample.score <= 1
    picture = Image.open(io.BytesIO(base64.b64decode(sample.picture.partition(",")[2])))
    assert picture.size == (sample.width, 48)


def test_weights_that_are_not_here_are_not_downloaded(tmp_path: Path, zoo: Zoo) -> None:
    settings = Settings(home=tmp_path / "empty", sources=("huggingface",), sources_exact=True)
    sample = Sampler(Zoo(settings)).sample(entry_of(zoo, READER))
    assert sample.absent == "The weights are not on the machine that built this catalog."
    assert sample.picture == ""


@needs_fonts
def test_the_page_has_the_picture_and_the_text(zoo: Zoo, tmp_path: Path) -> None:
    small = Zoo(replace(zoo.settings))
    small.__dict__["models"] = zoo.models
    report = build(small, tmp_path / "site")
    assert report.samples[READER] == "as drawn"
    page = tmp_path / "site" / "models" / f"{READER}.html"
    (source,) = Elements(page).values("src")
    assert source.startswith("data:image/png;base64,")
    assert "Read as 中文" in words(page)
    assert "The weights are not on the machine" in words(tmp_path / "site" / "models" / "ch_SVTRv2_rec.html")
