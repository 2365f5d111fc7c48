"""PaddleOCR's jobs: the official client reads with our server; jobs are bounded and belong to whoever started them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.core.serving.conftest import Server, StartServer, pdf, wait_for
from tests.hubs.environments import Environments

pytestmark = pytest.mark.weights

JOBS = "/api/v2/ocr/jobs"
THREE = ("First page", "Second page", "Third page")

CLIENT = """
import json, sys
from paddleocr import OCROptions, PaddleOCRClient

url, image, document, folder = sys.argv[1:]
with PaddleOCRClient(token="a-token-of-some-length", base_url=url) as client:
    one = client.ocr(file_path=image)
    [picture] = client.save_ocr_result_resources(one, folder)
    options = OCROptions(visualize=False, use_doc_unwarping=False)
    job = client.submit_ocr(file_path=document, page_ranges="2-3", batch_id="a batch", options=options)
    three = client.wait_ocr_result(job)
    status = client.get_status(job.job_id)
    batch = client.get_batch_status("a batch")
    failed = client.submit_ocr(file_path=__file__)
    try:
        client.wait_ocr_result(failed)
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
print(json.dumps({
    "image": [page.pruned_result["rec_texts"] for page in one.pages],
    "info": one.data_info,
    "picture": picture,
    "document": [page.pruned_result["rec_texts"] for page in three.pages],
    "pictures": [page.ocr_image_url for page in three.pages],
    "status": [status.state, status.progress.total_pages, status.progress.extracted_pages],
    "batch": [one.job_id == job.job_id for one in batch.jobs],
    "failed": why,
}))
"""


@pytest.mark.environments
def test_paddleocrs_client_reads_an_image_and_a_document(
    server: Server, sentence: bytes, tmp_path: Path, environments: Environments
) -> None:
    (tmp_path / "image.png").write_bytes(sentence)
    (tmp_path / "document.pdf").write_bytes(pdf(*THREE))
    (tmp_path / "program.py").write_text(CLIENT)
    done = subprocess.run(
        [
            environments.python("paddleocr"),
            tmp_path / "program.py",
            server.url,
            tmp_path / "image.png",
            tmp_path / "document.pdf",
            tmp_path,
        ],
        env={**os.environ, "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True", "PADDLE_PDX_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    found = json.loads(done.stdout.splitlines()[-1])
    assert found["image"] == [["Hello 2026"]]
    assert found["info"] == {"width": 320, "height": 64, "type": "image"}
    assert Path(found["picture"]).read_bytes().startswith(b"\xff\xd8")
    assert found["document"] == [["Second page"], ["Third page"]]
    assert found["pictures"] == [None, None]
    assert found["status"] == ["done", 3, 2]
    assert found["batch"] == [True]
    assert found["failed"].startswith("JobFailedError")
    assert "not an image" in found["failed"]


def test_a_job_is_started_by_json_too_and_its_lines_are_pages(server: Server) -> None:
    body = {
        "fileUrl": base64.b64encode(pdf(*THREE)).decode(),
        "model": "PP-OCRv5",
        "optionalPayload": {"visualize": False, "textRecScoreThresh": 0.1},
    }
    lines = _lines(server, _finished(server, server.post(JOBS, json=body)))

    assert [line["result"]["ocrResults"][0]["prunedResult"]["rec_texts"] for line in lines] == [[one] for one in THREE]
    assert lines[0]["result"]["dataInfo"]["numPages"] == 3
    assert lines[0]["result"]["models"] == ["PP-OCRv6_tiny_det", "PP-OCRv6_tiny_rec"]


def test_the_language_of_a_job_chooses_its_models(server: Server, sentence: bytes) -> None:
    [line] = _lines(server, _finished(server, _submit(server, sentence, optionalPayload='{"lang": "en"}')))

    assert line["result"]["languageSelection"]["languages"] == ["en"]


def test_a_longer_document_says_what_was_left_out(start_server: StartServer) -> None:
    server = start_server("--max_pages", "2")
    lines = _lines(server, _finished(server, _submit(server, pdf(*THREE))))

    assert len(lines) == 2
    assert lines[0]["result"]["warnings"] == ["1 pages were not read: the limit of this server"]


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"model": "PaddleOCR-VL-1.6"}, 400, "model: not one of PP-OCRv5, PP-OCRv5-latin, PP-OCRv6"),
        ({"pageRanges": "0-2"}, 422, "pageRanges: not pages such as 1-3,5, counted from 1"),
        ({"pageRanges": "1-999999999"}, 422, "pageRanges: not pages such as"),
        ({"optionalPayload": "{"}, 422, "optionalPayload: invalid JSON"),
        ({"optionalPayload": '{"textDetThresh": "high"}'}, 422, "optionalPayload.textDetThresh: a number is needed"),
        ({"batchId": "b" * 1000}, 422, "batchId: string should have at most 200 characters"),
    ],
)
def test_a_bad_request_is_refused_at_once(
    server: Server, sentence: bytes, fields: dict[str, str], status: int, message: str
) -> None:
    answer = _submit(server, sentence, **fields)

    assert answer.status_code == status
    assert answer.json()["code"] == status
    assert answer.json()["msg"].startswith(message)
    assert answer.json()["data"] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"json": {"model": "PP-OCRv6"}}, "fileUrl: missing"),
        ({"json": {"fileUrl": "http://127.0.0.1/page.png"}}, "URLs are not downloaded by this server"),
        ({"data": b"[1]", "headers": {"Content-Type": "application/json"}}, "body: a mapping is needed"),
        ({"files": {"other": ("a.png", b"x")}}, "file: missing"),
        ({"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}, "not a valid form: Missing boundary"),
    ],
)
def test_a_request_without_a_file_is_refused(server: Server, options: dict[str, Any], message: str) -> None:
    answer = server.post(JOBS, **options)

    assert answer.status_code in {400, 403, 422}
    assert answer.json()["msg"].startswith(message)


def test_a_job_that_is_not_there_is_not_found(server: Server) -> None:
    answer = server.get(f"{JOBS}/00000000-0000-4000-8000-000000000000")

    assert answer.status_code == 404
    assert answer.json()["msg"] == "there is no such job, or no more: send the file again"


def test_results_are_fetched_without_a_key_by_whoever_has_their_address(
    start_server: StartServer, tmp_path: Path, sentence: bytes
) -> None:
    one, two = ({"Authorization": f"Bearer key-{name}-of-some-length"} for name in ("one", "two"))
    (tmp_path / "keys").write_text("one key-one-of-some-length\ntwo key-two-of-some-length\n")
    server = start_server("--keys", str(tmp_path / "keys"))
    assert _submit(server, sentence).status_code == 401
    data = _finished(server, _submit(server, sentence, headers=one), headers=one)
    where = data["resultUrl"]["jsonUrl"]

    assert server.get(f"{JOBS}/{data['jobId']}", headers=two).status_code == 404
    assert server.get(f"{JOBS}/{data['jobId']}").status_code == 401
    assert requests.get(where, timeout=60).status_code == 200
    job, secret, name = where.rsplit("/", 3)[-3:]
    assert job == data["jobId"]
    assert len(secret) >= 40
    for wrong in (secret[:-1], secret[::-1], "%C3%A9"):
        assert requests.get(where.replace(secret, wrong), timeout=60).status_code == 404
    assert requests.get(where.replace(name, "other"), timeout=60).status_code == 404


def test_results_that_are_too_large_to_keep_fail(start_server: StartServer, sentence: bytes) -> None:
    server = start_server("--jobs_bytes", "10KiB")
    number = _submit(server, sentence).json()["data"]["jobId"]
    data = wait_for(lambda: _if_ended(server, number))

    assert (data["state"], data["errorCode"]) == ("failed", "too_large")


def test_newer_results_take_the_place_of_older_ones(start_server: StartServer, sentence: bytes) -> None:
    server = start_server("--jobs_bytes", "12KiB")
    small = {"optionalPayload": '{"visualize": false}'}
    numbers = [_finished(server, _submit(server, sentence, **small))["jobId"] for _ in range(6)]

    assert server.get(f"{JOBS}/{numbers[0]}").status_code == 404
    assert server.get(f"{JOBS}/{numbers[-1]}").status_code == 200


def test_results_are_kept_for_a_time(start_server: StartServer, sentence: bytes) -> None:
    server = start_server("--jobs_ttl", "1")
    number = _submit(server, sentence).json()["data"]["jobId"]

    wait_for(lambda: _if_ended(server, number))
    wait_for(lambda: server.get(f"{JOBS}/{number}").status_code == 404)


def test_a_server_with_a_full_queue_refuses_the_job(start_server: StartServer) -> None:
    server = start_server("--queue", "1", "--max_pages", "1000")
    content = pdf(*["A page"] * 200)
    answers = [_submit(server, content) for _ in range(8)]

    refused = [answer for answer in answers if answer.status_code == 503]
    assert refused
    assert refused[0].json()["errorCode"] == "queue_full"
    assert int(refused[0].headers["Retry-After"]) >= 1
    # The server ends although jobs run: the fixture waits for it.


def test_progress_is_told_while_a_job_runs(server: Server) -> None:
    number = _submit(server, pdf(*THREE)).json()["data"]["jobId"]
    seen: list[dict[str, Any]] = []

    def ended() -> bool:
        seen.append(server.get(f"{JOBS}/{number}").json()["data"])
        return bool(seen[-1]["state"] == "done")

    wait_for(ended)
    assert {one["state"] for one in seen} <= {"pending", "running", "done"}
    read = [one["extractProgress"]["extractedPages"] for one in seen if one["state"] != "pending"]
    assert read == sorted(read)
    assert read[-1] == 3


def _submit(server: Server, content: bytes, headers: Any = None, **fields: str) -> requests.Response:
    return server.post(JOBS, files={"file": ("page", content)}, data=fields, headers=headers)


def _finished(server: Server, submitted: requests.Response, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Wait for a job and return its status."""
    assert submitted.status_code == 200, submitted.text
    number = submitted.json()["data"]["jobId"]
    data: dict[str, Any] = wait_for(lambda: _if_ended(server, number, headers))
    assert data["state"] == "done", data
    return data


def _if_ended(server: Server, number: str, headers: dict[str, str] | None = None) -> dict[str, Any] | None:
    answer = server.get(f"{JOBS}/{number}", headers=headers)
    if answer.status_code == 404:
        return None
    data: dict[str, Any] = answer.json()["data"]
    return data if data["state"] in {"done", "failed"} else None


def _lines(server: Server, data: dict[str, Any]) -> list[dict[str, Any]]:
    content = requests.get(data["resultUrl"]["jsonUrl"], timeout=60).text
    return [json.loads(line) for line in content.splitlines()]
