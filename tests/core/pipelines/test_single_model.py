"""``create_model``: one model on everything that a pipeline takes, with PaddleX's results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage
from tests.core.stand_ins import MarkedCorner, StandInLoader

import ocrzoo
from ocrzoo import Classification, InputError, UnknownModel, UsageError, Zoo, create_model
from ocrzoo.pipelines.single_model import Model
from ocrzoo.predictors.recognition import TextRecognizer
from ocrzoo.processing.geometry import crop
from ocrzoo.results.model_results import TextRecResult

Page = NDArray[np.uint8]


@pytest.fixture
def detector(stand_in_loader: StandInLoader) -> Model:
    task: Literal["text_detection"] = "text_detection"
    return Model("PP-OCRv5_mobile_det", task, stand_in_loader.predictor("PP-OCRv5_mobile_det", task), 1, {})


@pytest.fixture
def recognizer(stand_in_loader: StandInLoader) -> Model:
    task: Literal["text_recognition"] = "text_recognition"
    return Model("PP-OCRv5_mobile_rec", task, stand_in_loader.predictor("PP-OCRv5_mobile_rec", task), 2, {})


# Results


def test_text_detection_has_paddlexs_keys(detector: Model, paper: Page, tmp_path: Path) -> None:
    [result] = detector.predict(paper)
    assert list(result) == ["input_path", "page_index", "input_img", "dt_polys", "dt_scores"]
    assert list(result.json["res"]) == ["input_path", "page_index", "dt_polys", "dt_scores"]
    assert [quad.shape for quad in result["dt_polys"]] == [(4, 2)] * 3
    assert result["dt_polys"][0].dtype == np.int16
    assert result.img["res"].size == (300, 200)
    assert json.loads(result.save_to_json(tmp_path).read_text("utf-8")) == result.json["res"]
    assert [path.name for path in result.save_to_img(tmp_path)] == ["array_res.png"]


def test_text_recognition_has_paddlexs_keys(
    recognizer: Model, paper: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "line.png"), paper[30:70])
    [result] = recognizer.predict(tmp_path / "line.png")
    assert list(result.json["res"]) == ["input_path", "page_index", "rec_text", "rec_score"]
    assert result["rec_text"] == "ab"
    assert isinstance(result, TextRecResult)
    assert result.text == "ab"
    assert repr(result).startswith("TextRecResult({'input_path': ")
    assert "input_img" not in repr(result)
    width, height = result.img["res"].size
    assert width == 300
    assert height > 40
    result.print()
    assert json.loads(capsys.readouterr().out) == result.json
    assert [path.name for path in result.save_to_img(tmp_path)] == ["line_res.png"]


def test_classification_has_paddlexs_keys(paper: Page) -> None:
    model = Model("turns", "doc_text_orientation", MarkedCorner(("0", "90", "180", "270")), 1, {})
    [result] = model.predict(paper)
    assert result.json["res"] == {
        "input_path": None,
        "page_index": None,
        "class_ids": [0],
        "scores": [0.9],
        "label_names": ["0"],
    }
    assert result.img["res"].mode == "RGB"


@dataclass
class MeanColor:
    """The predictor of a plugin's own task."""

    def predict(self, images: Sequence[Page]) -> list[Any]:
        return [{"color": image.mean(axis=(0, 1))} for image in images]


def test_the_task_of_a_plugin_gives_what_its_predictor_returns(paper: Page) -> None:
    [result] = Model("colors", "mean_color", MeanColor(), 1, {}).predict(np.full_like(paper, 7))
    assert result.json["res"]["result"] == {"color": [7.0, 7.0, 7.0]}
    assert result.img == {}


# Inputs, batches and errors


class Counting(MarkedCorner):
    """Counts the images of each call, and refuses batches with a dark image."""

    def predict(self, images: Sequence[Page], batch_size: int = 1) -> list[Classification]:
        self.sizes = [*getattr(self, "sizes", []), len(images)]
        if any(image.max() == 0 for image in images):
            raise InputError("too dark")
        return super().predict(images, batch_size)


