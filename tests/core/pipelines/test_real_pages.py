"""The OCR pipeline on real weights and real pages (that it reads what PaddleX reads is for the parity tests)."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from ocrzoo import create_pipeline
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights

OFF: dict[str, Any] = dict.fromkeys(
    ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False
)
"""No weights for these stages can be had here; tests/plugins and the parity tests have stand-ins for them."""


@pytest.fixture(scope="module")
def pipeline(zoo: Zoo) -> OCRPipeline:
    made: OCRPipeline = create_pipeline(threads=2, zoo=zoo, **OFF)
    return made


def test_every_page_gives_a_result_that_hangs_together(pipeline: OCRPipeline, pages: dict[str, Path]) -> None:
    results = list(pipeline.predict(list(pages.values())))
    assert [result["input_path"] for result in results] == [str(path) for path in pages.values()]
    for result, path in zip(results, pages.values(), strict=True):
        height, width = cv2.imread(str(path)).shape[:2]
        count = len(result["rec_texts"])
        assert len(result["rec_scores"]) == len(result["rec_polys"]) == len(result["rec_boxes"]) == count
        assert all(0 <= score <= 1 for score in result["rec_scores"])
        assert result["rec_boxes"].dtype == np.int16
        assert (result["rec_boxes"] >= 0).all()
        assert (result["rec_boxes"] <= (width, height, width, height)).all()


def test_the_page_without_text(pipeline: OCRPipeline, pages: dict[str, Path]) -> None:
    (result,) = pipeline.predict(pages["no_text.png"])
    assert result["rec_texts"] == []


def test_an_array_reads_like_its_file(pipeline: OCRPipeline, sample: Path) -> None:
    from_file, from_array = pipeline.predict([sample, cv2.imread(str(sample))])
    assert {**from_file.json["res"], "input_path": None} == from_array.json["res"]


def test_several_threads_on_one_pipeline_get_the_same_answers(pipeline: OCRPipeline, pages: dict[str, Path]) -> None:
    chosen = [pages[name] for name in ("sample.png", "rotated.png", "tiny.png", "number_table.png")]
    alone = [result.json for path in chosen for result in pipeline.predict(path)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda path: next(pipeline.predict(path)).json, chosen * 2))
    assert together == alone * 2


@pytest.mark.parametrize("characters", [-1, 1])
def test_a_charset_of_another_length_is_refused(zoo: Zoo, sample: Path, tmp_path: Path, characters: int) -> None:
    name = "PP-OCRv5_mobile_rec"
    folder = zoo.resolver.get(DownloadRequest(zoo.models.get(name), ["onnx"])).folder
    shutil.copy(folder / "inference.onnx", tmp_path)
    config = inference_yml.read(folder)
    charset = config["PostProcess"]["character_dict"]
    config["PostProcess"]["character_dict"] = charset[:-1] if characters < 0 else [*charset, "!"]
    (tmp_path / "inference.yml").write_bytes(safe_yaml.dump(config).encode())
    wrong = create_pipeline(text_recognition_model_name=name, text_recognition_model_dir=tmp_path, zoo=zoo, **OFF)
    with pytest.raises(IntegrityError, match=rf"{name}: .*charset makes {len(charset) + 2 + characters} classes"):
        list(wrong.predict(sample))
