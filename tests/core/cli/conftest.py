"""Running commands."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# The helpers are imported by their path in the repository, from whichever folder pytest was started.
sys.path.append(str(Path(__file__).parents[3]))

from tests.hubs.server import Hubs

from ocrzoo.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that it said, and nothing else."""
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        return self.err.strip()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run a command in this process."""

    def call(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Ran(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def command() -> Path:
    """The command as it is installed."""
    return Path(sys.executable).with_name("ocrzoo.exe" if sys.platform == "win32" else "ocrzoo")


@pytest.fixture
def start(command: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the installed command in a process of its own."""

    def call(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        settings: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.run(
            [command, *map(str, arguments)], text=True, encoding="utf-8", timeout=180, check=False, **settings
        )

    return call


MODELS = (
    *("PP-OCRv5_mobile_det", "PP-OCRv5_mobile_rec"),
    *("PP-LCNet_x1_0_doc_ori", "PP-LCNet_x0_25_textline_ori", "UVDoc"),
)
"""Those of the OCR pipeline."""


def model(name: str, *, onnx: bool = False) -> dict[str, bytes]:
    """Give a small model as the hubs hold it; nothing in it can be run."""
    weights = {"inference.onnx": b"o" * 5000} if onnx else {"inference.json": b"{}", "inference.pdiparams": b"w" * 9000}
    return {"inference.yml": f"Global:\n  model_name: {name}\n".encode(), "README.md": b"not needed", **weights}


@pytest.fixture
def hubs() -> Iterator[Hubs]:
    models = {name: model(name) for name in MODELS}
    with Hubs(models | {f"{name}_onnx": model(name, onnx=True) for name in models}) as hubs:
        yield hubs


@pytest.fixture
def folder(hubs: Hubs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where models lie, in a home of its own, with the hubs as the only sources."""
    for name, value in hubs.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "huggingface,aistudio,modelscope,bos")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home" / "official_models"


@pytest.fixture
def mirror(folder: Path, tmp_path: Path) -> Path:
    """Where the mirror is to be; ``folder`` leads the command to the hubs."""
    return tmp_path / "mirror"
