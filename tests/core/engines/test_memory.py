"""Memory does not grow with every new size of a page."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ocrzoo_registry.cards.schema import Format

MEASURE = """
import random, sys
from pathlib import Path
import numpy as np
from ocrzoo.engines.base import EngineOptions
from ocrzoo_registry.plugins.specs import load_attribute

def resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

session = load_attribute(sys.argv[1])().load(Path(sys.argv[2]), "onnx", EngineOptions(threads=2))
sides = random.Random(1)
session.run(np.ones((1, 3, 960, 960), np.float32))  # the largest, so that what grows later is not a page's own memory
before = resident()
for _ in range(60):
    session.run(np.ones((1, 3, 32 * sides.randrange(10, 31), 32 * sides.randrange(10, 31)), np.float32))
print(resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("factory", "most"),
    [("ocrzoo.engines.openvino:OpenVinoEngine", 250), ("ocrzoo.engines.onnxruntime:OnnxRuntimeEngine", 60)],
)
def test_pages_of_sixty_sizes_leave_little_behind(
    real_folder: Callable[[str, Format], Path], factory: str, most: float
) -> None:
    folder = real_folder("PP-OCRv5_mobile_det", "onnx")
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, factory, str(folder)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < most
