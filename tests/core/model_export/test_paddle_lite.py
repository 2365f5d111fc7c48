"""``.nb`` files for Paddle-Lite, made by its own program where a Python is installed that has it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock
from tests.core.model_export.conftest import stored

from ocrzoo.model_export.paddle_lite import lay_out
from ocrzoo.model_export.targets import Model, Options
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.zoo import Zoo

PADDLE_LITE = "paddlelite==2.13rc0"
INSTALL_S = 300.0


@pytest.fixture(scope="module")
def old_format(zoo: Zoo) -> list[Model]:
    """The two models that are published in the format before Paddle 3.0, in a package."""
    return [stored(zoo, f"PP-OCRv4_mobile_{role}", "paddle") for role in ("det", "rec")]


def python_3_10() -> str | None:
    """The last Python that the package has a wheel for: on the path, or one of pyenv's."""
    of_pyenv = list((Path.home() / ".pyenv" / "versions").glob("3.10.*/bin/python"))
    for program in (shutil.which("python3.10"), *map(str, of_pyenv)):
        if program and not subprocess.run([program, "-c", "import venv"], capture_output=True, check=False).returncode:
            return program
    return None


@pytest.fixture(scope="module")
def opt(pytestconfig: pytest.Config) -> Path:
    """Paddle-Lite's program, from an environment of its own."""
    python = python_3_10()
    if python is None:
        pytest.skip("needs Python 3.10")
    cache = pytestconfig.cache
    assert cache is not None
    environment = cache.mkdir("paddle-lite") / "environment"
    with FileLock(f"{environment}.lock", timeout=INSTALL_S):
        program = environment / "bin" / "paddle_lite_opt"
        if not program.exists():
            subprocess.run([python, "-m", "venv", "--clear", environment], check=True, timeout=INSTALL_S)
            install = ["-m", "pip", "install", "--quiet", "--only-binary=:all:", PADDLE_LITE]
            subprocess.run([environment / "bin" / "python", *install], check=True, timeout=INSTALL_S)
    return program


@pytest.mark.weights
@pytest.mark.environments
@pytest.mark.thorough  # an environment of another Python
def test_the_programs_are_written_where_the_demo_looks(tmp_path: Path, old_format: list[Model], opt: Path) -> None:
    assert lay_out(old_format, tmp_path, Options(opt=opt)) == []
    for role, size in (("det", 4_900_000), ("rec", 10_900_000)):
        network = tmp_path / f"PP-OCRv4_mobile_{role}" / "model.nb"
        assert b"v2.13-rc" in network.read_bytes()[:16]
        assert network.stat().st_size > size
    labels = (tmp_path / "labels" / "PP-OCRv4_mobile_rec.txt").read_text("utf-8").split("\n")
    assert (len(labels), labels[0], labels[-1]) == (6624, "'", "")


@pytest.mark.weights
@pytest.mark.parametrize(
    ("program", "said"),
    [("false", "wrote no .nb file"), ("true", "exit code 0"), ("absent", "could not be started: No such file")],
)
def test_a_program_that_fails(tmp_path: Path, old_format: list[Model], program: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        lay_out(old_format[:1], tmp_path, Options(opt=Path(shutil.which(program) or tmp_path / program)))


def test_a_program_of_another_format_is_refused(tmp_path: Path, rec: Model) -> None:
    with pytest.raises(UsageError, match=r"Paddle-Lite reads inference\.pdmodel, the format before Paddle 3\.0"):
        lay_out([rec], tmp_path, Options(opt=tmp_path / "opt"))
