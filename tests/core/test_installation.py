"""Distributions that overwrite each other, and the state of OpenCV."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from ocrzoo.installation import SAME_MODULE, TESTED_OPENCV, conflict, opencv_problems, providers

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


def test_another_version_of_opencv_is_a_warning(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ModuleType("cv2")
    monkeypatch.setattr(other, "__version__", "4.13.0", raising=False)
    monkeypatch.setattr(other, "imdecode", len, raising=False)
    monkeypatch.setitem(sys.modules, "cv2", other)
    (problem,) = opencv_problems()
    assert (problem.level, f"OpenCV 4.13.0: results are tested with {TESTED_OPENCV}" in problem.message) == (
        "warning",
        True,
    )


def test_an_opencv_of_which_only_the_folder_is_left_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", ModuleType("cv2"))
    (problem,) = opencv_problems()
    assert (problem.level, problem.message.startswith("the module cv2 is broken: ")) == ("error", True)
    assert "pip install opencv-python-headless" in problem.next_step
    assert opencv_problems(loaded=False) == []


def test_the_tested_version_is_the_one_that_tests_run_with(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))
    (pin,) = [one for one in project["tool"]["uv"]["constraint-dependencies"] if "opencv-python-headless" in one]
    assert pin.startswith(f"opencv-python-headless=={TESTED_OPENCV}.")
