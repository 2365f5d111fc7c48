"""``ocrzoo review`` and ``ocrzoo dataset``: from a page that a real model read to a data set that can be trained on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fpdf import FPDF
from tests.core.cli.conftest import Ran
from tests.core.datasets.kit import recognition
from tests.core.review.kit import decisions, reviewing, saved

Run = Callable[..., Ran]
MODELS = (
    *("--text_detection_model_name", "PP-OCRv6_tiny_det"),
    *("--text_recognition_model_name", "PP-OCRv6_tiny_rec"),
)


@pytest.mark.weights
def test_a_page_that_was_read_and_reviewed_is_a_data_set_for_the_model_that_read_it(
    run: Run, sample: Path, tmp_path: Path
) -> None:
    results, folder, out = tmp_path / "results", tmp_path / "corrections", tmp_path / "dataset"
    options = ("--return_chars", "True", "--alternatives", "3", "--save_path", results)
    assert run("ocr", sample, *MODELS, *options).code == 0
    with reviewing(results, "--out", folder) as review:
        lines = httpx.get(f"{review.url}lines", timeout=30).json()["lines"]
        assert lines[0]["doubt"] == min(line["doubt"] for line in lines)
        assert any(line["alternatives"] for line in lines)
        assert any(line["marks"] for line in lines)
        for number, line in enumerate(lines):
            body = {"line": number, "text": line["read"]}
            assert httpx.post(f"{review.url}decisions", json=body, timeout=30).json()["verdict"] == "accepted"
    assert len(decisions(folder)) == len(lines) == 9

    built = run("dataset", "build", folder, "--out", out, "--split", "0.8")
    assert built.code == 0
    table = [row.split("\t") for row in built.out.splitlines()]
    assert table[0] == ["for", "of", "train", "val"]
    assert sum(map(int, table[1][2:])) == 9
    assert table[2] == ["detection", "pages", "1", "0"]

    checked = run("dataset", "check", out, "--model", "PP-OCRv6_tiny_rec", "--max_text_length", "80", "--strict")
    assert (checked.code, checked.out) == (0, "")
    assert checked.err.splitlines()[-1] == "0 errors, 0 warnings"
    at_25 = run("dataset", "check", out, "--model", "PP-OCRv6_tiny_rec", "--json")
    report = json.loads(at_25.out)
    assert (at_25.code, report["ok"], [fault["check"] for fault in report["faults"]]) == (0, True, ["length"])


class TestReview:
    def test_a_result_whose_page_is_gone_is_named_and_the_others_are_shown(self, tmp_path: Path) -> None:
        files = [saved(tmp_path, file="a.json", input_path="gone.png"), saved(tmp_path, file="b.json")]
        with reviewing(*files, "--out", tmp_path / "review") as review:
            assert "gone.png was not found" in review.said[0]
            assert review.said[1].startswith("9 lines: http://127.0.0.1:")

    def test_without_any_page_it_ends(self, run: Run, tmp_path: Path) -> None:
        ran = run("review", saved(tmp_path, input_path="gone.png"), "--out", tmp_path / "review", "--no-browser")
        assert ran.code == 6
        assert ran.error.startswith("error: ")

    def test_of_an_encrypted_file_the_password_is_asked_for(self, run: Run, tmp_path: Path) -> None:
        file = saved(tmp_path, input_path=str(locked(tmp_path)), page_index=0)
        ran = run("review", file, "--out", tmp_path / "review", "--no-browser")
        assert ran.code == 6
        assert ran.error.startswith(f"error: {tmp_path / 'locked.pdf'}: encrypted with a password: give it with --pass")
        ran = run("review", file, "--out", tmp_path / "review", "--no-browser", "--password", "Mistaken")
        assert "encrypted, and no password given opens it" in ran.error

    def test_a_file_that_is_damaged_is_not_said_to_be_another(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "page.pdf"
        path.write_bytes(b"%PDF-1.7\nnothing")
        ran = run("review", saved(tmp_path, input_path=str(path), page_index=0), "--out", tmp_path / "review")
        assert ran.code == 6
        assert ran.error.startswith(f"error: {path}: ")
        assert "another file" not in ran.error

    def test_without_a_line_it_ends(self, run: Run, tmp_path: Path) -> None:
        ran = run("review", saved(tmp_path), "--below", "0.01", "--out", tmp_path / "review", "--no-browser")
        assert (ran.code, ran.error) == (2, "error: no line of these results is below 0.01")

    def test_another_file_is_refused(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text("{}")
        ran = run("review", tmp_path / "a.json", "--out", tmp_path / "review", "--no-browser")
        assert ran.code == 6
        assert "not a result of 'ocrzoo ocr', which has rec_texts" in ran.error

    def test_a_port_that_is_taken_is_refused(self, run: Run, tmp_path: Path) -> None:
        file = saved(tmp_path)
        with reviewing(file, "--out", tmp_path / "review") as review:
            port = review.url.split(":")[2].split("/")[0]
            ran = run("review", file, "--out", tmp_path / "other", "--port", port, "--no-browser")
        assert ran.code == 2
        assert f"cannot listen on 127.0.0.1 port {port}" in ran.error

    def test_a_signal_ends_it(self, tmp_path: Path) -> None:
        with reviewing(saved(tmp_path), "--out", tmp_path / "review") as review:
            review.process.terminate()
            assert review.process.wait(30) is not None

    def test_it_says_what_to_install(self, tmp_path: Path) -> None:
        """Without the server's packages, which this process cannot find."""
        program = "import sys; sys.modules['uvicorn'] = None; from ocrzoo.cli import main; sys.exit(main(sys.argv[1:]))"
        command = [sys.executable, "-c", program, "review", str(saved(tmp_path)), "--out", str(tmp_path / "review")]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=os.environ)
        assert ran.returncode == 2
        assert "run pip install 'ocrzoo[serve]'" in ran.stderr


