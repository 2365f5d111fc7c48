"""Figures of whole pages, and a reader in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bench.labelled_pages import LabelledPage, load, pages, write
from bench.page_accuracy import claimed, reader_of, row, scored, table
from bench.scoring import Score
from tests.fonts import needs_fonts


def labelled(language: str) -> LabelledPage:
    return LabelledPage("0000", language, "table", "sans", 20.0, {}, [])


def test_a_row_compares_a_reader_with_the_first_one_line_by_line() -> None:
    both = [labelled("en"), labelled("zh-Hans")]
    theirs = [Score(2, 2, 0, 10, 3, by_line=[1, 2]), Score(1, 1, 0, 10, 0, by_line=[0])]
    ours = [Score(2, 2, 0, 10, 2, by_line=[0, 2]), Score(1, 1, 0, 10, 4, by_line=[4])]
    found = row("PP-OCRv5_mobile", reader_of("ocrzoo openvino:float32:width"), ours, both, theirs)
    assert [found[key] for key in ("engine", "precision", "batching")] == ["openvino", "float32", "width"]
    assert [found[key] for key in ("lines", "errors", "cer", "better", "worse")] == [3, 6, 30.0, 1, 1]
    assert {tag: one["cer"] for tag, one in found["languages"].items()} == {"en": 20.0, "zh-Hans": 40.0}
    low, high = found["interval"]
    assert low < 15 < high


def test_the_table_says_what_the_figures_are_of() -> None:
    score = Score(2, 1, 0, 10, 3, by_line=[1, 2])
    first = row("PP-OCRv5_mobile", reader_of("paddlex onnxruntime"), [score], [labelled("en")], [score])
    head, _, line = table([first])
    assert head == "PP-OCRv5_mobile: 1 pages, 2 lines, 10 characters"
    assert line.split()[:6] == ["paddlex", "onnxruntime", "float32", "exact", "50.00", "0"]


def test_readers_are_the_programs_that_are_compared_or_ways_to_run_ocrzoo() -> None:
    assert reader_of("rapidocr openvino f32").options == {"precision": "f32"}
    assert reader_of("ocrzoo openvino:bfloat16:width").options == {
        "engine": "openvino",
        "precision": "bfloat16",
        "batching": "width",
    }
    assert reader_of("ocrzoo onnxruntime::width").options == {"engine": "onnxruntime", "batching": "width"}


def test_a_model_reads_the_languages_that_it_claims() -> None:
    found = claimed([labelled("en"), labelled("de"), labelled("zh-Hans")], "PP-OCRv4_mobile")
    assert [page.language for page in found] == ["en", "zh-Hans"]


@pytest.mark.weights
@needs_fonts
def test_a_program_of_its_own_reads_labelled_pages(tmp_path: Path) -> None:
    write(tmp_path, pages(2, languages=["en"]))
    reader, labels = reader_of("ocrzoo onnxruntime::width"), load(tmp_path)
    found = list(scored(reader, sys.executable, "PP-OCRv6_tiny", tmp_path, labels, threads=1))
    assert [one.recall for one in found] == [100, 100]
    assert all(0 <= one.cer < 5 for one in found)
    (tmp_path / "0000.png").write_bytes(b"not a picture")
    with pytest.raises(SystemExit, match=r"ocrzoo onnxruntime::width ended, exit status 1"):
        list(scored(reader, sys.executable, "PP-OCRv6_tiny", tmp_path, labels, threads=1))


@pytest.mark.weights
@pytest.mark.thorough
def test_the_kept_pages_are_read_nearly_without_errors() -> None:
    kept = Path(__file__).parents[1] / "data" / "labelled"
    labels = claimed(load(kept), "PP-OCRv6_tiny")
    reader, total = reader_of("ocrzoo onnxruntime:float32"), Score()
    for one in scored(reader, sys.executable, "PP-OCRv6_tiny", kept, labels, threads=1):
        total.add(one)
    assert (len(labels), total.lines) == (12, 528)
    assert total.recall > 99
    assert total.cer < 4
    assert total.spaces_wrong < 0.06 * total.spaces
