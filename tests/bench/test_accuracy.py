"""What charsets promise, held against pages read by real weights: two rows of docs/accuracy.md, read anew."""

from __future__ import annotations

from typing import Any

import pytest
from bench.accuracy import measure
from tests.fonts import needs_fonts

from ocrzoo import create_pipeline
from ocrzoo_registry.languages.tags import parse_language
from ocrzoo_registry.zoo import Zoo

pytestmark = [pytest.mark.weights, needs_fonts]

MODEL = "PP-OCRv6_small_rec"


def measured(zoo: Zoo, tag: str) -> dict[str, Any]:
    pipeline = create_pipeline(
        "OCR",
        zoo=zoo,
        precision="float32",
        text_detection_model_name="PP-OCRv5_mobile_det",
        text_recognition_model_name=MODEL,
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
    )
    return measure(zoo, parse_language(tag), MODEL, pipeline)


def test_a_language_whose_letters_are_all_there_is_read(zoo: Zoo) -> None:
    german = measured(zoo, "de")
    assert (german["missing"], german["present_misread"]) == ("", "")
    assert german["text_cer"] < 1


@pytest.mark.thorough
def test_letters_that_are_said_to_be_missing_are_the_ones_misread(zoo: Zoo) -> None:
    vietnamese = measured(zoo, "vi")
    assert len(vietnamese["missing"]) > 80
    assert vietnamese["missing_read"] == ""
    assert vietnamese["missing_wrong"] == vietnamese["missing_seen"] > 500
    assert vietnamese["text_cer"] > 10
