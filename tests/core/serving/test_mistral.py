"""Mistral's ``POST /v1/ocr`` and its files, with the clients that speak it: Mistral's SDK and LiteLLM."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, SDKError
from tests.core.serving.conftest import FIRST_WORDS

pytestmark = pytest.mark.weights
TIMEOUT_S = 120
MODEL = "mistral-ocr-latest"


def data_uri(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def post(url: str, path: str = "/v1/ocr", **keys: Any) -> httpx.Response:
    return httpx.post(f"{url}{path}", json={"model": MODEL, **keys}, timeout=TIMEOUT_S)


@pytest.fixture
def client(url: str) -> Iterator[Mistral]:
    """Mistral's SDK."""
    with Mistral(api_key="none", server_url=url, timeout_ms=1000 * TIMEOUT_S) as made:
        yield made


def test_mistrals_sdk_reads_an_image(client: Mistral, sample: Path) -> None:
    image = data_uri(sample.read_bytes(), "image/png")
    answer = client.ocr.process(
        model=MODEL, document={"type": "image_url", "image_url": image}, confidence_scores_granularity="page"
    )
    (page,) = answer.pages
    assert (page.index, page.images) == (0, [])
    assert page.markdown.startswith(FIRST_WORDS)
    assert page.dimensions is not None
    assert (page.dimensions.width, page.dimensions.height, page.dimensions.dpi) == (1000, 640, 72)
    assert page.confidence_scores
    assert 0.9 < page.confidence_scores.minimum_page_confidence_score < 1
    assert answer.usage_info.pages_processed == 1
    assert answer.usage_info.doc_size_bytes == sample.stat().st_size
    assert "rec" in answer.model


def test_mistrals_sdk_uploads_a_pdf_and_reads_it(client: Mistral, three_pages: bytes) -> None:
    uploaded = client.files.upload(file={"file_name": "three.pdf", "content": three_pages}, purpose="ocr")
    assert (uploaded.filename, uploaded.size_bytes) == ("three.pdf", len(three_pages))
    url = client.files.get_signed_url(file_id=uploaded.id).url
    by_url = client.ocr.process(model=MODEL, document={"type": "document_url", "document_url": url})
    by_id = client.ocr.process(model=MODEL, document={"type": "file", "file_id": uploaded.id}, pages=[1])
    assert [page.index for page in by_url.pages] == [0, 1, 2]
    assert [page.markdown for page in by_id.pages] == [by_url.pages[1].markdown]
    assert by_url.pages[1].markdown.startswith("We the People of the United States")
    assert by_url.pages[0].dimensions
    assert by_url.pages[0].dimensions.dpi == 144
    assert client.files.download(file_id=uploaded.id).read() == three_pages
    assert client.files.delete(file_id=uploaded.id).deleted
    with pytest.raises(SDKError) as caught:
        client.ocr.process(model=MODEL, document={"type": "file", "file_id": uploaded.id})
    assert caught.value.raw_response.json()["message"] == "there is no such file, or no more: upload it again"


def test_mistrals_sdk_gets_what_is_not_valid(client: Mistral) -> None:
    with pytest.raises(HTTPValidationError) as caught:
        client.ocr.process(model=MODEL, document={"type": "image_url", "image_url": "data:image/png;base64,AAAA"})
    assert caught.value.data.detail
    assert caught.value.data.detail[0].type == "invalid_input"


def test_litellm_reads_a_pdf(url: str, three_pages: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it downloads prices
    import litellm
    from litellm.llms.base_llm.ocr.transformation import OCRResponse

    document = {"type": "document_url", "document_url": data_uri(three_pages, "application/pdf")}
    answer = litellm.ocr(model=f"mistral/{MODEL}", document=document, api_key="none", api_base=url, pages=[0, 2])
    assert isinstance(answer, OCRResponse)
    assert [page.index for page in answer.pages] == [0, 2]
    assert answer.pages[0].markdown.startswith(FIRST_WORDS)


def test_the_same_at_the_path_of_other_dialects(url: str, sample: Path) -> None:
    document = {"type": "image_url", "image_url": {"url": data_uri(sample.read_bytes(), "image/png")}}
    first, second = (post(url, path, document=document).json() for path in ("/ocr", "/v1/ocr"))
    assert first == second
    failed = post(url, "/ocr", document={"type": "image_url"})
    assert failed.json()["object"] == "error"


def test_pages_may_be_ranges(url: str, three_pages: bytes) -> None:
    document = {"type": "document_url", "document_url": data_uri(three_pages, "application/pdf")}
    answer = post(url, document=document, pages="0,2-4").json()
    assert [page["index"] for page in answer["pages"]] == [0, 2]
    assert "warnings" not in answer


def test_a_language_is_chosen_by_its_models(url: str, sample: Path) -> None:
    document = {"type": "image_url", "image_url": data_uri(sample.read_bytes(), "image/png")}
    answer = post(url, document=document, lang="en").json()
    assert answer["languageSelection"]["languages"] == ["en"]
    assert answer["model"] == ",".join(answer["languageSelection"]["models"])


@pytest.mark.parametrize(
    ("keys", "status", "code"),
    [
        ({}, 422, "invalid_request"),
        ({"document": {}}, 422, "invalid_request"),
        ({"document": {"document_url": "x", "file_id": "y"}}, 422, "invalid_request"),
        ({"document": {"file_id": "../../etc/passwd"}}, 404, "not_found"),
        ({"document": {"document_url": "http://127.0.0.1:1/v1/files/made-up/content"}}, 404, "not_found"),
        ({"document": {"document_url": "http://127.0.0.1:1/a.pdf"}}, 403, "url_refused"),
        ({"document": {"document_url": "AAAA"}, "pages": "0-99999999"}, 422, "invalid_request"),
        ({"document": {"document_url": "AAAA"}, "pages": ",".join(["0-90000"] * 100)}, 422, "invalid_request"),
        ({"document": {"document_url": "AAAA"}, "pages": [-1]}, 422, "invalid_request"),
        ({"document": {"document_url": "AAAA"}, "document_annotation_format": {}}, 422, "invalid_request"),
    ],
)
def test_errors_have_mistrals_shape(url: str, keys: dict[str, Any], status: int, code: str) -> None:
    answer = post(url, **keys)
    assert answer.status_code == status
    error = answer.json()
    assert (error["object"], error["code"], error["type"]) == ("error", code, "invalid_request_error")
    assert "\n" not in error["message"]


def test_an_upload_without_a_file_is_an_error(url: str) -> None:
    answer = httpx.post(f"{url}/v1/files", files={"purpose": (None, b"ocr")}, timeout=TIMEOUT_S)
    assert (answer.status_code, answer.json()["object"]) == (400, "error")


def test_ids_of_files_cannot_be_guessed(client: Mistral) -> None:
    ids = {client.files.upload(file={"file_name": "x", "content": b"x"}, purpose="ocr").id for _ in range(3)}
    assert len(ids) == 3
    assert min(map(len, ids)) >= 40
