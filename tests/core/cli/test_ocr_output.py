"""What becomes of the files that ``ocrzoo ocr`` makes: nothing is lost, and nothing that was there before."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pikepdf
import PIL.Image
import pypdfium2
import pytest

from ocrzoo_registry.download.request import DownloadRequest

pytestmark = pytest.mark.weights

Run = Callable[..., Any]
SWITCHED_OFF = ("--use_doc_orientation_classify", "False", "--use_doc_unwarping", "False")


@pytest.fixture(autouse=True)
def fetched(zoo: Any) -> None:
    """What is fetched before is not told during a test."""
    for name in ("PP-OCRv5_mobile_det", "PP-OCRv5_mobile_rec"):
        zoo.resolver.get(DownloadRequest(zoo.models.get(name), ["onnx"]))


@pytest.fixture
def folder(sample: Path, tmp_path: Path) -> Path:
    """A folder with a page, as a PDF."""
    (tmp_path / "in").mkdir()
    PIL.Image.open(sample).convert("RGB").save(tmp_path / "in" / "page.pdf")
    return tmp_path / "in"


@pytest.fixture
def left() -> Iterator[int]:
    """A pipe whose reader has seen enough."""
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@pytest.mark.parametrize("given", ["page.pdf", "."])
def test_a_document_does_not_overwrite_an_input(run: Run, folder: Path, given: str) -> None:
    before = (folder / "page.pdf").read_bytes()
    ran = run("ocr", folder / given, "--output", folder / "page.pdf")
    assert (ran.code, ran.out) == (2, "")
    assert "is one of the inputs" in ran.error
    assert (folder / "page.pdf").read_bytes() == before


@pytest.mark.parametrize("name", ["text.pdf", "page.txt"])
def test_a_document_may_be_in_the_input_folder(run: Run, folder: Path, name: str) -> None:
    assert run("ocr", folder, "--output", folder / name).code == 0
    assert (folder / name).exists()


def test_a_folder_named_as_document_is_refused_before_reading(run: Run, sample: Path, tmp_path: Path) -> None:
    (tmp_path / "text.pdf").mkdir()
    ran = run("ocr", sample, "--output", tmp_path / "text.pdf")
    assert (ran.code, ran.out) == (2, "")
    assert ran.error.endswith("text.pdf is a folder: name a file")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="whom modes do not bind")
@pytest.mark.parametrize("option", [["--save_path", "."], ["--output", "text.pdf"]])
def test_an_unwritable_folder_is_refused_before_reading(
    run: Run, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o500)
    ran = run("ocr", sample, *option)
    assert (ran.code, ran.out) == (2, "")
    assert "cannot hold the results: Permission denied" in ran.error


def test_no_document_without_readable_pages(run: Run, tmp_path: Path) -> None:
    ran = run("ocr", tmp_path / "no.png", "--output", tmp_path / "text.pdf")
    assert ran.code == 6
    assert ran.err.splitlines() == [
        f"error: {tmp_path / 'no.png'}: No such file or directory",
        f"error: {tmp_path / 'text.pdf'} was not written: no page could be read",
    ]
    assert not (tmp_path / "text.pdf").exists()


def test_an_empty_name_is_an_error(run: Run) -> None:
    assert run("ocr", "").error == "error: an input has an empty name"


def test_save_as_needs_save_path(run: Run, sample: Path) -> None:
    ran = run("ocr", sample, "--save_as", "pdf")
    assert (ran.code, ran.out) == (2, "")
    assert "--save_as needs --save_path" in ran.error


@pytest.mark.parametrize("reading", [["ocr"], [*SWITCHED_OFF, "--pipeline", "doc_preprocessor", "--input"]])
def test_files_are_written_after_the_pipe_closes(
    start: Run, folder: Path, tmp_path: Path, left: int, reading: list[str]
) -> None:
    """As with ``| head -1``."""
    for name in ("second.pdf", "third.pdf"):
        (folder / name).write_bytes((folder / "page.pdf").read_bytes())
    done = start(*reading, folder, "--save_path", tmp_path / "out", stdout=left)
    assert (done.returncode, done.stderr) == (0, "")
    saved = sorted(path.name for path in (tmp_path / "out").glob("*.json"))
    assert saved == ["page_0_res.json", "second_0_res.json", "third_0_res.json"]


def test_a_document_is_written_after_the_pipe_closes(start: Run, folder: Path, tmp_path: Path, left: int) -> None:
    done = start("ocr", folder, folder, "--output", tmp_path / "text.txt", stdout=left)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "text.txt").read_text(encoding="utf-8").count("Reading a page") == 2


def test_a_document_is_written_after_the_pipe_of_messages_closes(
    start: Run, folder: Path, tmp_path: Path, left: int
) -> None:
    """As with ``2>&1 | head -1``: what was not kept of a PDF is told when it is written."""
    with pikepdf.open(folder / "page.pdf") as page:
        page.save(folder / "locked.pdf", encryption=pikepdf.Encryption(user="Secret7", owner="Secret8"))
    reading = ("ocr", folder / "locked.pdf", "--password", "Secret7", "--output", tmp_path / "text.pdf")
    done = start(*reading, stdout=left, stderr=left)
    assert done.returncode == 0
    with pypdfium2.PdfDocument(tmp_path / "text.pdf") as document:
        assert "Reading a page" in document[0].get_textpage().get_text_range()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a system without it")  # noqa: PTH110
def test_messages_that_cannot_be_written_do_not_change_the_exit_code(start: Run, tmp_path: Path) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        assert start("ocr", tmp_path / "no.png", stderr=full).returncode == 6


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a system without it")  # noqa: PTH110
def test_results_that_cannot_be_written_are_an_error_that_names_the_place(start: Run) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = start("models", "list", stdout=full)
    assert done.returncode == 2
    assert re.search(r"error: standard output: .*No space left on device\n$", done.stderr)


def test_every_pipeline_runs_from_the_command_line(run: Run, sample: Path) -> None:
    ran = run("--pipeline", "doc_preprocessor", "--input", sample, *SWITCHED_OFF)
    assert (ran.code, ran.err) == (0, "")
    assert "'angle': -1" in ran.out


def test_a_parameter_of_another_pipeline_is_refused(run: Run, sample: Path) -> None:
    ran = run("--pipeline", "doc_preprocessor", "--input", sample, "--text_det_thresh", "0.3")
    assert (ran.code, ran.out) == (2, "")
    assert ran.error == "error: --text_det_thresh: this pipeline does not have this parameter"


def test_pages_that_fail_are_in_a_pdf_without_text(run: Run, folder: Path, tmp_path: Path) -> None:
    with pikepdf.open(folder / "page.pdf") as one, pikepdf.Pdf.new() as several:
        for _ in range(3):
            several.pages.extend(one.pages)
        several.pages[1].obj.MediaBox = pikepdf.Array([0, 0, 14_000_000, 14_000_000])
        several.save(tmp_path / "three.pdf")
    ran = run("ocr", tmp_path / "three.pdf", "--output", tmp_path / "text.pdf")
    assert ran.code == 6
    failure, warning = ran.err.splitlines()
    assert "three.pdf: page 2: too large" in failure
    assert warning.endswith("text.pdf: 1 pages that could not be read are kept as they are, without text")
    with pypdfium2.PdfDocument(tmp_path / "text.pdf") as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    assert ["Reading a page" in text for text in texts] == [True, False, True]


def test_text_of_an_earlier_ocr_is_replaced_if_asked_for(run: Run, folder: Path, tmp_path: Path) -> None:
    def layer(*options: str) -> str:
        assert run("ocr", folder, "--output", tmp_path / "text.pdf", *options).code == 0
        with pypdfium2.PdfDocument(tmp_path / "text.pdf") as document:
            return str(document[0].get_textpage().get_text_range())

    once = layer()
    (folder / "page.pdf").write_bytes((tmp_path / "text.pdf").read_bytes())
    assert layer() == once
    assert layer("--replace_text") == once


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
def test_nothing_is_left_of_a_run_that_is_stopped(command: Path, folder: Path, tmp_path: Path) -> None:
    """As by Ctrl-C, after the first page."""
    for number in range(9):
        (folder / f"page{number}.pdf").write_bytes((folder / "page.pdf").read_bytes())
    (tmp_path / "out").mkdir()
    run = subprocess.Popen(
        [command, "ocr", folder, "--output", tmp_path / "out" / "text.pdf"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert run.stdout is not None
    assert run.stdout.readline()
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    assert run.returncode != 0
    assert list((tmp_path / "out").iterdir()) == []
    assert not list(tmp_path.glob("ocrzoo-*"))
