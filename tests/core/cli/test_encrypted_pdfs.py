"""Passwords on the command line: from options and files, into no output."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF

from ocrzoo.cli.ocr_runner import OcrJob, run_ocr

Run = Callable[..., Any]


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    file = FPDF()
    file.set_font("helvetica", size=32)
    file.add_page()
    file.text(20, 30, "Behind a lock")
    file.set_encryption(owner_password="Owner9", user_password="Secret7")
    path = tmp_path / "locked.pdf"
    path.write_bytes(bytes(file.output()))
    return path


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    path = tmp_path / "passwords.txt"
    path.write_bytes("\ufeffWrong1\r\n\r\nSecret7\r\n".encode())
    return path


@pytest.mark.weights
@pytest.mark.parametrize(
    "options", [["--password", "Secret7"], ["--password", "no", "--password=Secret7"], ["--password-file", "FILE"]]
)
def test_a_locked_file_is_read(run: Run, locked: Path, passwords: Path, options: list[str], tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    given = [str(passwords) if option == "FILE" else option for option in options]
    ran = run("ocr", locked, *given, "--json", "--save_path", saved, "-v")
    assert (ran.code, json.loads(ran.out)["rec_texts"]) == (0, ["Behind a lock"]), ran.err
    assert "Secret7" not in ran.out + ran.err
    assert all(b"Secret7" not in path.read_bytes() for path in saved.rglob("*") if path.is_file())


@pytest.mark.weights
def test_a_locked_file_is_compared(run: Run, locked: Path) -> None:
    models = "PP-OCRv6_tiny_rec,PP-OCRv6_small_rec"
    ran = run("compare", locked, "--models", models, "--detection", "PP-OCRv6_tiny_det", "--password", "Secret7")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[1].split("\t")[:2] == ["PP-OCRv6_tiny_rec", "1"]


@pytest.mark.weights
def test_that_a_saved_page_is_not_protected_is_said_with_its_name(run: Run, locked: Path, tmp_path: Path) -> None:
    ran = run("ocr", locked, "--password", "Secret7", "--save_path", tmp_path / "saved", "--save_as", "pdf")
    assert (ran.code, ran.error) == (0, "warning: locked_0: the PDF is protected, the document with its text is not")


def test_no_password_or_a_wrong_one_is_one_line(run: Run, locked: Path) -> None:
    ran = run("ocr", locked)
    assert ran.code == 6
    assert ran.error == (
        f"error: {locked}: encrypted with a password: give it with --password or --password_file; in Python, password="
    )
    ran = run("ocr", locked, "--password", "Mistaken")
    assert ran.code == 6
    assert ran.error.startswith(f"error: {locked}: encrypted, and no password given opens it")
    assert "Mistaken" not in ran.error


def test_paddlex_s_command_line_has_the_options_too(run: Run, locked: Path) -> None:
    ran = run("--pipeline", "OCR", "--input", locked, "--password", "Mistaken")
    assert (ran.code, ran.error.endswith("in Python, password=")) == (6, True)


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "No such file or directory"), (b"\xff\xfe\0", "not a UTF-8 text file"), (b"x" * (2 << 20), "larger than")],
)
def test_a_file_of_passwords_that_cannot_be_read(
    run: Run, locked: Path, tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "passwords.txt"
    if content is not None:
        path.write_bytes(content)
    ran = run("ocr", locked, "--password_file", path)
    assert ran.code == 2
    assert says in ran.error


def test_a_pipeline_without_this_parameter_says_so_and_not_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain:
        def predict(self, input: Any, on_error: Any = None) -> None:
            """Take no password."""

    monkeypatch.setattr("ocrzoo.pipelines.factory.create_pipeline", lambda **_: Plain())
    with pytest.raises(Exception, match=r"^--password: this pipeline does not have this parameter$"):
        run_ocr(OcrJob(["x.pdf"], "text"), {"pipeline": "OCR"}, {"password": ["Secret7"]})
