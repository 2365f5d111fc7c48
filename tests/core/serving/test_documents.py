"""Files as bodies of requests, and documents as answers."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import requests
from lxml import etree
from pypdfium2 import PdfDocument
from tests.core.serving.conftest import Server, pdf

PNG = {"Content-Type": "image/png"}


def pdf_text(content: bytes) -> str:
    document = PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


def test_a_file_is_sent_as_it_is(server: Server, sentence: bytes) -> None:
    answer = server.post("/ocr?visualize=false", data=sentence, headers=PNG)
    (page,) = answer.json()["result"]["ocrResults"]
    assert page["prunedResult"]["rec_texts"] == ["Hello 2026"]
    assert list(page) == ["prunedResult"]


@pytest.mark.parametrize("upscale", ["1.5", "2", "auto"])
def test_a_number_may_be_in_the_query(server: Server, sentence: bytes, upscale: str) -> None:
    answer = server.post(f"/ocr?format=txt&upscale={upscale}", data=sentence, headers=PNG)
    assert (answer.status_code, answer.text) == (200, "Hello 2026\n")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/html;q=0.5, application/pdf", "application/pdf"),
        ("application/json, text/plain, */*", "application/json"),
        ("*/*", "application/json"),
        ("text/vnd.hocr+html", "text/vnd.hocr+html; charset=utf-8"),
        ("application/alto+xml", "application/alto+xml"),
    ],
)
def test_the_format_is_the_best_that_the_client_accepts(
    server: Server, sentence: bytes, accept: str, kind: str
) -> None:
    answer = server.post(data=sentence, headers={**PNG, "Accept": accept})
    assert answer.headers["Content-Type"] == kind


def test_documents_have_the_text(server: Server, sentence: bytes) -> None:
    def document(name: str) -> requests.Response:
        return server.post(f"/ocr?format={name}", data=sentence, headers=PNG)

    assert document("txt").text == "Hello 2026\n"
    assert "\tHello\n" in document("tsv").text
    assert etree.fromstring(document("hocr").content).xpath("string(//*[@class='ocr_line'])").split() == [
        "Hello",
        "2026",
    ]
    assert etree.fromstring(document("alto").content).xpath("//*[local-name()='String']/@CONTENT") == ["Hello", "2026"]
    assert pdf_text(document("pdf").content).split() == ["Hello", "2026"]


def test_the_pages_of_a_document_come_as_they_are_read(server: Server) -> None:
    kind = {"Content-Type": "application/pdf"}
    answer = server.post("/ocr?format=ndjson&visualize=false", data=pdf("Alpha", "Bravo"), headers=kind)
    first, second, last = map(json.loads, answer.text.splitlines())
    found = [(one["page"], one["prunedResult"]["rec_texts"]) for one in (first, second)]
    assert found == [(1, ["Alpha"]), (2, ["Bravo"])]
    assert last["done"] is True
    assert last["dataInfo"]["totalPages"] == 2


def test_what_fails_before_the_first_page_is_an_error_and_not_a_line(server: Server) -> None:
    answer = server.post("/ocr?format=ndjson", data=b"no file", headers=PNG)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize(
    ("query", "headers"), [("?format=docx", PNG), ("", {**PNG, "Accept": "video/mp4"})], ids=["format", "Accept"]
)
def test_a_format_that_does_not_exist_is_406(server: Server, query: str, headers: dict[str, str]) -> None:
    answer = server.post(f"/ocr{query}", data=b"x", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


LINES = [{"text": "Goodbye 2027", "polygon": [[12, 14], [200, 14], [200, 50], [12, 50]], "score": 1}]


class TestExport:
    """``POST /export``: documents of corrected text."""

    def body(self, content: bytes, *pages: Any) -> dict[str, Any]:
        return {"file": base64.b64encode(content).decode(), "pages": [{"lines": lines} for lines in pages]}

    def test_a_document_has_the_lines_that_were_sent(self, server: Server, sentence: bytes) -> None:
        answer = server.post("/export?format=pdf", json=self.body(sentence, LINES))
        assert pdf_text(answer.content).split() == ["Goodbye", "2027"]

    def test_every_page_has_its_own(self, server: Server) -> None:
        answer = server.post("/export?format=txt", json=self.body(pdf("Alpha", "Bravo"), LINES, []))
        assert answer.text == "Goodbye 2027\n\f"

    def test_more_pages_than_the_file_has_are_refused(self, server: Server, sentence: bytes) -> None:
        answer = server.post("/export?format=txt", json=self.body(sentence, LINES, LINES))
        assert answer.status_code == 422
        assert answer.json()["errorMsg"] == "pages: lines for 2 pages, and the file has 1"

    def test_a_polygon_has_four_corners(self, server: Server, sentence: bytes) -> None:
        lines = [{**LINES[0], "polygon": [[0, 0]]}]
        answer = server.post("/export?format=txt", json=self.body(sentence, lines))
        (error,) = json.loads(answer.json()["errorMsg"])
        assert error["loc"] == "body.pages[0].lines[0].polygon"
