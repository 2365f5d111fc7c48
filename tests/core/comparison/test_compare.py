"""``ocrzoo compare`` with real models: the same lines for each, what differs, errors, and pages that fail."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from ocrzoo.cli import main
from ocrzoo.comparison.comparison import Cell as ReadCell
from ocrzoo.comparison.comparison import Comparison, PageReadings, Row, Summary, compare, spans
from ocrzoo.comparison.html_report import to_html, to_jpeg
from ocrzoo.comparison.readers import PageLines, Reading
from ocrzoo.comparison.truth import errors, words
from ocrzoo.inputs import InputOptions, pages
from ocrzoo.predictors.base import Detection

SMALL, TINY, MOBILE = "PP-OCRv6_small_rec", "PP-OCRv6_tiny_rec", "PP-OCRv5_mobile"
DETECTION = ("--detection", "PP-OCRv6_tiny_det")


@pytest.fixture
def poor(sample: Path, tmp_path: Path) -> Path:
    """The sample page as a poor scan: few pixels, and noise."""
    page: Any = cv2.imread(str(sample))
    small = cv2.resize(page, None, fx=0.26, fy=0.26, interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, page.shape[1::-1]).astype(float)
    noisy = np.clip(large + np.random.default_rng(0).normal(0, 22, large.shape), 0, 255).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "poor.png"), noisy)
    return tmp_path / "poor.png"


@dataclass(frozen=True)
class Ran:
    """What a command answered."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command in this process."""

    def call(*arguments: str | Path) -> Ran:
        code = main(["compare", *map(str, arguments)])
        return Ran(code, *capsys.readouterr())

    return call


@pytest.fixture
def refused(run: Callable[..., Ran]) -> Callable[..., str]:
    """Run a command that ends with exit code 2, and return its one line."""

    def call(*arguments: str | Path) -> str:
        ran = run(*arguments)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        return ran.err

    return call


