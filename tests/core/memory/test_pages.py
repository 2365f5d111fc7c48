"""A ceiling holds with real weights, from the start of the process on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.thorough import cases

LIMIT = 700 << 20
PROGRAM = """
import sys
import cv2, numpy as np
from ocrzoo import create_pipeline

name, memory, sample = sys.argv[1:]
stages = dict.fromkeys(("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False)
pipeline = create_pipeline(
    memory=memory,
    precision="float32",
    text_detection_model_name=f"{name}_det",
    text_recognition_model_name=f"{name}_rec",
    **stages,
)
page = cv2.imread(sample)
a4 = np.full((3508, 2480, 3), 255, np.uint8)
a4[1400 : 1400 + page.shape[0], 700 : 700 + page.shape[1]] = page
huge = np.full((5000, 5000, 3), 255, np.uint8)
errors = []
found = pipeline.predict([page, a4, huge, page], on_error=lambda error: errors.append(str(error)))
texts = [["".join(text.split()) for text in result["rec_texts"]] for result in found]  # v4 reads few spaces
print(len(texts), texts[0] == texts[2], len(set(texts[0]) & set(texts[1])) / len(set(texts[0])), sep="|")
print("|".join(errors))
status = open("/proc/self/status").read().split()
print(int(status[status.index("VmHWM:") + 1]) * 1024)
"""


@pytest.mark.weights
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
@pytest.mark.parametrize("name", cases(["PP-OCRv4_mobile", "PP-OCRv6_small"], "PP-OCRv4_mobile"))
def test_large_pages_are_read_below_the_ceiling_and_larger_ones_refused(name: str, home: Path, sample: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, name, "700MiB", str(sample)]
    environment = {**os.environ, "OCRZOO_HOME": str(home)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    read, errors, peak = done.stdout.splitlines()
    count, same, shared = read.split("|")
    assert (count, same) == ("3", "True")
    assert float(shared) > 0.7
    assert errors.startswith("an array: 5000 x 5000 pixels are too many: the limit here is 15291733")
    assert int(peak) <= LIMIT