def test_images_are_read_in_batches_and_results_keep_their_order(paper: Page) -> None:
    predictor = Counting(("0_degree", "180_degree"))
    model = Model("lines", "textline_orientation", predictor, 3, {})
    images = [np.full_like(paper, value) for value in range(1, 8)]
    results = list(model.predict(images))
    assert predictor.sizes == [3, 3, 1]
    assert [int(result["input_img"][0, 0, 0]) for result in results] == list(range(1, 8))
    assert len(list(model.predict(images, batch_size=5))) == 7
    assert predictor.sizes[3:] == [5, 2]


def test_an_unreadable_image_fails_alone(paper: Page, tmp_path: Path) -> None:
    model = Model("lines", "textline_orientation", Counting(("0_degree", "180_degree")), 4, {})
    cv2.imwrite(str(tmp_path / "good.png"), paper)
    inputs: list[Any] = [tmp_path / "good.png", np.zeros_like(paper), tmp_path / "missing.png", paper]
    errors: list[InputError] = []
    assert [result["input_path"] for result in model.predict(inputs, on_error=errors.append)] == [
        str(tmp_path / "good.png"),
        None,
    ]
    assert sorted(map(str, errors)) == sorted(["too dark", f"{tmp_path / 'missing.png'}: No such file or directory"])
    found: list[Any] = []
    with pytest.raises(InputError, match="No such file"):
        found.extend(model.predict([tmp_path / "missing.png", paper]))
    assert len(found) == 1


def test_folders_and_documents_are_read_page_by_page(recognizer: Model, paper: Page, tmp_path: Path) -> None:
    sheets = [PillowImage.fromarray(paper), PillowImage.fromarray(paper)]
    sheets[0].save(tmp_path / "a.pdf", save_all=True, append_images=sheets[1:])
    sheets[0].save(tmp_path / "b.png")
    results = list(recognizer.predict(tmp_path))
    assert [(Path(one["input_path"]).name, one["page_index"]) for one in results] == [
        ("a.pdf", 0),
        ("a.pdf", 1),
        ("b.png", None),
    ]
    assert [path.name for one in results for path in [one.save_to_json(tmp_path / "out")]] == [
        "a_0_res.json",
        "a_1_res.json",
        "b_res.json",
    ]


# Parameters


def test_parameters_of_a_call_count_before_those_of_the_model(stand_in_loader: StandInLoader, paper: Page) -> None:
    predictor = stand_in_loader.predictor("PP-OCRv5_mobile_det", "text_detection")
    model = Model("det", "text_detection", predictor, 1, {"box_thresh": 0.95})
    assert [len(result["dt_polys"]) for result in model.predict(paper)] == [0]
    assert [len(result["dt_polys"]) for result in model.predict(paper, box_thresh=np.float32(0.5))] == [3]


def test_a_page_is_shrunk_as_paddlexs_create_model_does(detector: Model) -> None:
    session = detector.predictor._session
    list(detector.predict(np.full((480, 1920, 3), 255, np.uint8)))
    list(detector.predict(np.full((480, 1920, 3), 255, np.uint8), limit_side_len=64, limit_type="min"))
    assert [batch.shape[2:] for batch in session.batches] == [(256, 960), (480, 1920)]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tresh": 0.2}, r"text_detection has no parameter 'tresh' \(did you mean thresh"),
        ({"thresh": 2}, "PP-OCRv5_mobile_det: thresh=2: a number of 1 or less is needed"),
        ({"limit_type": "longest"}, "limit_type='longest'"),
        ({"batch_size": 0}, "batch_size=0: a whole number from 1 on is needed"),
    ],
)
def test_invalid_parameters_are_refused_at_once(
    detector: Model, paper: Page, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        detector.predict(paper, **parameters)


def test_recognition_takes_a_fixed_shape(recognizer: Model, paper: Page) -> None:
    assert isinstance(recognizer.predictor, TextRecognizer)
    list(recognizer.predict(paper, input_shape=(3, 48, 320)))
    assert recognizer.predictor._session.batches[-1].shape == (1, 3, 48, 320)  # type: ignore[attr-defined]


# create_model


def test_a_name_or_a_folder_is_needed(zoo: Zoo, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="create_model needs a model_name or a model_dir"):
        create_model(zoo=zoo)
    with pytest.raises(UnknownModel, match="did you mean PP-OCRv5_mobile_rec"):
        create_model("PP-OCRv5_mobile_reco", zoo=zoo)
    with pytest.raises(UsageError, match="could not be read for PP-OCRv5_mobile_rec"):
        create_model("PP-OCRv5_mobile_rec", model_dir=tmp_path / "none", zoo=zoo)
    with pytest.raises(UsageError, match="device 'gpu:0,1'"):
        create_model("PP-OCRv5_mobile_rec", device="gpu:0,1", zoo=zoo)


def test_a_model_without_a_predictor_is_refused_before_it_is_downloaded(zoo: Zoo) -> None:
    with pytest.raises(UsageError, match=r"PP-OCRv4_mobile_seal_det cannot be run: no plugin has its predictor"):
        create_model("PP-OCRv4_mobile_seal_det", zoo=zoo)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("PP-LCNet_x1_0_doc_ori", {"0", "90", "180", "270"}),
        ("PP-LCNet_x0_25_textline_ori", {"0_degree", "180_degree"}),
    ],
)
def test_classifiers_run(zoo: Zoo, stand_ins: dict[str, Path], sample: Path, name: str, labels: set[str]) -> None:
    model = create_model(model_dir=stand_ins[f"{name}_onnx"], zoo=zoo, threads=1)
    assert model.task == zoo.models.get(name).task
    [result] = model.predict(sample)
    assert type(result) is ocrzoo.TopkResult
    assert result["label_names"][0] in labels
    assert 0 <= result["scores"][0] <= 1


