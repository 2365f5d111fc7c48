"""What is known of lines, and what is returned of their characters, on a real page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ocrzoo
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.results.base import to_json
from ocrzoo.results.ocr import OCRResult
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights

MODELS = {"text_detection_model_name": "PP-OCRv6_tiny_det", "text_recognition_model_name": "PP-OCRv6_tiny_rec"}
STAGES = ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation")
DATED = "Updated on 2026-03-14 at 09:26"


def made(zoo: Zoo, **more: Any) -> OCRPipeline:
    options: dict[str, Any] = {**MODELS, **dict.fromkeys(STAGES, False), **more}
    pipeline: OCRPipeline = ocrzoo.create_pipeline("OCR", zoo=zoo, **options)
    return pipeline


@pytest.fixture(scope="module")
def pipeline(zoo: Zoo) -> OCRPipeline:
    return made(zoo)


def read(pipeline: OCRPipeline, page: Path, **known: Any) -> OCRResult:
    (result,) = pipeline.predict(str(page), **known)
    return result


def line(result: OCRResult, key: str, text: str = DATED) -> Any:
    return result[key][result["rec_texts"].index(text)]


def plain(result: OCRResult) -> Mapping[str, Any]:
    found: Mapping[str, Any] = result.json["res"]
    return found


def test_what_is_asked_for_besides_changes_nothing_else(pipeline: OCRPipeline, sample: Path) -> None:
    usual = plain(read(pipeline, sample))
    more = dict(plain(read(pipeline, sample, return_chars=True, alternatives=2)))
    assert len(more.pop("rec_chars")) == len(more.pop("rec_alternatives")) == len(usual["rec_texts"])
    assert to_json(more) == to_json(usual)
    assert to_json(plain(read(pipeline, sample, alternatives=0, return_chars=False))) == to_json(usual)


def test_characters_make_up_the_text_and_lie_in_their_line(pipeline: OCRPipeline, sample: Path) -> None:
    result = read(pipeline, sample, return_chars=True)
    for text, score, box, characters in zip(
        result["rec_texts"], result["rec_scores"], result["rec_boxes"], result["rec_chars"], strict=True
    ):
        assert "".join(one["text"] for one in characters) == text
        assert np.mean([one["score"] for one in characters]) == pytest.approx(score, abs=1e-6)
        lefts = [one["box"][0] for one in characters]
        assert lefts == sorted(lefts)
        for left, top, right, bottom in (one["box"] for one in characters):
            assert box[0] <= left <= right <= box[2]
            assert box[1] <= top <= bottom <= box[3]


def test_a_doubtful_character_has_what_else_it_might_be(pipeline: OCRPipeline, sample: Path) -> None:
    result = read(pipeline, sample, return_chars=True, alternatives=3)
    others = [entry for entry, _ in line(result, "rec_chars")[0]["alternatives"]]
    assert len(others) == 3
    assert "U" not in others
    found = line(result, "rec_alternatives")
    assert [one["probability"] for one in found] == sorted((one["probability"] for one in found), reverse=True)
    assert found[0]["text"] == DATED
    assert 0.5 < found[0]["probability"] <= 1


def test_only_allowed_characters_are_read(pipeline: OCRPipeline, sample: Path) -> None:
    result = read(pipeline, sample, allow=["digits", "-:"])
    assert set("".join(result["rec_texts"])) <= set("0123456789-: ")
    assert any(text.endswith("2026-03-14 09:26") for text in result["rec_texts"])
    assert not set("".join(read(pipeline, sample, deny="aeiou")["rec_texts"])) & set("aeiou")


def test_lines_match_a_pattern(pipeline: OCRPipeline, sample: Path) -> None:
    result = read(pipeline, sample, patterns=[r"\w+ on \d{4}-\d\d-\d\d at \d\d:\d\d", r"[^0-9]+"])
    assert DATED in result["rec_texts"]


def test_lines_are_entries_of_a_lexicon(pipeline: OCRPipeline, sample: Path) -> None:
    texts = [*read(pipeline, sample)["rec_texts"]]
    lexicon = [*(f"something else {number}" for number in range(100)), *texts]
    assert read(pipeline, sample, lexicon=lexicon)["rec_texts"] == texts


def test_the_configuration_has_the_same_keys(zoo: Zoo, pipeline: OCRPipeline, sample: Path) -> None:
    config = pipeline.config.model_dump(mode="python")
    config["SubModules"]["TextRecognition"] |= {"allow": ["0-9"], "return_chars": True, "alternatives": 1}
    configured = made(zoo, config=config)
    assert configured.config.SubModules.TextRecognition.allow == ("0-9",)
    assert plain(read(configured, sample)) == plain(
        read(pipeline, sample, allow="0-9", return_chars=True, alternatives=1)
    )
    assert "rec_chars" not in read(configured, sample, return_chars=False)


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({"allow": "\U00013000", "deny": " "}, "PP-OCRv6_tiny_rec has none of the characters"),
        ({"patterns": "["}, r"pattern '\[' is not valid"),
        ({"alternatives": 99}, "alternatives=99"),
        ({"return_chars": "yes"}, "return_chars='yes': True, False or None is needed"),
    ],
)
def test_a_mistake_is_one_line(pipeline: OCRPipeline, sample: Path, known: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(pipeline, sample, **known)
