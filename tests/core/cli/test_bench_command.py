"""``ocrzoo bench``: the figures of a pipeline on pages."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.cli.conftest import Ran

from ocrzoo.benchmark.figures import COLUMNS
from ocrzoo.sample_pages import FOLDER
from ocrzoo_registry.errors import ExitCode

Run = Callable[..., Ran]
QUICK = ("--warmup", "1", "--repeats", "2")
PAGES = Path(__file__).parents[2] / "data" / "pages"


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no way to a model."""
    for name, value in {"OCRZOO_HOME": str(tmp_path), "OCRZOO_OFFLINE": "1", "PADDLE_PDX_MODEL_SOURCE": "bos"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.weights
def test_figures_of_good_pages_and_an_error_of_the_bad_one(run: Run) -> None:
    ran = run("bench", PAGES / "tiny.png", PAGES / "nowhere.png", *QUICK, "--json")
    assert ran.code == ExitCode.INPUTS
    assert ran.error == f"error: {PAGES / 'nowhere.png'}: No such file or directory"
    (row,) = json.loads(ran.out)
    assert {column.key for column in COLUMNS} <= set(row)
    assert (row["configuration"], row["pages"], row["repeats"], len(row["unread"])) == ("OCR", 1, 2, 1)
    assert 0 < row["seconds_per_page_least"] <= row["seconds_per_page"] <= row["seconds_per_page_most"]
    assert row["peak_memory_mb"] >= row["mean_memory_mb"] > 50


def test_without_a_page_that_can_be_read_there_are_no_figures(run: Run) -> None:
    ran = run("bench", "nowhere.png", *QUICK)
    assert (ran.code, ran.out) == (ExitCode.INPUTS, "")
    assert ran.error == "error: OCR: nowhere.png: No such file or directory"


@pytest.mark.usefixtures("offline")
def test_configurations_without_models_are_skipped_with_a_reason(run: Run) -> None:
    ran = run("bench", "--configurations", "OCR-default,OCR-nopp-server", *QUICK)
    assert (ran.code, ran.out) == (ExitCode.SOURCE, "")
    first, second = ran.err.splitlines()
    assert first.startswith("warning: OCR-default is skipped: PP-LCNet_x1_0_doc_ori is not cached")
    assert second.startswith("warning: OCR-nopp-server is skipped: PP-LCNet_x0_25_textline_ori is not cached")


@pytest.mark.usefixtures("offline")
def test_a_pipeline_without_models_is_an_error(run: Run) -> None:
    ran = run("bench", "--text_recognition_model_name", "PP-OCRv5_server_rec", *QUICK)
    assert ran.code == ExitCode.SOURCE
    assert ran.error.startswith("error: OCR: PP-OCRv5_server_rec is not cached")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["-"], "standard input can be read once only: name a file"),
        (["--configurations", "all", "--pipeline", "doc_preprocessor"], "are those of the pipeline OCR"),
        (["--configurations", "OCR-nopp-mobil"], "did you mean OCR-nopp-mobile"),
        (["--plot", "plot.pdf"], "unknown suffix, use one of .svg, .png"),
        (["--config", "nowhere.yaml"], "nowhere.yaml"),
        (["--repeats", "0"], "0 is not in the range"),
        (["--engine", "nothing"], "nothing"),
    ],
)
def test_options_that_cannot_be_are_one_line(run: Run, arguments: list[str], error: str) -> None:
    ran = run("bench", *arguments)
    assert ran.code == ExitCode.USAGE
    assert error in ran.error


def test_a_missing_library_is_named_with_its_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert run("bench").error == "error: bench needs psutil: run pip install 'ocrzoo[bench]'"


def test_the_pages_that_come_with_ocrzoo_are_those_of_the_tests() -> None:
    pages = sorted(FOLDER.iterdir())
    assert len(pages) == 3
    assert all(page.read_bytes() == (PAGES / page.name).read_bytes() for page in pages)
