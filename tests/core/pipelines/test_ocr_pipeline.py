"""The OCR pipeline's rules, on networks that stand in for real ones."""

from __future__ import annotations

import copy
import logging
import os
import pickle
import re
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.stand_ins import stand_in_config

from ocrzoo.inputs import Page
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines import doc_preprocessor, lazy_model, ocr
from ocrzoo.pipelines.executor import run_pages
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.processing import detection
from ocrzoo.results.ocr import OCRResult
from ocrzoo.results.output_files import PageSource
from ocrzoo_registry.errors import InputError, UsageError

Paper = NDArray[np.uint8]

PADDLEX_KEYS = [
    "input_path",
    "page_index",
    "model_settings",
    "dt_polys",
    "text_det_params",
    "text_type",
    "textline_orientation_angles",
    "text_rec_score_thresh",
    "return_word_box",
    "rec_texts",
    "rec_scores",
    "rec_polys",
    "rec_boxes",
]
OWN_KEYS = ["dt_scores", "reading_order", "line_counts"]


@pytest.fixture
def picture(tmp_path: Path, paper: Paper) -> str:
    path = tmp_path / "page.png"
    cv2.imwrite(str(path), paper)
    return str(path)


def read(pipeline: OCRPipeline, source: Any, **parameters: Any) -> OCRResult:
    (result,) = pipeline.predict(source, **parameters)
    return result


class TestResult:
    """What a page gives."""

    def test_keys_in_paddlexs_order(self, stand_in_pipeline: OCRPipeline, picture: str) -> None:
        result = read(stand_in_pipeline, picture)
        assert [key for key in result if key not in OWN_KEYS] == PADDLEX_KEYS
        assert list(result["text_det_params"]) == [
            *("limit_side_len", "limit_type", "thresh", "max_side_limit", "box_thresh", "unclip_ratio")
        ]

    def test_lines_in_reading_order(self, stand_in_pipeline: OCRPipeline, paper: Paper) -> None:
        result = read(stand_in_pipeline, paper)
        assert result["rec_texts"] == ["ab", "ab", "ab"]
        lefts, tops = zip(*(quad[0] for quad in result["dt_polys"]), strict=True)
        assert lefts[0] < 30
        assert lefts[1] > 130
        assert max(tops[:2]) < 60 < tops[2]

    def test_types(self, stand_in_pipeline: OCRPipeline, picture: str) -> None:
        result = read(stand_in_pipeline, picture)
        assert result["input_path"] == picture
        assert result["page_index"] is None
        assert result["model_settings"] == {"use_doc_preprocessor": False, "use_textline_orientation": False}
        assert result["text_type"] == "general"
        assert result["return_word_box"] is False
        assert result["textline_orientation_angles"] == [-1, -1, -1]
        for key in ("dt_polys", "rec_polys"):
            assert [(quad.shape, quad.dtype) for quad in result[key]] == [((4, 2), np.int16)] * 3
        assert (result["rec_boxes"].shape, result["rec_boxes"].dtype) == ((3, 4), np.int16)
        assert all(0.5 < score <= 1 for score in result["rec_scores"])
        assert len(result["dt_scores"]) == 3

    def test_a_result_can_be_copied_and_sent(
        self, stand_in_pipeline: OCRPipeline, paper: Paper, tmp_path: Path
    ) -> None:
        result = read(stand_in_pipeline, paper, return_word_box=True)
        for number, other in enumerate((pickle.loads(pickle.dumps(result)), copy.deepcopy(result))):
            assert (
                other.save_to_pdf(tmp_path / f"{number}.pdf").read_bytes() == result.save_to_pdf(tmp_path).read_bytes()
            )

    def test_an_empty_page(self, stand_in_pipeline: OCRPipeline) -> None:
        result = read(stand_in_pipeline, np.full((90, 120, 3), 255, np.uint8))
        for key in ("dt_polys", "rec_texts", "rec_scores", "rec_polys"):
            assert result[key] == []
        assert result["rec_boxes"].shape == (0, 4)

    def test_what_is_missing_is_logged(
        self, stand_in_pipeline: OCRPipeline, paper: Paper, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, logger="ocrzoo"):
            read(stand_in_pipeline, paper)
            assert caplog.messages == []
            low = read(stand_in_pipeline, paper, text_rec_score_thresh=1.0)
            read(stand_in_pipeline, np.full((90, 120, 3), 255, np.uint8))
        assert low["line_counts"] == {"detected": 3, "below_score_thresh": 3, "without_text": 0}
        missing, empty = caplog.messages
        assert re.fullmatch(
            r"array\w*: 3 of 3 lines are left out: scores of up to 0\.\d+, less than text_rec_score_thresh=1", missing
        )
        assert re.fullmatch(r"array\w*: no text was detected", empty)

    @pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (5, 5)])
    def test_a_page_of_few_pixels(self, stand_in_pipeline: OCRPipeline, shape: tuple[int, int]) -> None:
        assert read(stand_in_pipeline, np.zeros(shape, np.uint8))["input_path"] is None

    def test_a_page_is_not_changed(self, stand_in_pipeline: OCRPipeline, paper: Paper) -> None:
        before = paper.copy()
        _ = read(stand_in_pipeline, paper).img
        np.testing.assert_array_equal(paper, before)


