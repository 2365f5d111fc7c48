"""The self-check: an engine whose answers are not those that the card states is not used."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError
from tests.registry.kit import SitePackages

from ocrzoo.engines.base import EngineOptions
from ocrzoo.loading.candidates import Candidate
from ocrzoo.loading.self_check import fault_of, found_differently, read_picture
from ocrzoo.model_loader import ModelLoader
from ocrzoo.predictors.base import Classification, Detection
from ocrzoo_registry.cards.schema import SelfCheck
from ocrzoo_registry.errors import InputError, IntegrityError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store import derived
from ocrzoo_registry.store.store import ModelFiles, Store
from ocrzoo_registry.zoo import Zoo

REC, DET = "PP-OCRv6_tiny_rec", "PP-OCRv6_tiny_det"

BROKEN = """
import numpy as np
from ocrzoo.engines.onnxruntime import OnnxRuntimeEngine
from ocrzoo_registry import EngineSpec, hookimpl

calls = []

class Session:
    def __init__(self, session):
        self.inputs, self.outputs, self._session = session.inputs, session.outputs, session

    def run(self, batch):
        calls.append(batch.shape)
        output = self._session.run(batch)
        return np.roll(output, output.shape[-1] // 3, axis=-1)  # of the right shape and range, and wrong

class Engine(OnnxRuntimeEngine):
    def load(self, folder, file_format, options):
        return Session(super().load(folder, file_format, options))

@hookimpl
def ocrzoo_engines():
    yield EngineSpec("broken", f"{__name__}:Engine", ("onnx",), __name__, install="broken", rank=1)
"""


@pytest.fixture
def own_home(home: Path, zoo: Zoo, tmp_path: Path) -> Path:
    """A store of its own with two models, so that nothing is remembered from other tests."""
    for name in (REC, DET):
        folder = ModelLoader(zoo)._resolve(zoo.models.get(name), [zoo.engines.get("onnxruntime")]).folder
        shutil.copytree(folder, tmp_path / "home" / "official_models" / folder.name)
    return tmp_path / "home"


@pytest.fixture
def broken(site: SitePackages) -> None:
    """An engine of a plugin that computes garbage, and is the first by rank."""
    site.install("ocrzoo-broken", {"ocrzoo_broken": BROKEN})


def loader(own_home: Path, engine: str | None = None, options: EngineOptions | None = None) -> ModelLoader:
    return ModelLoader(Zoo(Settings(home=own_home, offline=True)), engine, options or EngineOptions(threads=1))


def remembered(own_home: Path) -> list[str]:
    store = Zoo(Settings(home=own_home)).store
    return [record.recipe for _, record in derived.derived_folders(store) if record and "self-check" in record.recipe]


@pytest.mark.weights
class TestBrokenEngine:
    """An engine that computes garbage without an error."""

    @pytest.mark.parametrize(("name", "task"), [(REC, "text_recognition"), (DET, "text_detection")])
    def test_the_next_engine_is_taken(
        self, broken: None, own_home: Path, name: str, task: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "ocrzoo")
        predictor = loader(own_home).predictor(name, task)
        card = Zoo(Settings(home=own_home)).models.get(name)
        assert card.self_check is not None
        picture = cv2.imread(str(card.folder / card.self_check.picture))
        assert picture is not None
        assert found_differently(card.self_check, predictor, picture.astype(np.uint8)) is None
        (warning,) = (record.getMessage() for record in caplog.records if record.levelno == logging.WARNING)
        assert warning.startswith(f"{name} failed its self-check on broken")
        assert warning.endswith("trying the next engine")
        assert f"{name}: onnx on openvino" in caplog.text

    def test_the_failure_is_found_on_every_start(
        self, broken: None, own_home: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        for _ in range(2):
            loader(own_home).predictor(REC, "text_recognition")
        assert caplog.text.count("failed its self-check on broken") == 2
        assert len(remembered(own_home)) == 1, "of the engine that was taken"

    def test_one_that_is_named_is_used_with_a_warning(
        self, broken: None, own_home: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        loader(own_home, "broken").predictor(REC, "text_recognition")
        assert "no other engine can be tried, so its answers may be wrong" in caplog.text
        assert remembered(own_home) == []


@pytest.mark.weights
class TestSuccess:
    """What is remembered of an engine that computes as stated."""

    def test_it_is_remembered_for_one_engine_precision_and_model(self, own_home: Path) -> None:
        for engine in ("openvino", "onnxruntime", "openvino"):
            loader(own_home, engine).predictor(REC, "text_recognition")
        assert sorted(recipe.split()[5] for recipe in remembered(own_home)) == ["onnxruntime", "openvino"]

    def test_the_network_is_not_asked_again(self, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        loader(own_home).predictor(REC, "text_recognition")
        monkeypatch.setattr("ocrzoo.loading.self_check.read_picture", None)  # calling it would fail
        loader(own_home).predictor(REC, "text_recognition")

    def test_another_cpu_is_checked_again(self, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        loader(own_home).predictor(REC, "text_recognition")
        monkeypatch.setattr("ocrzoo.loading.self_check.cpu_key", lambda: "of another")
        loader(own_home).predictor(REC, "text_recognition")
        assert len(remembered(own_home)) == 2

    def test_custom_weights_are_not_checked(
        self, broken: None, own_home: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        folder = own_home / "official_models" / f"{REC}_onnx"
        loader(own_home).predictor(None, "text_recognition", folder)
        assert remembered(own_home) == []
        assert "self-check" not in caplog.text


class Finds:
    """A predictor that finds what it is told to."""

    def __init__(self, found: object) -> None:
        self.found = found

    def predict(self, images: object) -> list[object]:
        if isinstance(self.found, Exception):
            raise self.found
        return [self.found]


PICTURE = np.zeros((8, 8, 3), np.uint8)
STATED = SelfCheck(picture="one.png", boxes=((10, 10, 90, 30), (10, 50, 60, 70)))


def detection(*boxes: tuple[int, int, int, int]) -> Detection:
    quads = [np.array([[a, b], [c, b], [c, d], [a, d]], np.float32) for a, b, c, d in boxes]
    return Detection(quads, [0.9] * len(quads))  # type: ignore[arg-type]


class TestComparison:
    """What counts as found."""

    def test_boxes_in_any_order_and_a_few_pixels_off(self) -> None:
        assert found_differently(STATED, Finds(detection((12, 47, 63, 71), (9, 12, 95, 31))), PICTURE) is None

    @pytest.mark.parametrize("boxes", [[], [(10, 10, 90, 30)], [(10, 10, 90, 30), (10, 50, 60, 90)]])
    def test_other_boxes(self, boxes: list[tuple[int, int, int, int]]) -> None:
        assert "it finds lines at" in str(found_differently(STATED, Finds(detection(*boxes)), PICTURE))

    def test_a_label(self) -> None:
        stated = SelfCheck(picture="one.png", label="180_degree")
        assert found_differently(stated, Finds(Classification(1, "180_degree", 0.9)), PICTURE) is None
        fault = found_differently(stated, Finds(Classification(0, "0_degree", 0.9)), PICTURE)
        assert fault == "it finds the class '0_degree', not '180_degree'"

    def test_a_network_that_cannot_run_is_a_fault(self) -> None:
        assert found_differently(STATED, Finds(InputError("it cannot run")), PICTURE) == "it cannot run"

    @pytest.mark.parametrize("answers", [{}, {"text": "a", "label": "b"}])
    def test_a_card_states_one_answer(self, answers: dict[str, str]) -> None:
        with pytest.raises(ValidationError, match="a self-check has one of text, boxes and label"):
            SelfCheck(picture="one.png", **answers)  # type: ignore[arg-type]


def test_a_picture_that_cannot_be_read_is_named(zoo: Zoo, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "inference.onnx").touch()
    stated = SelfCheck(picture="none.png", text="a")
    card = zoo.models.get(REC).model_copy(update={"self_check": stated}).located_in(tmp_path)
    candidate = Candidate(zoo.engines.get("openvino"), ModelFiles(REC, "onnx", tmp_path), EngineOptions())
    assert fault_of(card, Finds(None), candidate, Store(tmp_path)) is None
    assert f"{REC}: the picture of its self-check, {tmp_path / 'none.png'}: No such file" in caplog.text


def test_a_picture_is_not_decoded_if_it_states_a_size_that_fills_the_memory(zoo: Zoo, tmp_path: Path) -> None:
    Image.new("1", (5000, 5000)).save(tmp_path / "large.png")
    card = zoo.models.get(REC).located_in(tmp_path)
    with pytest.raises(IntegrityError, match=r"large\.png, is no image, or too large"):
        read_picture(card, SelfCheck(picture="large.png", text="a"))
