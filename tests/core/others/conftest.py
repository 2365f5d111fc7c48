"""Third-party plugins with real small networks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.registry.kit import SitePackages, card_data
from tests.standins.of_others import Export, bytes_of, write_detector, write_reader

from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

PLUGIN = """
from pathlib import Path
from ocrzoo_registry import hookimpl, read_cards

@hookimpl
def ocrzoo_model_cards():
    yield from read_cards(Path(__file__).parent / "cards")
"""

Install = Callable[..., None]


def card(name: str, task: str, /, **changes: object) -> dict[str, object]:
    """The data of a card whose weights are beside it."""
    predictor = {"predictor": task}
    beside = {"directory": {"onnx": {"path": f"weights/{name}"}}}
    own = {"charset": "abc.txt", "languages": ["en"], "scripts": ["Latn"]} if task == "text_recognition" else {}
    return card_data(name=name, task=task, inference=predictor, sources=beside) | own | changes


@pytest.fixture
def install(site: SitePackages, tmp_path: Path) -> Install:
    """Install the plugin ``sea`` with ``own_rec`` and ``own_det``, their networks exported as told."""

    def call(
        reader: Export | None = None,
        detector: Export | None = None,
        *,
        code: str = "",
        files: dict[str, bytes] | None = None,
        **changes: object,
    ) -> None:
        cards = [card("own_rec", "text_recognition", **changes), card("own_det", "text_detection")]
        found = Export(end="Sigmoid", shape=("N", 3, "H", "W"))
        networks = {
            "cards/weights/own_rec/inference.onnx": bytes_of(write_reader, reader or Export(), tmp_path),
            "cards/weights/own_det/inference.onnx": bytes_of(write_detector, detector or found, tmp_path),
        }
        site.install(
            "sea-dist",
            {"sea": PLUGIN + code},
            files={f"cards/{one['name']}.yaml": json.dumps(one).encode() for one in cards}
            | {"cards/abc.txt": b"a\nb\nc\n"}
            | networks
            | (files or {}),
        )

    return call


@pytest.fixture
def own_zoo(tmp_path: Path) -> Callable[[], Zoo]:
    """A zoo with a home of its own, on the plugins that are installed by then."""
    return lambda: Zoo(Settings(home=tmp_path / "own_home", offline=True))


@pytest.fixture
def page() -> NDArray[np.uint8]:
    """A light page, 120 x 240, with a dark line."""
    page = np.full((120, 240, 3), 250, np.uint8)
    page[50:70, 40:200] = 0
    return page
