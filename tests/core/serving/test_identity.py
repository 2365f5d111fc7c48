"""Answers do not depend on what else the server does, and can be made again."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.core.serving.conftest import Server, StartServer, pdf, wait_for

from ocrzoo.cli.root import ocrzoo

PNG = {"Content-Type": "image/png"}


@pytest.fixture(scope="module")
def requests_of_many_kinds(pages: dict[str, Path], sentence: bytes) -> list[dict[str, Any]]:
    def body(content: bytes, **keys: Any) -> dict[str, Any]:
        return {"file": base64.b64encode(content).decode(), "visualize": False, **keys}

    small = [pages[name].read_bytes() for name in ("tiny.png", "no_text.png", "number_table.png", "wide_line.png")]
    return [
        *(body(content) for content in [*small, sentence]),
        body(sentence, returnWordBox=True),
        body(sentence, images=["inputImage", "ocrImage"]),
        body(pdf("Alpha", "Bravo", "Charlie")),
    ]


def result(server: Server, body: dict[str, Any]) -> Any:
    answer = server.post(json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


@pytest.mark.parametrize("precision", ["auto", "float32"])
def test_answers_under_load_are_those_of_a_server_that_does_nothing_else(
    start_server: StartServer, requests_of_many_kinds: list[dict[str, Any]], precision: str
) -> None:
    server = start_server("--precision", precision)
    alone = [result(server, body) for body in requests_of_many_kinds]
    many = [number % len(alone) for number in range(64)]
    with ThreadPoolExecutor(64) as clients:
        together = list(clients.map(lambda number: result(server, requests_of_many_kinds[number]), many))
    assert all(found == alone[number] for number, found in zip(many, together, strict=True))


def test_equal_requests_at_the_same_time_are_read_once(start_server: StartServer) -> None:
    server = start_server("--max_pages", "100")
    content = pdf(*["Hello"] * 100)  # the last client asks while they are still read
    with ThreadPoolExecutor(8) as clients:
        answers = list(
            clients.map(
                lambda _: server.post("/ocr?format=txt", data=content, headers={"Content-Type": "application/pdf"}),
                range(8),
            )
        )
    assert len({answer.text for answer in answers}) == 1
    assert figure(server, "ocrzoo_pages_total") == 100
    assert figure(server, "ocrzoo_shared_answers_total") == 7


def test_answers_are_kept_if_the_server_has_a_cache(start_server: StartServer, sentence: bytes) -> None:
    server = start_server("--cache", "1MiB")
    first, second = (server.post("/ocr?format=txt", data=sentence, headers=PNG) for _ in range(2))
    assert first.text == second.text == "Hello 2026\n"
    assert figure(server, "ocrzoo_pages_total") == 1


def test_work_for_a_client_that_left_is_dropped(start_server: StartServer) -> None:
    import requests

    server = start_server("--max_pages", "1000")
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(
            f"{server.url}/ocr?format=txt",
            data=pdf(*["Hello"] * 300),
            headers={"Content-Type": "application/pdf"},
            timeout=1,
        )
    wait_for(lambda: figure(server, "ocrzoo_running_requests") == 0)
    assert figure(server, "ocrzoo_pages_total") == 0


def test_patterns_that_take_long_are_refused_before_they_hold_up_others(
    start_server: StartServer, sentence: bytes
) -> None:
    """One at a time is built: at ten seconds each, the second would not be answered in time."""
    server = start_server("--timeout", "12")
    slow = [{"patterns": rf"(\w{{1,100}}){{1,{count}}}"} for count in (100, 101)]
    with ThreadPoolExecutor() as clients:
        answers = list(
            clients.map(lambda query: server.post("/ocr", params=query, data=sentence, headers=PNG), [*slow, {}])
        )
    assert [answer.status_code for answer in answers] == [422, 422, 200]
    assert all("is too complicated" in answer.json()["errorMsg"] for answer in answers[:2])


def figure(server: Server, name: str) -> float:
    lines = server.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


class TestReceipts:
    """``"receipt": true`` and ``ocrzoo replay``."""

    @pytest.fixture
    def receipt(self, server: Server, sentence: bytes, tmp_path: Path) -> Path:
        body = {"file": base64.b64encode(sentence).decode(), "visualize": False, "receipt": True}
        path = tmp_path / "answer.json"
        path.write_text(json.dumps({"result": result(server, {**body, "returnWordBox": True})}))
        return path

    def test_it_names_models_digests_engines_and_settings(self, receipt: Path) -> None:
        found = json.loads(receipt.read_text())["result"]["receipt"]
        detector, reader = found["models"]
        assert (detector["name"], reader["name"]) == ("PP-OCRv6_tiny_det", "PP-OCRv6_tiny_rec")
        assert len(reader["sha256"]["inference.onnx"]) == 64
        assert reader["engine"] in {"openvino", "onnxruntime"}
        assert found["options"] == {"return_word_box": True}
        assert found["configuration"]["SubModules"]["TextRecognition"]["precision"] == reader["precision"]

    def test_the_answer_is_made_again_from_it(self, receipt: Path, sentence: bytes, tmp_path: Path) -> None:
        image = tmp_path / "page.png"
        image.write_bytes(sentence)
        done = CliRunner().invoke(ocrzoo, ["replay", str(receipt), str(image), "--json"])
        assert (done.exit_code, done.stderr) == (0, "1 page: the same results\n")
        assert json.loads(done.stdout)["rec_texts"] == ["Hello 2026"]

    def test_another_file_is_told_from_it(self, receipt: Path, pages: dict[str, Path]) -> None:
        done = CliRunner().invoke(ocrzoo, ["replay", str(receipt), str(pages["tiny.png"])], standalone_mode=False)
        assert done.return_value == 5
        assert "the receipt is of another file" in done.stderr

    def test_results_that_differ_are_named(self, receipt: Path, sentence: bytes, tmp_path: Path) -> None:
        data = json.loads(receipt.read_text())
        data["result"]["receipt"]["pages"] = ["0" * 64]
        receipt.write_text(json.dumps(data))
        image = tmp_path / "page.png"
        image.write_bytes(sentence)
        done = CliRunner().invoke(ocrzoo, ["replay", str(receipt), str(image)], standalone_mode=False)
        assert done.return_value == 5
        assert "the results of page 1 differ from the receipt" in done.stderr

    def test_what_is_no_receipt_is_one_line(self, tmp_path: Path, sentence: bytes) -> None:
        path = tmp_path / "x.json"
        path.write_text("{}")
        done = CliRunner().invoke(ocrzoo, ["replay", str(path), str(path)], standalone_mode=False)
        assert str(done.exception).startswith(f"{path}: not a receipt: ocrzoo is missing or not valid")


class TestLanguages:
    """``lang`` of a request."""

    def test_an_answer_says_which_model_was_chosen_and_why(self, server: Server, sentence: bytes) -> None:
        body = {"file": base64.b64encode(sentence).decode(), "visualize": False, "lang": "en"}
        found = result(server, body)
        chosen = found["languageSelection"]
        assert chosen["languages"] == ["en"]
        assert chosen["reason"].startswith(f"{chosen['models'][0]} claims English (en)")
        page = found["ocrResults"][0]["prunedResult"]
        assert page["rec_models"] == chosen["models"]
        assert page["rec_languages"] == ["en"]

    @pytest.mark.parametrize("lang", ["klingon", "xx-yy-zz-11", ""])
    def test_a_language_that_there_is_not_is_one_line(self, server: Server, sentence: bytes, lang: str) -> None:
        body = {"file": base64.b64encode(sentence).decode(), "lang": lang}
        answer = server.post(json=body)
        assert answer.status_code == 422
        assert answer.json()["code"] in {"unknown_language", "invalid_request"}
        assert "\n" not in answer.json()["errorMsg"]

    def test_a_server_may_read_its_own_languages_only(self, start_server: StartServer, sentence: bytes) -> None:
        body = {"file": base64.b64encode(sentence).decode(), "lang": "en"}
        answer = start_server("--languages", "off").post(json=body)
        assert answer.status_code == 422
        assert answer.json()["errorMsg"] == "lang: this server reads its own languages only (--languages off)"
