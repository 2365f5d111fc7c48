"""The stages that can be switched on and off: pages set upright and flattened, lines turned, words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pypdfium2
import pytest
from numpy.typing import NDArray
from tests.core.stand_ins import Shifted, StandInLoader, stand_in_config

from ocrzoo.engines.base import Device
from ocrzoo.pipelines.config import default_ocr
from ocrzoo.pipelines.doc_preprocessor import DocPreprocessorPipeline
from ocrzoo.pipelines.lazy_model import LazyModel
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.results.line import RecognizedLine
from ocrzoo.results.ocr import OCRResult
from ocrzoo.text.words import Word
from ocrzoo.visualize import drawing
from ocrzoo_registry.errors import InputError, OfflineError, UsageError
from ocrzoo_registry.zoo import Zoo

Paper = NDArray[np.uint8]
QUAD = np.array([[0, 0], [9, 0], [9, 9], [0, 9]], np.float32)
ON = {"use_doc_orientation_classify": True, "use_doc_unwarping": True, "use_textline_orientation": True}
DEFAULT = [
    *("PP-LCNet_x1_0_doc_ori", "UVDoc", "PP-OCRv5_mobile_det", "PP-LCNet_x0_25_textline_ori", "PP-OCRv5_mobile_rec")
]


@pytest.fixture
def whole_pipeline(stand_in_loader: StandInLoader) -> OCRPipeline:
    """The pipeline as it is by default: every stage on."""
    return OCRPipeline(stand_in_config(), stand_in_loader)


@pytest.fixture
def marked(paper: Paper) -> Paper:
    """The page with a mark at its top left, by which it is told how it is turned."""
    paper[:2, :2] = 0
    return paper


def read(pipeline: OCRPipeline, source: Any, **parameters: Any) -> OCRResult:
    (result,) = pipeline.predict(source, **parameters)
    return result


class TestWhatIsLoaded:
    """A model that is switched off is neither fetched nor loaded; one that is asked for later is loaded then."""

    def test_all_by_default(self, whole_pipeline: OCRPipeline, stand_in_loader: Any, marked: Paper) -> None:
        read(whole_pipeline, marked)
        assert sorted(stand_in_loader.loaded) == sorted(DEFAULT)

    @pytest.mark.parametrize(
        ("switch", "model"),
        [
            ("use_doc_orientation_classify", "PP-LCNet_x1_0_doc_ori"),
            ("use_doc_unwarping", "UVDoc"),
            ("use_textline_orientation", "PP-LCNet_x0_25_textline_ori"),
        ],
    )
    def test_a_disabled_stage_is_loaded_when_it_is_enabled(
        self, whole_pipeline: OCRPipeline, stand_in_loader: Any, marked: Paper, switch: str, model: str
    ) -> None:
        read(whole_pipeline, marked, **{switch: False})
        assert model not in stand_in_loader.loaded
        assert len(stand_in_loader.loaded) == 4
        read(whole_pipeline, marked, **{switch: True})
        assert stand_in_loader.loaded[4:] == [model]

    def test_stages_that_the_pipeline_has_off_can_be_enabled(
        self, stand_in_pipeline: OCRPipeline, stand_in_loader: Any, marked: Paper
    ) -> None:
        read(stand_in_pipeline, marked)
        assert len(stand_in_loader.loaded) == 2
        read(stand_in_pipeline, marked, **ON)
        assert sorted(stand_in_loader.loaded) == sorted(DEFAULT)

    def test_the_error_for_an_unavailable_model_names_the_switch(
        self, whole_pipeline: OCRPipeline, marked: Paper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def offline(*_arguments: object) -> Any:
            raise OfflineError("UVDoc: not whole")

        monkeypatch.setattr(StandInLoader, "predictor", offline)
        monkeypatch.setattr(LazyModel, "is_local", lambda stage: stage.switch == "use_doc_unwarping")
        switches = "use_doc_orientation_classify=False, use_textline_orientation=False"
        with pytest.raises(OfflineError, match=f"turn off what is missing: {switches}$"):
            read(whole_pipeline, marked)

    def test_a_model_is_local_if_it_is_found_offline(self, zoo: Zoo, tmp_path: Path) -> None:
        loader = StandInLoader(Zoo(replace(zoo.settings, home=tmp_path, model_path=())))
        settings = stand_in_config().SubModules.TextLineOrientation
        assert not LazyModel[Any]("TextLineOrientation", settings, loader).is_local()

    def test_a_configuration_without_the_module(self, stand_in_loader: Any, marked: Paper) -> None:
        pipeline = OCRPipeline(stand_in_config(SubPipelines={}, use_textline_orientation=False), stand_in_loader)
        assert read(pipeline, marked)["model_settings"]["use_doc_preprocessor"] is False
        with pytest.raises(UsageError, match=r"no SubPipelines\.DocPreprocessor"):
            read(pipeline, marked, use_doc_unwarping=True)


class TestUpright:
    """Pages are turned and flattened before lines are looked for; places are told in both."""

    @pytest.mark.parametrize("quarter", [0, 1, 2, 3])
    def test_a_turned_page_reads_as_the_upright_one(
        self, stand_in_pipeline: OCRPipeline, marked: Paper, quarter: int
    ) -> None:
        """A page that was turned clockwise is turned back; places in the original are those of the turned page."""
        plain = read(stand_in_pipeline, marked)
        turned = np.ascontiguousarray(np.rot90(marked, -quarter))
        result = read(stand_in_pipeline, turned, use_doc_orientation_classify=True)
        assert result["doc_preprocessor_res"]["angle"] == 90 * quarter
        assert [quad.tolist() for quad in result["dt_polys"]] == [quad.tolist() for quad in plain["dt_polys"]]
        np.testing.assert_array_equal(result["doc_preprocessor_res"]["output_img"], marked)
        for quad in result["rec_polys_original"]:
            x, y = quad.mean(axis=0).astype(int)
            assert turned[y, x].max() == 0, "there is ink where the line is said to be"

    def test_keys(self, stand_in_pipeline: OCRPipeline, marked: Paper) -> None:
        result = read(stand_in_pipeline, marked, use_doc_orientation_classify=True, use_doc_unwarping=True)
        assert list(result)[2:5] == ["model_settings", "doc_preprocessor_res", "dt_polys"]
        assert result["model_settings"]["use_doc_preprocessor"] is True
        assert result.json["res"]["doc_preprocessor_res"] == {
            "input_path": None,
            "page_index": None,
            "model_settings": {"use_doc_orientation_classify": True, "use_doc_unwarping": True},
            "angle": 0,
        }
        assert list(result)[-1] == "rec_polys_original"

    def test_places_go_back_through_the_unwarping(self, stand_in_pipeline: OCRPipeline, marked: Paper) -> None:
        plain = read(stand_in_pipeline, marked)
        result = read(stand_in_pipeline, marked, use_doc_unwarping=True)
        assert result["doc_preprocessor_res"]["angle"] == -1
        for here, original, before in zip(
            result["rec_polys"], result["rec_polys_original"], plain["dt_polys"], strict=True
        ):
            np.testing.assert_array_equal(original - here, np.full((4, 2), (7, 3)))
            np.testing.assert_allclose(original, before, atol=4)  # what is found depends a little on where it lies

    def test_a_network_without_a_grid(
        self, stand_in_pipeline: OCRPipeline, marked: Paper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Shifted, "tells", False)
        result = read(stand_in_pipeline, marked, use_doc_unwarping=True)
        assert result["rec_polys_original"] is None
        assert result.text_page(original=True).image is result["doc_preprocessor_res"]["output_img"]

    def test_exports_are_of_the_page_as_it_came(self, stand_in_pipeline: OCRPipeline, marked: Paper) -> None:
        turned = np.ascontiguousarray(np.rot90(marked, -1))
        result = read(stand_in_pipeline, turned, use_doc_orientation_classify=True)
        assert result.text_page(original=True).image.shape == turned.shape
        assert result.text_page().image.shape == marked.shape
        original = result.text_page(original=True).lines[0].polygon
        np.testing.assert_array_equal(np.rint(original), result["rec_polys_original"][0])

    def test_a_pdf_shows_a_turned_page_upright_and_keeps_its_picture(
        self, stand_in_pipeline: OCRPipeline, marked: Paper, tmp_path: Path
    ) -> None:
        PIL.Image.fromarray(np.rot90(marked, -1)).save(tmp_path / "turned.png", dpi=(72, 72))
        result = read(stand_in_pipeline, tmp_path / "turned.png", use_doc_orientation_classify=True)
        with pypdfium2.PdfDocument(result.save_to_pdf(tmp_path)) as document:
            assert document[0].get_size() == pytest.approx(marked.shape[1::-1], abs=0.1)
            shown = document[0].render(scale=1).to_numpy()
            assert np.abs(shown[: len(marked), : marked.shape[1], :1].astype(int) - marked[:, :, :1]).mean() < 2
            assert "ab" in document[0].get_textpage().get_text_range()

    def test_a_pdf_shows_an_unwarped_page_as_it_was_unwarped(
        self, stand_in_pipeline: OCRPipeline, marked: Paper, tmp_path: Path
    ) -> None:
        PIL.Image.fromarray(marked).save(tmp_path / "bent.png")
        result = read(stand_in_pipeline, tmp_path / "bent.png", use_doc_unwarping=True)
        page = result.page_for("pdf")
        assert page.image is result["doc_preprocessor_res"]["output_img"]
        assert page.origin is None
        assert result.page_for("alto").image is result["doc_preprocessor_res"]["input_img"]

    def test_switches_are_independent(self, whole_pipeline: OCRPipeline, marked: Paper) -> None:
        """What is not said stays as the pipeline has it."""
        settings = read(whole_pipeline, marked, use_doc_unwarping=False)["doc_preprocessor_res"]["model_settings"]
        assert settings == {"use_doc_orientation_classify": True, "use_doc_unwarping": False}

    def test_in_paddlex_one_switch_off_is_both_off(self, stand_in_loader: Any, marked: Paper) -> None:
        pipeline = OCRPipeline(stand_in_config(paddlex_quirks=True), stand_in_loader)
        assert "doc_preprocessor_res" not in read(pipeline, marked, use_doc_unwarping=False)

    def test_pictures(self, stand_in_pipeline: OCRPipeline, marked: Paper) -> None:
        result = read(stand_in_pipeline, marked, use_doc_orientation_classify=True)
        assert list(result.img) == ["ocr_res_img", "preprocessed_img"]
        assert list(read(stand_in_pipeline, marked).img) == ["ocr_res_img"]


class TestLines:
    """Lines that stand on their head are turned before they are read."""

    def test_classes_have_labels_and_scores(self, stand_in_pipeline: OCRPipeline, paper: Paper) -> None:
        paper[120:140, 30:260], paper[130:140, 145:260] = 90, 0
        result = read(stand_in_pipeline, paper, use_textline_orientation=True)
        assert result["textline_orientation_angles"] == [0, 0, 1]
        assert result["model_settings"] == {"use_doc_preprocessor": False, "use_textline_orientation": True}
        assert read(stand_in_pipeline, paper)["textline_orientation_angles"] == [-1, -1, -1]

    def test_in_paddlex_the_first_line_of_a_batch_decides(self, stand_in_loader: Any, paper: Paper) -> None:
        paper[120:140, 30:260], paper[130:140, 145:260] = 90, 0
        config = stand_in_config(use_doc_preprocessor=False, paddlex_quirks=True)
        assert read(OCRPipeline(config, stand_in_loader), paper)["textline_orientation_angles"] == [0, 0, 0]

    def test_upside_down_lines_are_turned_before_recognition(
        self, stand_in_pipeline: OCRPipeline, paper: Paper
    ) -> None:
        paper[120:140, 30:260], paper[130:140, 145:260] = 90, 0
        read(stand_in_pipeline, paper, use_textline_orientation=True)
        recognizer: Any = stand_in_pipeline.load().recognizers[0]
        session = recognizer._session
        turned = session.batches[-1][-1, 0]
        session.batches.clear()
        read(stand_in_pipeline, paper)
        plain = session.batches[0][-1, 0]
        assert turned[:24, :140].mean() < turned[24:, -140:].mean()
        assert plain[:24, :140].mean() > plain[24:, -140:].mean()

    def test_an_empty_page(self, whole_pipeline: OCRPipeline) -> None:
        assert read(whole_pipeline, np.full((90, 120, 3), 255, np.uint8))["textline_orientation_angles"] == []


class TestWords:
    """``return_word_box``: a list a line."""

    def test_keys(self, stand_in_pipeline: OCRPipeline, paper: Paper) -> None:
        result = read(stand_in_pipeline, paper, return_word_box=True)
        assert result["return_word_box"] is True
        assert list(result)[-2:] == ["text_word_boxes", "text_word"]
        assert result["text_word"] == [["ab"], ["ab"], ["ab"]]
        for boxes, line in zip(result["text_word_boxes"], result["rec_boxes"], strict=True):
            assert boxes.shape == (1, 4)
            assert (boxes[0, :2] >= line[:2] - 1).all()
            assert (boxes[0, 2:] <= line[2:] + 1).all()
        assert "text_word" not in read(stand_in_pipeline, paper)

    def test_words_are_drawn_in_place_of_lines(
        self, stand_in_pipeline: OCRPipeline, paper: Paper, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drawn: list[list[str]] = []
        monkeypatch.setattr(RecognizedLine, "words", property(lambda _self: [Word("a", QUAD, 1), Word("b", QUAD, 1)]))
        monkeypatch.setattr(drawing, "draw", lambda _page, _polygons, texts: drawn.append(list(texts)))
        _ = read(stand_in_pipeline, paper, return_word_box=True).img
        _ = read(stand_in_pipeline, paper).img
        assert drawn == [["a", "b"] * 3, ["ab"] * 3]

    def test_the_pipelines_own_setting(self, stand_in_loader: Any, paper: Paper) -> None:
        config = stand_in_config(use_doc_preprocessor=False, use_textline_orientation=False).model_dump()
        config["SubModules"]["TextRecognition"]["return_word_box"] = True
        pipeline = OCRPipeline(stand_in_config(**config), stand_in_loader)
        assert read(pipeline, paper)["return_word_box"] is True
        assert read(pipeline, paper, return_word_box=False)["return_word_box"] is False

    def test_an_empty_page(self, stand_in_pipeline: OCRPipeline) -> None:
        result = read(stand_in_pipeline, np.full((90, 120, 3), 255, np.uint8), return_word_box=True)
        assert result["text_word"] == result["text_word_boxes"] == []


class TestAlone:
    """The pipeline ``doc_preprocessor``."""

    @pytest.mark.parametrize("switch", ["use_doc_orientation_classify", "use_doc_unwarping"])
    def test_a_switch_is_true_or_false(self, stand_in_loader: Any, switch: str) -> None:
        config = stand_in_config().SubPipelines.DocPreprocessor
        assert config is not None
        wrong: dict[str, Any] = {switch: "False"}
        with pytest.raises(UsageError, match=f"^{switch}='False': True, False or None is needed"):
            DocPreprocessorPipeline(config, stand_in_loader).predict("page.png", **wrong)

    def test_it_gives_pictures_and_what_it_did(self, stand_in_loader: Any, marked: Paper) -> None:
        config = stand_in_config().SubPipelines.DocPreprocessor
        assert config is not None
        pipeline = DocPreprocessorPipeline(config, stand_in_loader)
        turned = np.ascontiguousarray(np.rot90(marked, 2))
        (result,) = pipeline.predict(turned, use_doc_unwarping=False)
        assert list(result.json["res"]) == ["input_path", "page_index", "model_settings", "angle"]
        assert result["angle"] == 180
        np.testing.assert_array_equal(result["input_img"], turned)
        np.testing.assert_array_equal(result["output_img"], marked)
        assert list(result.img) == ["preprocessed_img"]

    def test_an_unreadable_page_fails_alone(self, stand_in_loader: Any, marked: Paper) -> None:
        config = stand_in_config().SubPipelines.DocPreprocessor
        assert config is not None
        told: list[InputError] = []
        found = DocPreprocessorPipeline(config, stand_in_loader).predict(["no.png", marked], on_error=told.append)
        assert len(list(found)) == 1
        assert len(told) == 1


class TestDevices:
    """Several devices read pages side by side, each with models of its own."""

    def test_order_is_kept_and_each_has_its_own_models(
        self, stand_in_loader: StandInLoader, tmp_path: Path, paper: Paper
    ) -> None:
        config = stand_in_config(use_doc_preprocessor=False, use_textline_orientation=False)
        pipeline = OCRPipeline(config, replace(stand_in_loader, devices=Device.parse_all("gpu:0,1"), detectors=2))
        names = [str(tmp_path / f"{number}.png") for number in range(7)]
        for name in names:
            cv2.imwrite(name, paper)
        assert [result["input_path"] for result in pipeline.predict(names)] == names
        assert len(stand_in_loader.loaded) == 4
        assert [result["input_path"] for result in pipeline.predict(names, device="cpu")] == names
        assert len(stand_in_loader.loaded) == 6

    def test_one_bad_page_fails_alone(self, stand_in_loader: StandInLoader, paper: Paper) -> None:
        config = stand_in_config(use_doc_preprocessor=False, use_textline_orientation=False)
        pipeline = OCRPipeline(config, replace(stand_in_loader, devices=Device.parse_all("gpu:0,1")))
        told: list[InputError] = []
        assert len(list(pipeline.predict([paper, "no.png", paper, paper], on_error=told.append))) == 3
        assert len(told) == 1


def test_a_configuration_with_all_stages_off(stand_in_loader: StandInLoader, paper: Paper) -> None:
    """Nothing is told of it; PaddleX tells of a stage that did nothing."""
    changes = default_ocr()["SubPipelines"]
    changes["DocPreprocessor"].update(use_doc_orientation_classify=False, use_doc_unwarping=False)
    plain = OCRPipeline(stand_in_config(SubPipelines=changes, use_textline_orientation=False), stand_in_loader)
    assert "doc_preprocessor_res" not in read(plain, paper)
    like_paddlex = stand_in_config(SubPipelines=changes, use_textline_orientation=False, paddlex_quirks=True)
    assert read(OCRPipeline(like_paddlex, stand_in_loader), paper)["doc_preprocessor_res"]["angle"] == -1


def test_a_detector_that_wants_pages_of_one_size(stand_in_loader: StandInLoader, paper: Paper) -> None:
    changes = default_ocr()["SubModules"]
    changes["TextDetection"]["input_shape"] = [3, 128, 256]
    config = stand_in_config(SubModules=changes, use_doc_preprocessor=False, use_textline_orientation=False)
    pipeline = OCRPipeline(config, stand_in_loader)
    read(pipeline, paper)
    detector: Any = pipeline.load().detector
    session = detector._session
    assert session.batches[-1].shape == (1, 3, 128, 256)