@pytest.mark.weights
def test_lines_side_by_side(run: Callable[..., Ran], sample: Path, poor: Path, tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    truth.mkdir()
    (truth / "poor.txt").write_text("A model zoo keeps many small readers in one place.", encoding="utf-8")
    report = tmp_path / "report.html"
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    names = f"{SMALL},{TINY},{MOBILE}"
    ran = run(poor, bad, sample, "--models", names, *DETECTION, "--truth", truth, "--html", report, "--json")
    assert ran.code == 6
    found = json.loads(ran.out)
    assert found["models"] == [SMALL, TINY, MOBILE]
    first, broken, last = found["pages"]
    assert broken["lines"] == []
    assert "bad.png" in broken["faults"][0]
    assert len(first["lines"]) == len(last["lines"]) == 9
    assert any(line["differs"] for line in first["lines"])
    assert not any(line["differs"] for line in last["lines"][:4])
    assert "sample.txt" in last["faults"][0]
    assert first["errors"][0]["cer"] > 1  # the truth has one line of nine
    assert last["errors"] == [None, None, None]
    summary = {one["model"]: one for one in found["summary"]}
    assert [summary[name]["what"] for name in (SMALL, TINY, MOBILE)] == ["recognition", "recognition", "whole page"]
    assert summary[SMALL]["differing"] == 0 < summary[TINY]["differing"]
    text = report.read_text(encoding="utf-8")
    assert text.count("data:image/jpeg;base64,") == 18
    assert "<mark>" in text
    assert "http" not in text.replace("http-equiv", "")


@pytest.mark.weights
def test_a_perfect_reading_has_no_errors(run: Callable[..., Ran], sample: Path, tmp_path: Path) -> None:
    truth = tmp_path / "sample.txt"
    read = json.loads(run(sample, "--models", SMALL, *DETECTION, "--json").out)
    truth.write_text("\n".join(line["readings"][0]["text"] for line in read["pages"][0]["lines"]), encoding="utf-8")
    ran = run(sample, "--models", f"{SMALL},{TINY}", *DETECTION, "--truth", truth)
    assert ran.code == 0
    heading, first, *_ = ran.out.splitlines()
    assert heading.split("\t") == [
        *("model", "lines", "differing", "seconds/page", "time of", "character errors", "word errors"),
    ]
    assert first.split("\t")[-2:] == ["0.00 %", "0.00 %"]


@pytest.mark.weights
def test_a_folder_with_own_weights(run: Callable[..., Ran], sample: Path, tmp_path: Path, zoo: Any) -> None:
    from ocrzoo_registry.download.request import DownloadRequest

    source = zoo.resolver.get(DownloadRequest(zoo.models.get(TINY), ["onnx"])).folder
    own = tmp_path / "own"
    shutil.copytree(source, own)
    found = json.loads(run(sample, "--models", f"{TINY},{own}", *DETECTION, "--json").out)
    assert found["models"] == [TINY, "own"]
    assert found["summary"][1]["differing"] == 0


@pytest.mark.parametrize(
    ("models", "words_of_message"),
    [
        ("PP-OCRv6_smal_rec", ("PP-OCRv6_smal_rec", "PP-OCRv6_small_rec")),
        ("PP-OCRv6_tiny_det", ("does text_detection", "recognition model")),
        (f"{TINY},{TINY}", ("named twice",)),
        (",", ("--models",)),
    ],
)
def test_models_that_cannot_be_compared(
    refused: Callable[..., str], sample: Path, models: str, words_of_message: tuple[str, ...]
) -> None:
    message = refused(sample, "--models", models)
    assert all(one in message for one in words_of_message)


def test_truths_that_do_not_fit(refused: Callable[..., str], sample: Path, tmp_path: Path) -> None:
    assert "no such file" in refused(sample, "--models", TINY, "--truth", tmp_path / "none.txt")
    one = tmp_path / "one.txt"
    one.write_text("text")
    assert "several pages" in refused(sample, sample, "--models", TINY, "--truth", one)


@pytest.mark.parametrize(("extra", "library"), [("--truth", "rapidfuzz"), ("--html", "jinja2")])
def test_what_is_not_installed(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, sample: Path, tmp_path: Path, extra: str, library: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, library, None)
    assert "pip install 'ocrzoo[compare]'" in refused(sample, "--models", TINY, extra, tmp_path / "file")


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_read(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, sample: Path, tmp_path: Path
) -> None:
    (tmp_path / "old.html").write_text("kept until there is another")
    assert refused(sample, "--models", ",", "--html", tmp_path / "old.html")
    assert (tmp_path / "old.html").read_text() == "kept until there is another"
    monkeypatch.setattr("ocrzoo.comparison.readers.readers", None)
    (tmp_path / "file").touch()
    message = refused(sample, "--models", TINY, "--html", tmp_path / "file" / "report.html")
    assert "report.html could not be written: " in message
    assert "is a directory" in refused(sample, "--models", TINY, "--html", tmp_path)


def test_what_was_read_is_printed_even_if_the_report_cannot_be_written_in_the_end(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, sample: Path, tmp_path: Path
) -> None:
    def read_while_others_use_the_name(*_: object, **__: object) -> Comparison:
        (tmp_path / "report.html").mkdir()
        return Comparison([TINY], "it", [], [Summary(TINY, "recognition", 1, 9, 0, 0.25, None)])

    monkeypatch.setattr("ocrzoo.comparison.readers.readers", lambda *_: [])
    monkeypatch.setattr("ocrzoo.comparison.readers.detector", lambda *_: None)
    monkeypatch.setattr("ocrzoo.comparison.comparison.compare", read_while_others_use_the_name)
    ran = run(sample, "--models", TINY, "--html", tmp_path / "report.html")
    assert ran.code == 2
    assert ran.out.splitlines()[1].split("\t")[:2] == [TINY, "9"]
    assert "report.html could not be written: " in ran.err


def test_pictures_of_lines_are_kept_only_for_a_report_and_are_small() -> None:
    class One:
        name, what = "one", "recognition"

        def predict(self, images: list[Any]) -> list[Detection]:
            return [Detection([np.array([[10, 10], [410, 10], [410, 210], [10, 210]])], [1.0]) for _ in images]

        def read(self, lines: PageLines) -> Reading:
            return Reading(["text"] * len(lines.crops), [1.0] * len(lines.crops))

    one: Any = One()
    paper = np.full((220, 420, 3), 255, np.uint8)
    for to_picture in (None, to_jpeg):
        found = compare(pages([paper], InputOptions()), [one], ("one", one), None, to_picture=to_picture)
        (row,) = found.pages[0].rows
        assert (row.picture is None) == (to_picture is None)
    assert row.picture is not None
    assert cv2.imdecode(np.frombuffer(row.picture, np.uint8), cv2.IMREAD_COLOR).shape == (96, 192, 3)
    assert to_html(found).count("data:image/jpeg;base64,") == 1


def test_errors_are_the_fewest_edits() -> None:
    found = errors("one  two\nthree", "one tow three four")
    assert (found.characters, found.character_errors) == (13, 7)
    assert (found.words, found.word_errors) == (3, 2)
    assert errors("e\u0301", "\xe9").character_errors == 0


def test_a_chinese_character_is_a_word() -> None:
    assert words("文字 OCR 测试 25") == ["文", "字", "OCR", "测", "试", "25"]


def test_differences_are_parts_of_the_text() -> None:
    assert spans("page", "pege") == [("p", False), ("e", True), ("ge", False)]
    assert spans("pages", "page") == [("page", False), ("", True)]
    assert "".join(text for text, _ in spans("first", "other words")) == "other words"


def test_the_report_escapes_everything() -> None:
    evil = "<script>alert(1)</script>&\"'"
    row = Row([[0, 0]] * 4, [ReadCell(evil, 0.5, [(evil, True)])])
    page = PageReadings(evil, [row], [0.1], [None], [evil])
    text = to_html(Comparison([evil], evil, [page], []))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 5