class TestParameters:
    """``None`` means the pipeline's own setting; 0 is a value."""

    def test_none_means_the_default(self, stand_in_pipeline: OCRPipeline, paper: Paper) -> None:
        asked: dict[str, Any] = {
            **dict.fromkeys(
                ["text_det_limit_side_len", "text_det_limit_type", "text_det_thresh", "text_det_box_thresh"]
            ),
            **dict.fromkeys(["text_det_unclip_ratio", "text_rec_score_thresh", "return_word_box"]),
            **dict.fromkeys(["use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"]),
        }
        assert read(stand_in_pipeline, paper, **asked).json == read(stand_in_pipeline, paper).json
        assert read(stand_in_pipeline, paper)["text_det_params"] == {
            "limit_side_len": 64,
            "limit_type": "min",
            "thresh": 0.3,
            "max_side_limit": 4000,
            "box_thresh": 0.6,
            "unclip_ratio": 1.5,
        }

    def test_a_pixel_threshold_of_zero(self, stand_in_pipeline: OCRPipeline, paper: Paper) -> None:
        """With a threshold of 0 light pixels, of probability 0.1, are text too: the page is one region."""
        result = read(stand_in_pipeline, paper, text_det_thresh=0, text_det_box_thresh=0)
        assert result["text_det_params"]["thresh"] == 0
        assert [box.tolist() for box in result["rec_boxes"]] == [[0, 0, 300, 200]]

    def test_a_box_threshold_of_zero(self, stand_in_pipeline: OCRPipeline, paper: Paper) -> None:
        assert read(stand_in_pipeline, paper, text_det_box_thresh=0)["text_det_params"]["box_thresh"] == 0
        assert read(stand_in_pipeline, paper, text_det_box_thresh=0.95)["dt_polys"] == []

    def test_an_unclip_ratio_of_zero(self, stand_in_pipeline: OCRPipeline, paper: Paper) -> None:
        boxes = [read(stand_in_pipeline, paper, text_det_unclip_ratio=ratio)["rec_boxes"] for ratio in (0, None)]
        assert (boxes[0][:, 2:] - boxes[0][:, :2] < boxes[1][:, 2:] - boxes[1][:, :2]).all()
        np.testing.assert_allclose(boxes[0][2], [30, 120, 260, 140], atol=3)

    def test_a_score_threshold_leaves_lines_out_and_keeps_what_was_detected(
        self, stand_in_pipeline: OCRPipeline, paper: Paper
    ) -> None:
        everything = read(stand_in_pipeline, paper)
        bar = sorted(everything["rec_scores"])[1]
        result = read(stand_in_pipeline, paper, text_rec_score_thresh=bar)
        assert result["text_rec_score_thresh"] == bar
        assert result["rec_scores"] == [score for score in everything["rec_scores"] if score >= bar]
        assert len(result["rec_texts"]) == len(result["rec_polys"]) == len(result["rec_boxes"]) == 2
        assert len(result["dt_polys"]) == len(result["textline_orientation_angles"]) == 3
        assert read(stand_in_pipeline, paper, text_rec_score_thresh=0)["text_rec_score_thresh"] == 0

    def test_the_limit_scales_the_page(self, stand_in_pipeline: OCRPipeline, paper: Paper) -> None:
        read(stand_in_pipeline, paper, text_det_limit_side_len=96, text_det_limit_type="max")
        detector: Any = stand_in_pipeline.load().detector
        session = detector._session
        assert session.batches[-1].shape == (1, 3, 64, 96)

    @pytest.mark.parametrize(
        "parameters",
        [
            {"text_det_limit_side_len": 0},
            {"text_det_limit_side_len": -64},
            {"text_det_limit_type": "long"},
            {"text_det_unclip_ratio": -0.5},
            {"text_det_thresh": np.float32(1.5)},
            {"use_doc_unwarping": "False"},
            {"use_doc_orientation_classify": 2},
            {"use_textline_orientation": "no"},
            {"return_word_box": []},
        ],
    )
    def test_invalid_parameters_are_refused_at_the_call(
        self, stand_in_pipeline: OCRPipeline, parameters: dict[str, Any]
    ) -> None:
        with pytest.raises(UsageError, match=f"^{next(iter(parameters))}="):
            stand_in_pipeline.predict("page.png", **parameters)

    def test_numpy_scalars_are_accepted(self, stand_in_pipeline: OCRPipeline, paper: Paper) -> None:
        result = read(
            stand_in_pipeline,
            paper,
            text_det_limit_side_len=np.int64(96),
            text_det_thresh=np.float32(0.5),
            text_rec_score_thresh=np.float16(0.25),
            return_word_box=np.bool_(True),
        )
        assert (result["text_det_params"]["limit_side_len"], result["return_word_box"]) == (96, True)
        assert result.json["res"]["text_rec_score_thresh"] == 0.25


