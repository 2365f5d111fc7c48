"""The example with weights of its own: it reads Vietnamese, which nothing else does, wherever models can come from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rapidfuzz.distance import Levenshtein
from tests.core.serving.conftest import running
from tests.examples.conftest import EXAMPLES, Ran
from tests.examples.scripts import script
from tests.fonts import needs_fonts

from ocrzoo_registry.cards.loader import read_card
from ocrzoo_registry.languages.orthography import read as orthography_of

EXAMPLE, MODEL = "ocrzoo-vietnamese", "vietnamese_rec"
CARDS = EXAMPLES / EXAMPLE / "ocrzoo_vietnamese" / "cards"
FONT = "NotoSerif-Regular"
"""No Noto Serif was trained with."""
MOST_ERRORS = 0.12
"""Of characters: somewhat above what the README states for ten pages, since one page may be harder."""

pytestmark = [pytest.mark.weights, needs_fonts]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A page that the model was not trained with, and its text."""
    measure = script(EXAMPLE, "measure")
    lines = measure.texts(seed=100)
    path = tmp_path_factory.mktemp("page") / "page.png"
    measure.page(lines, FONT).save(path)
    return path, "\n".join(lines)


def assert_read(found: str, truth: str) -> None:
    errors = Levenshtein.distance(found.strip(), truth) / len(truth)
    assert errors <= MOST_ERRORS, f"{errors:.1%} of characters\n{found}\n{truth}"


def test_its_card_is_complete() -> None:
    """Every letter of the language, and the digest and size of the weights beside it."""
    card = read_card(CARDS / f"{MODEL}.yaml")
    (weights,) = card.artifacts["onnx"].files
    content = (CARDS / "weights" / "inference.onnx").read_bytes()
    assert (weights.size, weights.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    letters = set((CARDS / str(card.charset)).read_text("utf-8").split())
    needed = orthography_of("vi")
    assert needed is not None
    assert needed.required - letters == set()
    assert card.metrics[0].dataset is not None


def test_it_is_chosen_by_language(command: Callable[..., Ran], page: tuple[Path, str], tmp_path: Path) -> None:
    ran = command(EXAMPLE, "ocr", page[0], "--lang", "vi", "--save_path", tmp_path, "--save_as", "json")
    assert ran.returncode == 0, ran.stderr
    (saved,) = tmp_path.glob("*.json")
    found = json.loads(saved.read_text("utf-8"))
    assert set(found["rec_models"]) == {MODEL}
    ran = command(EXAMPLE, "ocr", page[0], "--lang", "vi")
    assert_read(ran.stdout, page[1])


def test_a_server_reads_it(
    installed: Callable[[str], Path], home: Path, page: tuple[Path, str], tmp_path: Path
) -> None:
    with running(home, tmp_path, PYTHONPATH=str(installed(EXAMPLE))) as server:
        answer = server.post(
            "/ocr?format=txt&lang=vi", data=page[0].read_bytes(), headers={"Content-Type": "image/png"}
        )
    assert answer.status_code == 200, answer.text
    assert_read(answer.text, page[1])


def test_a_mirror_has_it_for_machines_without_the_plugin(
    command: Callable[..., Ran], page: tuple[Path, str], tmp_path: Path
) -> None:
    """Card and weights, with the same digest."""
    mirror, models = tmp_path / "mirror", (MODEL, "PP-OCRv5_mobile_det")
    ran = command(EXAMPLE, "mirror", "build", mirror, *models, "--format", "onnx", "--no_archives")
    assert ran.returncode == 0, ran.stderr
    elsewhere = {
        "OCRZOO_HOME": tmp_path / "elsewhere",
        "OCRZOO_MIRROR": mirror,
        "OCRZOO_MIRROR_CARDS": "1",
        "PADDLE_PDX_MODEL_SOURCE": "mirror,",
    }
    ran = command(None, "ocr", page[0], "--lang", "vi", **elsewhere)
    assert ran.returncode == 0, ran.stderr
    assert_read(ran.stdout, page[1])
    (pulled,) = (tmp_path / "elsewhere").rglob(f"{MODEL}_onnx/inference.onnx")
    assert pulled.read_bytes() == (CARDS / "weights" / "inference.onnx").read_bytes()
