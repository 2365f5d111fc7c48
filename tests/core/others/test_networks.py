"""Networks of third parties: right ones are read in whatever form they were exported, of wrong ones it is said why.

Whatever such a network does, the error names the model and the plugin.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.others.conftest import Install
from tests.standins.of_others import Export, bytes_of, write_reader

from ocrzoo import create_model
from ocrzoo_registry.errors import InputError, IntegrityError, OcrzooError
from ocrzoo_registry.zoo import Zoo

ENGINES = pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
LINES = [np.full((48, width, 3), 255, np.uint8) for width in (160, 320, 320, 640)]
DARK = np.zeros((48, 320, 3), np.uint8)
SEA = r".*plugin 'sea' \(sea-dist 1\.0\)"


def read(zoo: Zoo, engine: str, lines: Sequence[NDArray[np.uint8]]) -> list[str]:
    """Read lines as one batch."""
    model = create_model("own_rec", zoo=zoo, engine=engine, batch_size=len(lines))
    return [result["rec_text"] for result in model.predict(list(lines))]


RIGHT = {
    "as it should be": Export(),
    "a batch of one, as torch exports it": Export(shape=(1, 3, 48, "W")),
    "a batch of three": Export(shape=(3, 3, 48, "W")),
    "all sides fixed": Export(shape=(1, 3, 48, 320)),
    "only the width fixed": Export(shape=("N", 3, "H", 320)),
    "another height": Export(shape=("N", 3, 32, "W")),
    "all sides free": Export(shape=("N", 3, "H", "W")),
    "float64": Export(gives="DOUBLE"),
    "float16": Export(gives="FLOAT16"),
    "float16 from the start": Export(takes="FLOAT16", gives="FLOAT16"),
}


@ENGINES
@pytest.mark.parametrize("how", RIGHT.values(), ids=RIGHT)
def test_a_right_network_is_read(install: Install, own_zoo: Callable[[], Zoo], how: Export, engine: str) -> None:
    install(how)
    assert read(own_zoo(), engine, [*LINES[:2], DARK, *LINES[2:]]) == ["a", "a", "", "a", "a"]


WRONG = {
    "N x classes x T": (Export(layout="NCT"), "which is N x classes x T: transpose it to N x T x classes"),
    "T x N x classes": (Export(layout="TNC"), "which is T x N x classes: transpose it to N x T x classes"),
    "logarithms": (Export(end="LogSoftmax"), "values from .* to .*, as logarithms of probabilities are"),
    "raw scores": (Export(end=""), "values from .* to .*, as scores without a softmax are"),
    "small raw scores": (Export(end="", scale=0.04), "classes add up to|as scores without a softmax"),
    "sigmoids": (Export(end="Sigmoid"), "classes add up to .*, not to 1; end it with a softmax"),
    "NaN": (Export(nan=True), "values that are not finite"),
    "another charset": (
        Export(classes=7),
        r"has 7 classes, but its charset makes 5 classes",
    ),
    "int32": (Export(gives="INT32"), r"output is not floating-point \(int32\)"),
    "int64": (Export(gives="INT64"), r"output is not floating-point \(int64\)"),
    "uint8 pixels": (Export(takes="UINT8"), "takes uint8 numbers; float32 is needed"),
    "one channel": (Export(shape=("N", 1, 48, "W")), "3 channels are needed"),
    "two inputs": (Export(inputs=2), r"has 2 inputs \(.*\); one is needed"),
}


@ENGINES
@pytest.mark.parametrize(("how", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_one_is_told_what_is_wrong(
    install: Install, own_zoo: Callable[[], Zoo], how: Export, said: str, engine: str
) -> None:
    install(how)
    with pytest.raises(IntegrityError, match=rf"^own_rec.*(?:{said}){SEA}"):
        read(own_zoo(), engine, LINES)


@ENGINES
def test_another_height_than_the_card_says(install: Install, own_zoo: Callable[[], Zoo], engine: str) -> None:
    preprocess = [{"RecResizeImg": {"image_shape": [3, 48, 320]}}]
    install(Export(shape=("N", 3, 32, "W")), inference={"predictor": "text_recognition", "preprocess": preprocess})
    with pytest.raises(IntegrityError, match=rf"takes lines of height 32, .* image_shape to \[3, 48, 320\]{SEA}"):
        read(own_zoo(), engine, LINES)


@ENGINES
def test_a_blank_in_the_last_class_is_warned_of(
    install: Install, own_zoo: Callable[[], Zoo], engine: str, caplog: pytest.LogCaptureFixture
) -> None:
    install(Export(blank=4))
    with caplog.at_level(logging.WARNING):
        read(own_zoo(), engine, [DARK])
    assert "own_rec: the last class is the best of 100 % of the columns, and class 0 of none" in caplog.text


def test_a_right_blank_is_not_warned_of(
    install: Install, own_zoo: Callable[[], Zoo], caplog: pytest.LogCaptureFixture
) -> None:
    install()
    with caplog.at_level(logging.WARNING):
        read(own_zoo(), "openvino", [*LINES, DARK])
    assert caplog.text == ""


def detected(zoo: Zoo, engine: str, page: NDArray[np.uint8]) -> list[list[list[int]]]:
    (result,) = create_model("own_det", zoo=zoo, engine=engine).predict(page)
    return [quad.tolist() for quad in result["dt_polys"]]


DETECTS = {
    "as it should be": Export(end="Sigmoid", shape=("N", 3, "H", "W")),
    "a batch of one": Export(end="Sigmoid", shape=(1, 3, "H", "W")),
    "all sides fixed": Export(end="Sigmoid", shape=(1, 3, 320, 320)),
}


@ENGINES
@pytest.mark.parametrize("how", DETECTS.values(), ids=DETECTS)
def test_a_right_detector_finds_the_line(
    install: Install, own_zoo: Callable[[], Zoo], page: NDArray[np.uint8], how: Export, engine: str
) -> None:
    install(detector=how)
    (quad,) = detected(own_zoo(), engine, page)
    middle = cv2.minAreaRect(np.array(quad, np.float32))[0]
    assert middle == pytest.approx((120, 60), abs=3)


DETECTS_WRONG = {
    "raw scores": (
        Export(end="", shape=("N", 3, "H", "W")),
        "not a probability map: .*as scores without a sigmoid are",
    ),
    "percent": (
        Export(end="Sigmoid", shape=("N", 3, "H", "W"), scale=100),
        "not a probability map: it has values from .* to 100",
    ),
    "one side fixed": (
        Export(end="Sigmoid", shape=("N", 3, 100, "W")),
        "its network takes N x 3 x 100 x W, but is given 1 x 3 x 128 x 256",
    ),
}


@ENGINES
@pytest.mark.parametrize(("how", "said"), DETECTS_WRONG.values(), ids=DETECTS_WRONG)
def test_a_wrong_detector_is_told_what_is_wrong(
    install: Install, own_zoo: Callable[[], Zoo], page: NDArray[np.uint8], how: Export, said: str, engine: str
) -> None:
    install(detector=how)
    with pytest.raises((IntegrityError, InputError), match=rf"own_det.*{said}{SEA}"):
        detected(own_zoo(), engine, page)


def test_a_decoder_that_an_inference_yml_names_and_nobody_knows(install: Install, own_zoo: Callable[[], Zoo]) -> None:
    config = b"PostProcess: {name: AttnLabelDecode, character_dict: [a, b, c]}"
    install(files={"cards/weights/own_rec/inference.yml": config})
    with pytest.raises(OcrzooError, match=r"own_rec: .*'AttnLabelDecode'; predictor 'text_recognition' knows CTCLabel"):
        read(own_zoo(), "openvino", LINES)


@ENGINES
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "is a Git LFS pointer"),
        (b"<!doctype html><title>404</title>", "is a web page"),
        (None, "is truncated: it has .* bytes and needs at least"),
    ],
    ids=["pointer", "page", "truncated"],
)
def test_custom_weights_that_are_none_are_named_before_the_engine_speaks(
    install: Install, own_zoo: Callable[[], Zoo], tmp_path: Path, content: bytes | None, said: str, engine: str
) -> None:
    install()
    own = tmp_path / "mine"
    own.mkdir()
    whole = bytes_of(write_reader, Export(), tmp_path)
    (own / "inference.onnx").write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(IntegrityError, match=rf"^own_rec: .*mine: inference\.onnx {said}"):
        create_model("own_rec", model_dir=own, zoo=own_zoo(), engine=engine)