def locked(folder: Path) -> Path:
    """Return an encrypted PDF of one page that is larger than the sample."""
    file = FPDF(unit="pt", format=(1200, 1200))
    file.add_page()
    file.set_encryption(owner_password="Owner9", user_password="Secret7")
    path = folder / "locked.pdf"
    path.write_bytes(bytes(file.output()))
    return path


def test_an_encrypted_file_is_reviewed_and_built_from_with_its_password(run: Run, tmp_path: Path) -> None:
    file, folder, secret = locked(tmp_path), tmp_path / "review", ("--password", "Secret7")
    with reviewing(saved(tmp_path, input_path=str(file), page_index=0), "--out", folder, *secret) as review:
        assert review.said[0].startswith("9 lines: ")
        for number in range(9):
            httpx.post(f"{review.url}decisions", json={"line": number, "text": "the same"}, timeout=30)
    refused = run("dataset", "build", folder, "--out", tmp_path / "refused")
    assert (refused.code, "encrypted with a password" in refused.err) == (6, True)
    built = run("dataset", "build", folder, "--out", tmp_path / "dataset", *secret, "--json")
    assert (built.code, sum(json.loads(built.out)["pages"].values())) == (0, 1)


class TestCheck:
    def test_each_kind_of_fault_is_a_line_with_an_example(self, run: Run, tmp_path: Path) -> None:
        recognition(tmp_path, ["one\ttwo", "", "a label that is longer than others"])
        ran = run("dataset", "check", tmp_path)
        assert ran.code == 2
        heading, *rows = [row.split("\t") for row in ran.out.splitlines()]
        assert heading == ["severity", "count", "fault", "example", "next step"]
        assert [row[0] for row in rows] == ["error", "error", "warning"]
        assert rows[1][3] == "rec_gt_train.txt:2: images/1.png has no text"
        assert ran.err.splitlines()[-1] == "2 errors, 1 warning"

    @pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict",), 2)])
    def test_warnings_alone_are_no_failure_unless_asked(
        self, run: Run, tmp_path: Path, options: tuple[str, ...], code: int
    ) -> None:
        recognition(tmp_path, ["a" + "bc" * 15])
        assert run("dataset", "check", tmp_path, *options).code == code

    def test_a_charset_of_ones_own(self, run: Run, tmp_path: Path) -> None:
        path = recognition(tmp_path, ["abba"])
        (tmp_path / "dict.txt").write_text("a\nc\n")
        ran = run("dataset", "check", path, "--charset", tmp_path / "dict.txt", "--json")
        (fault,) = json.loads(ran.out)["faults"]
        assert fault["check"] == "charset"
        assert "'b' (LATIN SMALL LETTER B) 2 times" in fault["example"]

    @pytest.mark.parametrize(
        ("arguments", "code", "message"),
        [
            (("--model", "PP-OCRv99_rec"), 3, "PP-OCRv99_rec"),
            (("--model", "PP-OCRv5_mobile_det"), 2, "has no charset"),
            (("--model", "PP-OCRv5_mobile_rec", "--charset", __file__), 2, "two charsets: give one"),
        ],
    )
    def test_what_cannot_be_compared_is_refused(
        self, run: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
    ) -> None:
        recognition(tmp_path, ["abba"])
        ran = run("dataset", "check", tmp_path, *arguments)
        assert ran.code == code
        assert message in ran.error


def test_a_page_that_is_gone_costs_only_itself(run: Run, tmp_path: Path, sample: Path) -> None:
    moved = tmp_path / "page.png"
    moved.write_bytes(sample.read_bytes())
    with reviewing(saved(tmp_path, input_path=str(moved)), "--out", tmp_path / "review") as review:
        for number in range(9):
            body: dict[str, Any] = {"line": number, "text": "the same"}
            httpx.post(f"{review.url}decisions", json=body, timeout=30)
    moved.unlink()
    ran = run("dataset", "build", tmp_path / "review", "--out", tmp_path / "dataset", "--json")
    assert ran.code == 6
    assert "page.png was not found" in ran.error
    assert json.loads(ran.out)["lines"].keys() == {"train", "val"}
    assert sorted(path.name for path in (tmp_path / "dataset").iterdir()) == [
        *("det_gt_train.txt", "det_gt_val.txt", "images", "pages", "rec_gt_train.txt", "rec_gt_val.txt"),
    ]
