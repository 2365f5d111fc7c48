"""The page of figures says what was measured."""

from __future__ import annotations

from typing import Any

from docs.page_accuracy import section


def row(reader: str, cer: float, interval: tuple[float, float]) -> dict[str, Any]:
    program, engine = reader.split()
    return {
        "model": "PP-OCRv5_mobile",
        "reader": reader,
        "program": program,
        "engine": engine,
        "precision": "float32",
        "batching": "exact",
        "pages": 3,
        "lines": 40,
        "characters": 1300,
        "spaces": 200,
        "spaces_wrong": 3,
        "recall": 99.0,
        "cer": cer,
        "wer": 8.0,
        "better": 2,
        "worse": 5,
        "interval": interval,
        "languages": {"en": {"characters": 1200, "cer": cer}, "ja": {"characters": 100, "cer": 0.0}},
    }


def test_each_reader_is_compared_with_the_first_one() -> None:
    rows = [row("paddlex onnxruntime", 2.0, (0, 0)), row("ocrzoo openvino", 2.5, (-0.125, 1.0))]
    text = list(section(rows))
    assert text[0] == "## PP-OCRv5_mobile"
    assert text[2] == "3 pages, 40 lines, 1300 characters."
    assert text[6] == "| paddlex | onnxruntime | float32 | exact | 99.0 % | 2.00 % | 8.00 % | 1.5 % |  |  |"
    assert text[7].endswith("| 2.50 % | 8.00 % | 1.5 % | 2 / 5 | -0.12 to +1.00 |")


def test_rates_of_languages_with_few_characters_are_left_out() -> None:
    text = "\n".join(section([row("paddlex onnxruntime", 2.0, (0, 0)), row("ocrzoo openvino", 2.5, (0, 1))]))
    assert "`en` 2.00 / 2.50." in text
    assert "`ja`" not in text
