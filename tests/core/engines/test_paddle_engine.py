"""Paddle: oneDNN on under the pinned version, and it does not crash."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ocrzoo.engines.base import EngineOptions
from ocrzoo.engines.paddle import PaddleEngine, _configure, _import_paddle, onednn_is_safe
from ocrzoo_registry.cards.fields import Format

PAGE = np.random.default_rng(0).normal(size=(1, 3, 64, 96)).astype(np.float32)


@pytest.mark.parametrize("version", ["3.3.0", "3.3.1", "3.3.1+cpu"])
def test_releases_that_crash_run_without_onednn(version: str) -> None:
    assert not onednn_is_safe(version)


@pytest.mark.parametrize("version", ["3.0.0", "3.2.2", "3.3.2", "3.4.0"])
def test_other_releases_run_with_it(version: str) -> None:
    assert onednn_is_safe(version)


def test_the_installed_release_is_one_of_those(paddle_folder: Path) -> None:
    paddle = _import_paddle()
    assert onednn_is_safe(paddle.__version__)
    assert _configure(paddle, paddle_folder, EngineOptions()).mkldnn_enabled()


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_are_those_asked_for(paddle_folder: Path, threads: int) -> None:
    config = _configure(_import_paddle(), paddle_folder, EngineOptions(threads=threads))
    assert config.cpu_math_library_num_threads() == threads


def test_a_program_in_todays_format_runs_with_onednn(paddle_folder: Path) -> None:
    output = PaddleEngine().load(paddle_folder, "paddle", EngineOptions(threads=2)).run(PAGE)
    assert output.shape == (1, 4, 64, 96)
    assert np.isfinite(output).all()


def test_onednn_computes_what_paddle_computes_without_it(paddle_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_it = PaddleEngine().load(paddle_folder, "paddle", EngineOptions(threads=1)).run(PAGE)
    monkeypatch.setattr("ocrzoo.engines.paddle.onednn_is_safe", lambda _version: False)
    without = PaddleEngine().load(paddle_folder, "paddle", EngineOptions(threads=1)).run(PAGE)
    np.testing.assert_allclose(with_it, without, atol=1e-4)


@pytest.mark.weights
def test_a_real_program_in_the_older_format_runs_with_onednn(real_folder: Callable[[str, Format], Path]) -> None:
    folder = real_folder("PP-OCRv4_mobile_det", "paddle")
    assert (folder / "inference.pdmodel").is_file()
    output = PaddleEngine().load(folder, "paddle", EngineOptions(threads=2)).run(PAGE)
    assert output.shape == (1, 1, 64, 96)
    assert ((output >= 0) & (output <= 1)).all()


@pytest.mark.weights
def test_a_program_runs_in_threads_that_come_and_go(real_folder: Callable[[str, Format], Path]) -> None:
    session = PaddleEngine().load(real_folder("PP-OCRv4_mobile_rec", "paddle"), "paddle", EngineOptions(threads=2))
    line = np.zeros((1, 3, 48, 320), np.float32)
    outputs = []
    for _ in range(6):
        with ThreadPoolExecutor(1) as thread:
            outputs.append(thread.submit(session.run, line).result())
    assert all(np.array_equal(one, outputs[0]) for one in outputs)


def test_paddle_can_be_imported_after_pip_was_looked_for() -> None:
    """Weights may come by pip, and looking for pip the usual way switches off what setuptools needs."""
    code = """
import warnings
warnings.simplefilter("ignore")
from ocrzoo.engines.paddle import _import_paddle
from ocrzoo_registry.sources.pip import _pip

_pip()
print(_import_paddle().__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "paddle\n", done.stderr.splitlines()[-1:]


def test_a_program_that_resamples_runs_without_onednn(stand_ins: dict[str, Path]) -> None:
    """Knowing no ``align_corners``, oneDNN would shift what UVDoc samples by whole pixels."""
    paddle = _import_paddle()
    assert not _configure(paddle, stand_ins["UVDoc"], EngineOptions()).mkldnn_enabled()
    assert _configure(paddle, stand_ins["PP-LCNet_x1_0_doc_ori"], EngineOptions()).mkldnn_enabled()
