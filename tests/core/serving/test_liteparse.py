"""LiteParse's ``POST /ocr``: a form with a file and a language."""

from __future__ import annotations

import io
from pathlib import Path

import httpx
import numpy as np
import PIL.Image
import pytest
from tests.core.serving.conftest import FIRST_WORDS

from ocrzoo.serving.dialects.common import usual_language
from ocrzoo.serving.service import Service
from ocrzoo.serving.settings import LanguagePolicy, ServerSettings

pytestmark = pytest.mark.weights
TIMEOUT_S = 120


def post(url: str, file: bytes | None, **fields: str) -> httpx.Response:
    """Send a form as LiteParse does."""
    parts: dict[str, tuple[str | None, bytes]] = {name: (None, value.encode()) for name, value in fields.items()}
    parts["more"] = (None, b"")  # so that a form without fields is a form
    if file is not None:
        parts["file"] = ("page.png", file)
    return httpx.post(f"{url}/ocr", files=parts, timeout=TIMEOUT_S)


def test_a_page_is_lines_in_reading_order(url: str, sample: Path) -> None:
    answer = post(url, sample.read_bytes(), language="en").json()
    first, *others = answer["results"]
    assert first["text"].startswith(FIRST_WORDS)
    assert len(others) == 8
    assert 0.9 < first["confidence"] <= 1
    left, top, right, bottom = first["bbox"]
    assert 0 <= left < right <= 1000
    assert 0 <= top < bottom < others[0]["bbox"][3]
    corners = np.array(first["polygon"])
    assert corners.shape == (4, 2)
    assert (corners.min(axis=0).tolist(), corners.max(axis=0).tolist()) == ([left, top], [right, bottom])
    assert answer["languageSelection"]["languages"] == ["en"]
    assert "page" not in first


@pytest.mark.parametrize(
    ("turns", "along"), [(0, (1, 0)), (1, (0, -1)), (2, (-1, 0)), (3, (0, 1))], ids=["upright", "up", "over", "down"]
)
def test_polygons_begin_at_the_top_left_as_the_letters_stand(
    url: str, sample: Path, turns: int, along: tuple[int, int]
) -> None:
    image = PIL.Image.open(sample).convert("RGB").rotate(90 * turns, expand=True)
    content = io.BytesIO()
    image.save(content, "PNG")
    found = post(url, content.getvalue(), language="en").json()["results"]
    lines = {line["text"]: np.array(line["polygon"]) for line in found}
    corners = next(polygon for text, polygon in lines.items() if "many small readers" in text)
    top, side = corners[1] - corners[0], corners[3] - corners[0]
    assert np.rint(top / np.hypot(*top)).tolist() == list(along)
    assert np.rint(side / np.hypot(*side)).tolist() == [-along[1], along[0]]


def test_lines_of_several_pages_have_their_page(url: str, three_pages: bytes) -> None:
    lines = post(url, three_pages).json()["results"]
    assert sorted({line["page"] for line in lines}) == [1, 2, 3]
    assert lines[0]["text"].startswith(FIRST_WORDS)


@pytest.mark.parametrize(
    ("file", "fields", "status", "message"),
    [
        (None, {}, 400, "the form has no file"),
        (b"", {}, 422, "the file is empty"),
        (b"no image", {}, 422, "not an image"),
        (b"no image", {"language": "xx-nonsense"}, 422, "xx-nonsense"),
    ],
)
def test_errors_are_one_line(url: str, file: bytes | None, fields: dict[str, str], status: int, message: str) -> None:
    answer = post(url, file, **fields)
    assert answer.status_code == status
    assert message in answer.json()["error"]


def test_a_form_that_is_none_is_an_error(url: str) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = httpx.post(f"{url}/ocr", content=b"nonsense", headers=headers, timeout=TIMEOUT_S)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_form_of_many_parts_is_an_error(url: str) -> None:
    many = [("field", (None, b"x"))] * 200
    answer = httpx.post(f"{url}/ocr", files=many, timeout=TIMEOUT_S)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("not a valid form")


def test_a_language_is_ignored_where_requests_choose_none() -> None:
    policies: list[LanguagePolicy] = ["installed", "off"]
    chosen = [usual_language(Service(ServerSettings(languages=policy)), "en") for policy in policies]
    assert chosen == ["en", None]


@pytest.mark.parametrize("language", [None, "en", "zh"])
def test_liteparse_reads_a_pdf(url: str, three_pages: bytes, tmp_path: Path, language: str | None) -> None:
    from liteparse import LiteParse

    path = tmp_path / "three.pdf"
    path.write_bytes(three_pages)
    parser = LiteParse(ocr_server_url=f"{url}/ocr", ocr_language=language, quiet=True, num_workers=1)
    first, second, third = parser.parse(path).pages
    assert FIRST_WORDS in first.text
    assert "We the People of the United States" in second.text
    assert "askew on the glass" in third.text


def test_liteparse_reads_an_image(url: str, sample: Path) -> None:
    from liteparse import LiteParse

    (page,) = LiteParse(ocr_server_url=f"{url}/ocr", ocr_language="en", quiet=True).parse(sample).pages
    assert FIRST_WORDS in page.text
