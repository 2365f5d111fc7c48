"""Distributions that overwrite each other, and the state of OpenCV."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from ocrzoo import installation
from ocrzoo.installation import (
    CHANGED_LINES,
    SAME_MODULE,
    TESTED_OPENCV,
    conflict,
    opencv_problems,
    providers,
    require_opencv,
)
from ocrzoo_registry.errors import EngineError

Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Write the metadata of a distribution, found before those that are installed."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, number: str) -> None:
        folder = tmp_path / f"{name.replace('-', '_')}-{number}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n")

    return write


def test_what_is_installed_here_does_not_clash() -> None:
    assert {module: conflict(module) for module in SAME_MODULE} == dict.fromkeys(SAME_MODULE)
    assert opencv_problems() == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("cv2", "opencv-python"),
        ("cv2", "opencv-contrib-python"),
        ("onnxruntime", "onnxruntime-gpu"),
        ("PIL", "pillow-simd"),
    ],
)
def test_two_distributions_of_one_module_are_named(install: Install, module: str, name: str) -> None:
    install(name, "0.1")
    problem = conflict(module)
    assert problem is not None
    kept, number = next(iter(providers(module).items()))
    assert f"{kept} {number} and {name} 0.1 both install the module {module}" in problem.message
    assert problem.level == "error"
    assert problem.next_step == f"pip uninstall -y {kept} {name}; pip install {kept}=={number}"


def test_two_distributions_of_one_version_are_only_a_warning(install: Install) -> None:
    install("opencv-python", providers("cv2")["opencv-python-headless"])
    assert [one.level for one in opencv_problems()] == ["warning"]


@pytest.mark.parametrize(
    ("number", "difference"),
    [
        ("4.10.0", None),
        ("4.14.0", None),
        ("4.13.0", "OpenCV 4.13.0: 2 of 799 tested lines differ from PaddleX's"),
        ("6.1.0", "OpenCV 6.1.0: results may differ from PaddleX's, because this version is not tested"),
    ],
)
def test_a_version_that_changes_results_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, number: str, difference: str | None
) -> None:
    other = ModuleType("cv2")
    monkeypatch.setattr(other, "__version__", number, raising=False)
    monkeypatch.setattr(other, "imdecode", len, raising=False)
    monkeypatch.setitem(sys.modules, "cv2", other)
    found = [(problem.level, problem.message) for problem in opencv_problems()]
    assert found == ([("warning", difference)] if difference else [])


def test_an_opencv_of_which_only_the_folder_is_left_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", ModuleType("cv2"))
    (problem,) = opencv_problems()
    assert (problem.level, problem.message.startswith("the module cv2 is broken: ")) == ("error", True)
    assert "pip install opencv-python-headless" in problem.next_step
    assert opencv_problems(loaded=False) == []


def test_a_pipeline_refuses_a_broken_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "find_spec", lambda name: ModuleSpec(name, None))
    monkeypatch.setitem(sys.modules, "cv2", ModuleType("cv2"))
    with pytest.raises(EngineError, match=r"cv2 is broken: .*; pip install opencv-python-headless"):
        require_opencv.__wrapped__()


def test_a_pipeline_says_that_two_distributions_clash(install: Install, caplog: pytest.LogCaptureFixture) -> None:
    require_opencv.__wrapped__()
    assert caplog.messages == []
    install("opencv-python", "4.13.0.92")
    require_opencv.__wrapped__()
    assert "both install the module cv2" in caplog.messages[0]


def test_the_tested_version_is_the_one_that_tests_run_with(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))
    (pin,) = [one for one in project["tool"]["uv"]["constraint-dependencies"] if "opencv-python-headless" in one]
    assert pin.startswith(f"opencv-python-headless=={TESTED_OPENCV}.")


def test_the_known_versions_are_those_of_the_page(repository: Path) -> None:
    page = (repository / "docs" / "agreement.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+\.\d+[\d., ]*) \| (\d+) \| (\d+) \|$", page, re.MULTILINE)
    measured = {
        ".".join(number.split(".")[:2]): max(int(boxes), int(texts))
        for numbers, boxes, texts in rows
        for number in numbers.split(", ")
    }

    tested = ".".join(TESTED_OPENCV.split(".")[:2])
    assert {**measured, tested: 0} == CHANGED_LINES
