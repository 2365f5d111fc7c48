"""Paddle's engine does not report shapes: a program for one image a call is found out, and run line by line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.core.others.conftest import Install

from ocrzoo import create_model
from ocrzoo_registry.zoo import Zoo

WRITE = """
import sys, warnings
warnings.simplefilter("ignore")
import numpy as np
import paddle


class Reader(paddle.nn.Layer):
    def __init__(self):
        super().__init__()
        weights = np.zeros((5, 3, 48, 8), np.float32)
        weights[1] = 20 / weights[1].size
        bias = np.array([10, 0, 0, 0, 0], np.float32)
        assign = paddle.nn.initializer.Assign
        self.weights = self.create_parameter(weights.shape, default_initializer=assign(weights))
        self.bias = self.create_parameter(bias.shape, default_initializer=assign(bias))

    def forward(self, x):
        columns = paddle.nn.functional.conv2d(x, self.weights, self.bias, stride=(48, 8))
        one = paddle.reshape(columns.transpose([0, 3, 1, 2]), [1, -1, 5])
        return paddle.nn.functional.softmax(one, axis=2)


network = Reader()
network.eval()
paddle.jit.save(network, sys.argv[1], [paddle.static.InputSpec([1, 3, 48, None], "float32", "x")])
"""


def test_a_batch_of_one_is_read_line_by_line(install: Install, own_zoo: Callable[[], Zoo], tmp_path: Path) -> None:
    pytest.importorskip("paddle")
    install()
    folder = tmp_path / "mine"
    folder.mkdir()
    script = tmp_path / "write.py"  # paddle reads the source of what it exports
    script.write_text(WRITE, encoding="utf-8")
    command = [sys.executable, str(script), str(folder / "inference")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    model = create_model("own_rec", model_dir=folder, zoo=own_zoo(), engine="paddle", batch_size=3)
    white, black = np.full((48, 320, 3), 255, np.uint8), np.zeros((48, 320, 3), np.uint8)
    for _ in range(2):
        assert [result["rec_text"] for result in model.predict([white, black, white])] == ["a", "", "a"]
