"""Keys, limits, ids, logs and figures of every request."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.core.serving.conftest import Server, StartServer, pdf, wait_for

PNG = {"Content-Type": "image/png"}
KEY = "a-key-of-some-length"
OPEN = ("/livez", "/readyz", "/health", "/ui/", "/ui/style.css", "/ui/theme.css")
"""What needs no key: probes, and the page, which asks for one."""


def test_a_request_has_an_id_which_the_client_may_choose(server: Server) -> None:
    assert server.get("/livez", headers={"X-Request-Id": "mine-1"}).headers["X-Request-Id"] == "mine-1"
    made = server.get("/livez", headers={"X-Request-Id": "no id: <script>"}).headers["X-Request-Id"]
    assert len(made) == 36


def test_a_request_is_a_line_in_the_log(server: Server, sentence: bytes) -> None:
    server.post("/ocr?format=txt", data=sentence, headers={**PNG, "X-Request-Id": "of-the-log"})
    line = wait_for(lambda: next((one for one in server.lines() if one.get("request_id") == "of-the-log"), None))
    expected = {"method": "POST", "path": "/ocr", "status": 200, "bytes": len(sentence), "pages": 1, "level": "info"}
    assert line.items() >= expected.items()


def test_a_file_of_the_page_that_was_sent_is_no_client_that_left(server: Server) -> None:
    for number in range(5):
        assert server.get("/ui/style.css", headers={"X-Request-Id": f"of-the-page-{number}"}).status_code == 200
    lines = wait_for(lambda: [one for one in server.lines() if str(one.get("request_id")).startswith("of-the-page-4")])
    assert {one["status"] for one in server.lines() if one.get("path") == "/ui/style.css"} == {200}, lines


def test_an_answer_says_how_long_it_waited_and_was_worked_on(server: Server, sentence: bytes) -> None:
    headers = server.post("/ocr?format=txt", data=sentence, headers=PNG).headers
    total, queue, work = (int(headers[f"X-{name}-Time-Ms"]) for name in ("Total", "Queue", "Work"))
    assert queue + work <= total + 2


def test_figures_are_counted(server: Server, sentence: bytes) -> None:
    server.post("/ocr?format=txt", data=sentence, headers=PNG)
    figures = server.get("/metrics").text
    for name in ("ocrzoo_pages_total", "ocrzoo_lines_total", "ocrzoo_queue_seconds_count", "ocrzoo_ready_workers"):
        value = next(line.split()[1] for line in figures.splitlines() if line.startswith(f"{name} "))
        assert float(value) >= 1, name
    assert 'ocrzoo_requests_total{code="",route="/ocr",status="200"}' in figures
    assert 'name="PP-OCRv6_tiny_rec"' in figures


def test_capabilities_name_models_languages_formats_and_limits(server: Server) -> None:
    found = server.get("/capabilities").json()
    assert {model["name"] for model in found["models"]} == {"PP-OCRv6_tiny_det", "PP-OCRv6_tiny_rec"}
    assert all(len(digest) == 64 for model in found["models"] for digest in model["sha256"].values())
    assert "English" in {language["name"] for language in found["languages"] if language["installed"]}
    assert found["limits"]["max_pages"] == 10
    assert "pdf" in found["formats"]


def test_openapi_describes_the_route(server: Server) -> None:
    described = server.get("/openapi.json").json()["paths"]["/ocr"]["post"]
    assert described["operationId"] == "infer"
    assert {"200", "401", "413", "422", "429", "503", "504"} <= set(described["responses"])
    assert "file" in described["requestBody"]["content"]["application/json"]["schema"]["required"]


class TestKeys:
    """``--keys FILE``."""

    @pytest.fixture
    def guarded(self, start_server: StartServer, tmp_path: Path) -> Server:
        keys = tmp_path / "keys"
        keys.write_text(f"# a comment\n\nreader {KEY}\nslow another-key-of-length 2/hour\n")
        return start_server("--keys", str(keys))

    def test_a_key_is_needed_and_names_itself_in_the_log(self, guarded: Server, sentence: bytes) -> None:
        refused = guarded.post(data=sentence, headers=PNG)
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert guarded.post(data=sentence, headers={**PNG, "X-API-Key": "wrong"}).status_code == 401
        for name, value in (("Authorization", f"Bearer {KEY}"), ("X-API-Key", KEY), ("Ocp-Apim-Subscription-Key", KEY)):
            assert guarded.post("/ocr?format=txt", data=sentence, headers={**PNG, name: value}).status_code == 200
        assert "reader" in {line.get("key") for line in guarded.lines()}
        assert KEY not in guarded.log.read_text()

    def test_a_key_has_a_rate(self, guarded: Server) -> None:
        headers = {"X-API-Key": "another-key-of-length"}
        answers = [guarded.get("/capabilities", headers=headers) for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert answers[-1].json()["code"] == "rate_limited"
        assert answers[-1].headers["Retry-After"] == "1800"

    def test_probes_and_the_page_need_none(self, guarded: Server) -> None:
        assert [guarded.get(path).status_code for path in OPEN] == [200] * len(OPEN)
        assert guarded.get("/metrics").status_code == 401


class TestLimits:
    """What is too large or too slow is refused, and costs nothing."""

    def test_a_length_that_is_too_large_is_refused_before_the_body(self, server: Server) -> None:
        address = urlsplit(server.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
        connection.putrequest("POST", "/ocr")
        connection.putheader("Content-Type", "image/png")
        connection.putheader("Content-Length", str(1 << 40))
        connection.endheaders()
        with closing(connection), connection.getresponse() as answer:
            assert (answer.status, json.loads(answer.read())["code"]) == (413, "too_large")

    def test_a_file_that_is_too_large_is_refused(self, start_server: StartServer) -> None:
        server = start_server("--max_bytes", "10KiB")
        for content in (b"x" * 10_241, b"x" * 100_000):
            answer = server.post(data=content, headers=PNG)
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
            answer = server.post(json={"file": base64.b64encode(content).decode()})
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    def test_a_page_of_too_many_pixels_is_not_decoded(self, start_server: StartServer, sentence: bytes) -> None:
        answer = start_server("--max_pixels", "1000").post(data=sentence, headers=PNG)
        assert (answer.status_code, answer.json()["code"]) == (422, "too_many_pixels")

    def test_a_request_that_takes_too_long_is_504(self, start_server: StartServer) -> None:
        server = start_server("--timeout", "1", "--max_pages", "1000")
        answer = server.post(data=pdf(*["Hello"] * 200), headers={"Content-Type": "application/pdf"})
        assert (answer.status_code, answer.json()["code"]) == (504, "deadline_exceeded")

    def test_headers_without_end_are_refused(self, server: Server) -> None:
        address = urlsplit(server.url)
        with socket.create_connection((str(address.hostname), address.port), timeout=20) as connection:
            connection.sendall(b"GET /livez HTTP/1.1\r\nX-Long: " + b"x" * (1 << 20))
            assert b"400" in connection.recv(1000).partition(b"\r\n")[0]
        assert server.get("/livez").status_code == 200


def test_scripts_of_other_sites_may_not_read_answers_unless_they_are_allowed(
    server: Server, start_server: StartServer
) -> None:
    origin = {"Origin": "https://site.example"}
    assert "Access-Control-Allow-Origin" not in server.get("/livez", headers=origin).headers
    allowed = start_server("--origin", "https://site.example").get("/livez", headers=origin)
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://site.example"
