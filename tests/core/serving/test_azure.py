"""Azure Document Intelligence's own client reads with our server: ``prebuilt-read``, and its PDF."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import PIL.Image
import pytest
import requests
from azure.ai.documentintelligence import DocumentIntelligenceClient
from azure.ai.documentintelligence.models import (
    AnalyzeDocumentRequest,
    AnalyzeOutputOption,
    AnalyzeResult,
    DocumentContentFormat,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from pypdfium2 import PdfDocument
from tests.core.serving.conftest import Server, StartServer, pdf, png

from ocrzoo.serving.dialects.azure_result import analyze_result
from ocrzoo.serving.reading import Answer, PageAnswer

pytestmark = pytest.mark.weights

READ = "prebuilt-read"
KEY = "a-key-of-some-length"
THREE = ("First page", "Second page", "Third page")


def client_of(server: Server, key: str = KEY) -> DocumentIntelligenceClient:
    return DocumentIntelligenceClient(server.url, AzureKeyCredential(key), retry_total=0)


@pytest.fixture
def client(server: Server) -> Iterator[DocumentIntelligenceClient]:
    with client_of(server) as found:
        yield found


def test_an_image_is_read_with_the_place_of_each_line_and_word(
    client: DocumentIntelligenceClient, sentence: bytes
) -> None:
    result = client.begin_analyze_document(READ, io.BytesIO(sentence)).result()

    assert (result.model_id, result.api_version, result.content) == (READ, "2024-11-30", "Hello 2026")
    [page] = result.pages
    assert (page.page_number, page.unit, page.width, page.height, page.angle) == (1, "pixel", 320, 64, 0)
    [line] = page.lines or []
    assert line.content == "Hello 2026"
    assert [word.content for word in page.words or ()] == ["Hello", "2026"]
    hello, year = (word.polygon or [] for word in page.words or ())
    assert 0 <= hello[0] < hello[2] <= year[0] < year[2] <= 320
    assert all(0.5 < word.confidence <= 1 for word in page.words or ())


def test_spans_find_lines_and_words_in_the_content(client: DocumentIntelligenceClient) -> None:
    result = client.begin_analyze_document(READ, io.BytesIO(pdf(*THREE))).result()

    assert result.content == "\n".join(THREE)
    for page in result.pages:
        for line in page.lines or ():
            assert _cut(result, line.spans[0]) == line.content
        for word in page.words or ():
            assert _cut(result, word.span) == word.content
    assert [_cut(result, page.spans[0]) for page in result.pages] == list(THREE)


def test_a_pdf_is_measured_in_inches_and_pages_can_be_chosen(client: DocumentIntelligenceClient) -> None:
    result = client.begin_analyze_document(READ, io.BytesIO(pdf(*THREE)), pages="2-3").result()

    assert [page.page_number for page in result.pages] == [2, 3]
    assert result.content == "Second page\nThird page"
    assert {page.unit for page in result.pages} == {"inch"}
    assert result.pages[0].width == pytest.approx(320 / 72, abs=0.01)
    right = max(max((word.polygon or [])[::2]) for word in result.pages[0].words or ())
    assert 1 < right < 320 / 72


def test_paperless_gets_the_text_and_a_pdf_that_can_be_searched(client: DocumentIntelligenceClient) -> None:
    """The calls that paperless-ngx makes of its remote engine."""
    poller = client.begin_analyze_document(
        model_id=READ,
        body=AnalyzeDocumentRequest(bytes_source=scan(*THREE)),
        output_content_format=DocumentContentFormat.TEXT,
        output=[AnalyzeOutputOption.PDF],
        content_type="application/json",
    )
    poller.wait()
    result_id = poller.details["operation_id"]
    content = b"".join(client.get_analyze_result_pdf(model_id=READ, result_id=result_id))

    assert poller.result().content.split("\n") == list(THREE)
    found = PdfDocument(content)
    texts = [" ".join(page.get_textpage().get_text_range().split()) for page in found]
    found.close()
    assert texts == list(THREE)


def test_the_locale_chooses_the_models(client: DocumentIntelligenceClient, sentence: bytes) -> None:
    result = client.begin_analyze_document(READ, io.BytesIO(sentence), locale="en-US").result()

    assert result.content == "Hello 2026"


def test_a_result_is_deleted_on_request(client: DocumentIntelligenceClient, sentence: bytes) -> None:
    poller = client.begin_analyze_document(READ, io.BytesIO(sentence))
    poller.wait()
    number = poller.details["operation_id"]

    client.delete_analyze_result(READ, number)

    with pytest.raises(ResourceNotFoundError, match="no such job"):
        client.delete_analyze_result(READ, number)


def test_a_pdf_that_was_not_asked_for_is_not_found(client: DocumentIntelligenceClient, sentence: bytes) -> None:
    poller = client.begin_analyze_document(READ, io.BytesIO(sentence))
    poller.wait()

    with pytest.raises(ResourceNotFoundError, match="no such result"):
        b"".join(client.get_analyze_result_pdf(READ, poller.details["operation_id"]))


@pytest.mark.parametrize(
    ("model", "body", "options", "message"),
    [
        ("prebuilt-layout", b"x", {}, "this server has prebuilt-read only"),
        (READ, b"x", {"pages": "3-1"}, "pages: not pages such as"),
        (READ, b"x", {"output_content_format": "markdown"}, "outputContentFormat: 'text' is needed"),
        (READ, b"x", {"features": ["barcodes"]}, "features: 'ocrHighResolution' is needed"),
        (READ, AnalyzeDocumentRequest(), {}, "either urlSource or base64Source is needed"),
        (READ, AnalyzeDocumentRequest(url_source="http://127.0.0.1/a.png"), {}, "URLs are not downloaded"),
        (READ, AnalyzeDocumentRequest(url_source="file:///etc/passwd"), {}, "urlSource: not a URL"),
    ],
)
def test_a_bad_request_is_refused_at_once(
    client: DocumentIntelligenceClient, model: str, body: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(HttpResponseError) as caught:
        client.begin_analyze_document(model, body, **options)

    assert caught.value.error is not None
    assert message in str(caught.value.error.message)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"no image", {}, "not an image"),
        (pdf("One"), {"pages": "7"}, "no page was read: the file has 1"),
        (png(np.full((64, 64, 3), 255, np.uint8)), {"locale": "xx-nonsense"}, "xx-nonsense"),
    ],
)
def test_a_file_that_cannot_be_read_fails_with_the_reason(
    client: DocumentIntelligenceClient, content: bytes, options: dict[str, Any], message: str
) -> None:
    poller = client.begin_analyze_document(READ, io.BytesIO(content), **options)

    with pytest.raises(HttpResponseError, match=message):
        poller.result()


def test_a_file_with_more_pages_than_the_limit_fails_unless_pages_are_chosen(start_server: StartServer) -> None:
    server = start_server("--max_pages", "2")
    with client_of(server) as client:
        with pytest.raises(HttpResponseError, match="1 of 3 pages are beyond the limit"):
            client.begin_analyze_document(READ, io.BytesIO(pdf(*THREE))).result()
        chosen = client.begin_analyze_document(READ, io.BytesIO(pdf(*THREE)), pages="2,3").result()
    assert chosen.content == "Second page\nThird page"


def test_a_key_is_asked_for_and_finds_only_its_own_results(
    start_server: StartServer, tmp_path: Any, sentence: bytes
) -> None:
    other = "another-key-of-some-length"
    (tmp_path / "keys").write_text(f"one {KEY}\ntwo {other}\n")
    server = start_server("--keys", str(tmp_path / "keys"))
    with client_of(server) as one, client_of(server, other) as two, client_of(server, "x" * 20) as none:
        poller = one.begin_analyze_document(READ, io.BytesIO(sentence))
        poller.wait()
        number = poller.details["operation_id"]
        with pytest.raises(ResourceNotFoundError):
            two.delete_analyze_result(READ, number)
        with pytest.raises(ClientAuthenticationError):
            none.delete_analyze_result(READ, number)
        one.delete_analyze_result(READ, number)


def test_the_answer_says_when_to_ask_again(server: Server, sentence: bytes) -> None:
    path = f"/documentintelligence/documentModels/{READ}:analyze?api-version=2024-11-30"
    answer = server.post(path, data=sentence, headers={"Content-Type": "application/octet-stream"})

    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "1"
    where = answer.headers["Operation-Location"]
    assert where.startswith(f"{server.url}/documentintelligence/documentModels/{READ}/analyzeResults/")
    assert requests.get(where, timeout=60).json()["status"] in {"notStarted", "running", "succeeded"}


TEXT = "e\u0301 \U0001f600 \U0001f1fa\U0001f1f3"
"""An accent of its own, a face, and a flag: 5 clusters, 7 code points and 10 units of UTF-16."""


@pytest.mark.parametrize(("unit", "length"), [("textElements", 5), ("unicodeCodePoint", 7), ("utf16CodeUnit", 10)])
def test_offsets_count_what_the_client_asks_for(unit: Any, length: int) -> None:
    square = [[0, 0], [10, 0], [10, 10], [0, 10]]
    result = {"rec_texts": [TEXT, "after"], "rec_scores": [0.9, 0.9], "rec_polys": [square, square]}

    found = analyze_result(Answer([PageAnswer(0, 10, 10, result)]), unit)

    first, second = (line["spans"][0] for line in found["pages"][0]["lines"])
    assert first == {"offset": 0, "length": length}
    assert second == {"offset": length + 1, "length": 5}


def test_polygons_are_those_of_the_page_as_it_is_in_the_file() -> None:
    """A page that was turned by a quarter: width and height change places, and words move with their line."""
    read = [[10, 0], [90, 0], [90, 20], [10, 20]]
    original = [[0, 90], [0, 10], [20, 10], [20, 90]]
    result = {
        "rec_texts": ["ab cd"],
        "rec_scores": [0.9],
        "rec_polys": [read],
        "rec_polys_original": [original],
        "text_word": [["ab", "cd"]],
        "text_word_boxes": [[[10, 0, 40, 20], [60, 0, 90, 20]]],
        "doc_preprocessor_res": {"angle": 270},
    }

    page = analyze_result(Answer([PageAnswer(0, 20, 100, result)]), "unicodeCodePoint")["pages"][0]

    assert page["angle"] == -90
    assert page["lines"][0]["polygon"] == list(itertools.chain(*original))
    assert page["words"][0]["polygon"] == pytest.approx([0, 90, 0, 60, 20, 60, 20, 90], abs=1e-3)
    assert page["words"][1]["polygon"] == pytest.approx([0, 40, 0, 10, 20, 10, 20, 40], abs=1e-3)


def _cut(result: AnalyzeResult, span: Any) -> str:
    return result.content[span.offset : span.offset + span.length]


def scan(*texts: str) -> bytes:
    """Return a PDF of pictures, as scanners write it."""
    with_text = PdfDocument(pdf(*texts))
    pictures: list[PIL.Image.Image] = [page.render(scale=2).to_pil().convert("RGB") for page in with_text]
    with_text.close()
    content = io.BytesIO()
    pictures[0].save(content, "PDF", save_all=True, append_images=pictures[1:], resolution=144)
    return content.getvalue()
