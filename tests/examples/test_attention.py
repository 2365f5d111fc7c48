"""The example with an encoder and a decoder: two networks, whole numbers, three inputs, in the pipeline by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from tests.core.serving.conftest import running
from tests.examples.conftest import EXAMPLES, Ran
from tests.examples.scripts import script
from tests.fonts import needs_fonts

from ocrzoo_registry.cards.loader import read_card

EXAMPLE, MODEL = "ocrzoo-attention", "attention_numbers_rec"
CARDS = EXAMPLES / EXAMPLE / "ocrzoo_attention" / "cards"
NUMBERS = ["4071-935", "20260", "18-44", "9305712", "66120-8"]
FLOAT32 = ("--precision", "float32")
"""Of detection: in bfloat16 lines are cut out a pixel elsewhere, and this small network was never shown such lines."""

pytestmark = [pytest.mark.weights, needs_fonts]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five numbers, below each other."""
    font = script(EXAMPLE, "lines").font("DejaVuSans", 36)
    picture = Image.new("RGB", (600, 500), "white")
    draw = ImageDraw.Draw(picture)
    for place, text in enumerate(NUMBERS):
        draw.text((80, 50 + 80 * place), text, fill="black", font=font)
    path = tmp_path_factory.mktemp("page") / "page.png"
    picture.save(path)
    return path


def test_its_card_names_both_networks() -> None:
    card = read_card(CARDS / f"{MODEL}.yaml")
    assert card.artifacts["onnx"].networks == ("encoder", "decoder")
    for file in card.artifacts["onnx"].files:
        content = (CARDS / "weights" / file.path).read_bytes()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_it_reads_a_page_by_name(command: Callable[..., Ran], page: Path, engine: str) -> None:
    ran = command(EXAMPLE, "ocr", page, "--text_recognition_model_name", MODEL, "--engine", engine, *FLOAT32)
    assert (ran.returncode, ran.stdout.split()) == (0, NUMBERS), ran.stderr


def test_its_lines_have_no_words(command: Callable[..., Ran], page: Path, tmp_path: Path) -> None:
    options = ("--return_word_box", "True", "--save_path", tmp_path, "--save_as", "json")
    ran = command(EXAMPLE, "ocr", page, "--text_recognition_model_name", MODEL, *options, *FLOAT32)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count(f"{MODEL} does not say where in a line its characters are") == 1
    (saved,) = tmp_path.glob("*.json")
    found = json.loads(saved.read_text("utf-8"))
    assert (found["rec_texts"], found["text_word"]) == (NUMBERS, [[]] * len(NUMBERS))


def test_a_server_reads_with_it(installed: Callable[[str], Path], home: Path, page: Path, tmp_path: Path) -> None:
    """From several requests at once."""
    from concurrent.futures import ThreadPoolExecutor

    named = ("--text_recognition_model_name", MODEL)
    with running(home, tmp_path, *named, PYTHONPATH=str(installed(EXAMPLE))) as server:
        asked = {"data": page.read_bytes(), "headers": {"Content-Type": "image/png"}}
        with ThreadPoolExecutor(4) as pool:
            answers = [*pool.map(lambda _: server.post("/ocr?format=txt", **asked), range(4))]
    assert [(answer.status_code, answer.text.split()) for answer in answers] == [(200, NUMBERS)] * 4


def test_it_is_tuned_and_mirrored_like_any_other(command: Callable[..., Ran], tmp_path: Path) -> None:
    ran = command(EXAMPLE, "tune", MODEL, "--budget", "2", OCRZOO_HOME=tmp_path / "home")
    assert ran.returncode == 0, ran.stderr
    ran = command(EXAMPLE, "mirror", "build", tmp_path / "mirror", MODEL, "--format", "onnx")
    assert ran.returncode == 0, ran.stderr
    elsewhere = {"OCRZOO_HOME": tmp_path / "there", "OCRZOO_MIRROR": tmp_path / "mirror"}
    ran = command(EXAMPLE, "models", "pull", MODEL, **elsewhere, PADDLE_PDX_MODEL_SOURCE="mirror,")
    assert ran.returncode == 0, ran.stderr
    for role in ("encoder", "decoder"):
        (pulled,) = (tmp_path / "there").rglob(f"{MODEL}_onnx/{role}/inference.onnx")
        assert pulled.read_bytes() == (CARDS / "weights" / role / "inference.onnx").read_bytes()
    ran = command(EXAMPLE, "models", "verify", MODEL, "--deep", **elsewhere)
    assert ran.returncode == 0, ran.stderr + ran.stdout


def test_a_decoder_that_never_ends_is_ended(installed: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(installed(EXAMPLE))
    from ocrzoo_attention.reader import MOST, AttentionReader

    class Network:
        networks: Mapping[str, Network]

        def run_named(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            count = len(next(iter(inputs.values())))
            ones = np.ones(count, np.float32)
            return {"features": ones, "next": np.ones(count, int), "probability": ones, "state_after": ones}

    Network.networks = {"encoder": Network(), "decoder": Network()}
    given: Any = (read_card(CARDS / f"{MODEL}.yaml"), {"PostProcess": {"character_dict": ["7"]}}, Network())
    reader = AttentionReader(*given)
    (line,) = reader.predict([np.zeros((30, 90, 3), np.uint8)])
    assert (line.text, line.score) == ("7" * MOST, 1.0)
