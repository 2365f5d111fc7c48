"""Memory does not grow with every new size of a page, and is returned on request."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ocrzoo.engines.base import EngineOptions
from ocrzoo.engines.openvino import OpenVinoEngine
from ocrzoo.engines.openvino_sessions import LARGE
from ocrzoo_registry.cards.fields import Format

FACTORIES = {
    "openvino": "ocrzoo.engines.openvino:OpenVinoEngine",
    "onnxruntime": "ocrzoo.engines.onnxruntime:OnnxRuntimeEngine",
}
START = """
import random, sys
from pathlib import Path
import numpy as np
from ocrzoo.engines.base import EngineOptions
from ocrzoo_registry.plugins.specs import load_attribute

def resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

session = load_attribute(sys.argv[1])().load(Path(sys.argv[2]), "onnx", EngineOptions(threads=2))
"""
MANY_SIZES = """
sides = random.Random(1)
session.run(np.ones((1, 3, 960, 960), np.float32))  # the largest, so that what grows later is not a page's own memory
before = resident()
for _ in range(60):
    session.run(np.ones((1, 3, 32 * sides.randrange(10, 31), 32 * sides.randrange(10, 31)), np.float32))
print(resident() - before)
"""
RELEASE = """
session.run(np.ones((1, 3, 64, 64), np.float32))
session.release()
before = resident()
session.run(np.ones((1, 3, 1152, 1152), np.float32))
kept = resident()
session.release()
print((kept - resident()) / (kept - before))
"""


needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")


def measured(program: str, engine: str, folder: Path) -> float:
    """What a program prints, run in a process of its own with a session of the engine."""
    command = [sys.executable, "-c", START + program, FACTORIES[engine], str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@needs_proc
@pytest.mark.parametrize(("engine", "most"), [("openvino", 250), ("onnxruntime", 60)])
def test_pages_of_sixty_sizes_leave_little_behind(
    real_folder: Callable[[str, Format], Path], engine: str, most: float
) -> None:
    assert measured(MANY_SIZES, engine, real_folder("PP-OCRv5_mobile_det", "onnx")) < most


@needs_proc
@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_release_returns_what_a_page_took(real_folder: Callable[[str, Format], Path], engine: str) -> None:
    assert measured(RELEASE, engine, real_folder("PP-OCRv5_mobile_det", "onnx")) > 0.5


def test_a_network_compiled_for_a_large_page_computes_the_same(real_folder: Callable[[str, Format], Path]) -> None:
    folder = real_folder("PP-OCRv5_mobile_det", "onnx")
    side = 1248
    page = np.random.default_rng(0).random((1, 3, side, side), np.float32)
    assert side * side > LARGE
    session = OpenVinoEngine().load(folder, "onnx", EngineOptions())
    compiled = session._compiled.create_infer_request().infer([page])[0]
    assert np.allclose(session.run(page), compiled, atol=1e-4)
    assert session._large is not None
    session.release()
    assert np.allclose(session.run(page), compiled, atol=1e-4)