def test_unwarping_gives_a_page_of_the_same_size_in_rgb(zoo: Zoo, stand_ins: dict[str, Path], sample: Path) -> None:
    [result] = create_model("UVDoc", model_dir=stand_ins["UVDoc_onnx"], zoo=zoo, threads=1).predict(sample)
    assert type(result) is ocrzoo.DocTrResult
    page = cv2.imread(str(sample))
    assert result["doctr_img"].shape == page.shape
    assert list(result.json["res"]) == ["input_path", "page_index"]
    assert np.array_equal(np.asarray(result.img["res"]), result["doctr_img"])
    pipeline = ocrzoo.create_pipeline(
        "doc_preprocessor",
        use_doc_orientation_classify=False,
        doc_unwarping_model_dir=stand_ins["UVDoc_onnx"],
        zoo=zoo,
        threads=1,
    )
    [flat] = pipeline.predict(sample)
    assert np.array_equal(flat["output_img"][:, :, ::-1], result["doctr_img"])


def test_custom_weights_under_an_unknown_name_need_a_task(
    zoo: Zoo, stand_ins: dict[str, Path], sample: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for file in stand_ins["PP-LCNet_x1_0_doc_ori_onnx"].iterdir():
        text = (
            file.read_bytes().replace(b"PP-LCNet_x1_0_doc_ori", b"mine") if file.suffix == ".yml" else file.read_bytes()
        )
        (folder / file.name).write_bytes(text)
    with pytest.raises(UsageError, match=r"mine is not registered: add task=, such as text_recognition"):
        create_model(model_dir=folder, zoo=zoo)
    model = create_model(model_dir=folder, task="doc_text_orientation", zoo=zoo, threads=1)
    assert model.name == "mine"
    assert len(list(model.predict([sample, sample]))) == 2


@pytest.mark.weights
def test_detection_and_recognition_give_what_the_pipeline_gives(zoo: Zoo, sample: Path) -> None:
    off: dict[str, Any] = dict.fromkeys(
        ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False
    )
    [page] = ocrzoo.create_pipeline("OCR", threads=2, zoo=zoo, **off).predict(sample)
    detector = create_model("PP-OCRv5_mobile_det", threads=2, zoo=zoo, limit_side_len=64, limit_type="min")
    [found] = detector.predict(sample)
    assert sorted(quad.tolist() for quad in found["dt_polys"]) == sorted(quad.tolist() for quad in page["dt_polys"])
    image = np.asarray(cv2.imread(str(sample)), np.uint8)
    lines = [crop(image, quad) for quad in page["rec_polys"]]
    recognizer = create_model("PP-OCRv5_mobile_rec", threads=2, zoo=zoo)
    assert [line["rec_text"] for line in recognizer.predict([line for line in lines if line is not None])] == page[
        "rec_texts"
    ]