class TestManyLines:
    """A page of more lines than PaddleX takes."""

    def page(self) -> Paper:
        page = np.full((1400, 1200, 3), 255, np.uint8)
        for top in range(10, 1390, 24):
            for left in range(10, 1180, 56):
                page[top : top + 10, left : left + 36] = 0
        return page

    def test_all_are_read(self, stand_in_pipeline: OCRPipeline) -> None:
        result = read(stand_in_pipeline, self.page())
        assert len(result["rec_texts"]) == 58 * 21
        assert int(result["rec_boxes"][:, 1].min()) < 12
        assert "warnings" not in result

    def test_paddlex_takes_1000_from_the_bottom_up(self, stand_in_loader: Any) -> None:
        config = stand_in_config(use_doc_preprocessor=False, use_textline_orientation=False, paddlex_quirks=True)
        result = read(OCRPipeline(config, stand_in_loader), self.page())
        assert len(result["rec_texts"]) == 1000
        assert int(result["rec_boxes"][:, 1].min()) > 200

    def test_a_bound_of_work_is_told_in_the_result_and_in_the_log(
        self, stand_in_pipeline: OCRPipeline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        for module in (detection, ocr):
            monkeypatch.setattr(module, "MAX_REGIONS", 1200)
        result = read(stand_in_pipeline, self.page())
        assert len(result["rec_texts"]) == 1200
        (warning,) = result["warnings"]
        assert warning.startswith("18 text regions at the bottom were left out")
        assert [record.getMessage() for record in caplog.records] == [f"array: {warning}"]


class TestErrors:
    """A page that cannot be read is that page's error alone."""

    def test_good_pages_come_first_and_the_error_last(self, stand_in_pipeline: OCRPipeline, picture: str) -> None:
        found = stand_in_pipeline.predict(["no.png", picture, picture])
        assert [next(found)["input_path"] for _ in range(2)] == [picture, picture]
        with pytest.raises(InputError, match=r"^no\.png: No such file"):
            next(found)

    def test_a_name_with_a_line_break_is_one_line(self, stand_in_pipeline: OCRPipeline) -> None:
        with pytest.raises(InputError, match=r"^a b: No such file or directory$"):
            list(stand_in_pipeline.predict("a\nb"))

    def test_an_empty_name_is_no_array(self, stand_in_pipeline: OCRPipeline) -> None:
        with pytest.raises(InputError, match=r"^an input has an empty name$"):
            list(stand_in_pipeline.predict(""))

    def test_all_errors_are_raised_together(self, stand_in_pipeline: OCRPipeline, picture: str) -> None:
        found = stand_in_pipeline.predict(["a.png", picture, "b.png"])
        next(found)
        with pytest.raises(InputError, match=r"^a\.png: .*; b\.png: "):
            next(found)

    def test_errors_are_passed_to_on_error_in_order(self, stand_in_pipeline: OCRPipeline, picture: str) -> None:
        told: list[str] = []

        def tell(error: InputError) -> None:
            told.append(str(error).partition(":")[0])

        found = stand_in_pipeline.predict(["a.png", picture, "b.png"], on_error=tell)
        next(found)
        assert told == ["a.png"]
        assert list(found) == []
        assert told == ["a.png", "b.png"]

    def test_the_pixels_of_a_failed_page_are_released(self) -> None:
        """Else a folder of broken files would fill the memory: errors know the frames where they arose."""
        seen: list[weakref.ref[Any]] = []

        def decode() -> Paper:
            pixels = np.zeros((9, 9, 3), np.uint8)
            seen.append(weakref.ref(pixels))
            return pixels

        def fail(_source: PageSource, image: Paper) -> OCRResult:
            copied = image.copy()
            seen.append(weakref.ref(copied))
            try:
                raise ValueError(copied.shape)
            except ValueError as error:
                raise InputError("broken") from error

        told: list[InputError] = []
        assert list(run_pages(iter([Page("a.png", decode), Page("b.png", decode)]), [fail], told.append)) == []
        assert [str(error) for error in told] == ["a.png: broken", "b.png: broken"]
        assert [reference() for reference in seen] == [None] * 4


class TestLoading:
    """Models are loaded when the first page needs them, and once."""

    def test_models_are_loaded_with_the_first_page(self, stand_in_pipeline: OCRPipeline, stand_in_loader: Any) -> None:
        found = stand_in_pipeline.predict(["no.png", np.full((64, 64), 255, np.uint8)], on_error=lambda _error: None)
        assert stand_in_loader.loaded == []
        assert list(stand_in_pipeline.predict(["no.png"], on_error=lambda _error: None)) == []
        assert stand_in_loader.loaded == []
        next(found)
        assert stand_in_loader.loaded == ["PP-OCRv5_mobile_det", "PP-OCRv5_mobile_rec"]

    def test_threads_share_models(self, stand_in_pipeline: OCRPipeline, stand_in_loader: Any, paper: Paper) -> None:
        with ThreadPoolExecutor(4) as threads:
            results = list(threads.map(lambda _: read(stand_in_pipeline, paper).json, range(8)))
        assert results == [results[0]] * 8
        assert len(stand_in_loader.loaded) == 2

    def test_load_loads_models_ahead(self, stand_in_pipeline: OCRPipeline, stand_in_loader: Any) -> None:
        stand_in_pipeline.load()
        stand_in_pipeline.load()
        assert len(stand_in_loader.loaded) == 2

    def test_engine_settings_are_translated_when_the_pipeline_is_built(
        self, stand_in_pipeline: OCRPipeline, paper: Paper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_arguments: object) -> ModelLoader:
            raise AssertionError("translated for a page")

        for module in (lazy_model, ocr, doc_preprocessor):
            monkeypatch.setattr(module, "configured_loader", refuse)
        assert len(list(stand_in_pipeline.predict([paper, paper], use_doc_orientation_classify=True))) == 2

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no such system call")
    def test_a_forked_process_loads_its_own_models(self, stand_in_pipeline: OCRPipeline, stand_in_loader: Any) -> None:
        """Networks of the process before have no threads there that would ever answer."""
        stand_in_pipeline.load()
        child = os.fork()
        if child == 0:
            stand_in_pipeline.load()
            stand_in_pipeline.load()
            os._exit(len(stand_in_loader.loaded))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 4
        assert len(stand_in_loader.loaded) == 2


class TestNames:
    """What is saved in one run does not overwrite what was saved before."""

    def save(self, pipeline: OCRPipeline, sources: list[Any], folder: Path) -> list[str]:
        return [result.save_to_json(folder).name for result in pipeline.predict(sources)]

    def test_inputs_of_one_name(self, stand_in_pipeline: OCRPipeline, paper: Paper, tmp_path: Path) -> None:
        for name in ("a/page.png", "b/page.png", "c/page.jpg"):
            (tmp_path / name).parent.mkdir()
            cv2.imwrite(str(tmp_path / name), paper)
        names = self.save(stand_in_pipeline, [tmp_path / one for one in "abc"], tmp_path / "out")
        assert names == ["page_res.json", "page_2_res.json", "page_3_res.json"]

    def test_arrays(self, stand_in_pipeline: OCRPipeline, paper: Paper, tmp_path: Path) -> None:
        assert self.save(stand_in_pipeline, [paper, paper], tmp_path) == ["array_res.json", "array_2_res.json"]

    def test_a_numbered_name_is_unique(self, stand_in_pipeline: OCRPipeline, paper: Paper, tmp_path: Path) -> None:
        for name in ("a/page.png", "b/page.png", "c/page_2.png"):
            (tmp_path / name).parent.mkdir()
            cv2.imwrite(str(tmp_path / name), paper)
        names = self.save(stand_in_pipeline, [tmp_path / one for one in "abc"], tmp_path / "out")
        assert len(set(names)) == 3
