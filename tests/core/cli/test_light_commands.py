"""No command of the registry loads NumPy, OpenCV, pillow or an engine: each runs in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.core.cli.conftest import MODELS, model

HEAVY = ("numpy", "cv2", "PIL", "openvino", "onnxruntime", "paddle")
PROGRAM = """
import sys
from ocrzoo.cli import main
heavy = sys.argv.pop(1).split(",")
code = main(sys.argv[1:])
print("loaded:", *[name for name in heavy if name in sys.modules], file=sys.stderr)
sys.exit(code)
"""
SETTINGS_OF = ("OCRZOO_", "PADDLE_PDX_", "HF_")
DET = "PP-OCRv5_mobile_det"
COMMANDS = (
    "models list --json",
    "models list *_rec --lang ko",
    f"models show {DET}",
    f"models pull {DET} --format onnx",
    "models pull --pipeline OCR --format onnx --json",
    "models pull --lang en --format onnx",
    f"models path {DET} --format onnx",
    "models select --lang ru,en --explain",
    "models list --installed",
    "models verify --deep",
    "models repair",
    "lock --pipeline OCR --format onnx",
    "models pull --locked",
    "languages",
    "languages vi --json",
    "sources check directory wheel",
    "plugins list",
    f"mirror build mirror {DET} --format onnx",
    "mirror diff mirror",
    "mirror sign mirror --key private.pem",
    "mirror verify mirror --deep --key public.pem",
    "mirror env mirror",
    f"bundle export models.tar {DET} --format onnx",
    "bundle export mirror.tar --mirror mirror",
    f"models remove {DET}",
    "bundle import models.tar",
    "models gc",
)
"""In an order in which each has something to do."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with models in a folder of their own, and keys to sign with."""
    place = tmp_path_factory.mktemp("light")
    for name in MODELS:
        folder = place / "weights" / f"{name}_onnx"
        folder.mkdir(parents=True)
        for file, content in model(name, onnx=True).items():
            (folder / file).write_bytes(content)
    curve = ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "private.pem"]
    subprocess.run(["openssl", *curve], cwd=place, check=True, capture_output=True)
    public = ["ec", "-in", "private.pem", "-pubout", "-out", "public.pem"]
    subprocess.run(["openssl", *public], cwd=place, check=True, capture_output=True)
    return place


def process(place: Path, command: str, heavy: tuple[str, ...] = HEAVY) -> subprocess.Popen[str]:
    """Start a command that can reach the models of ``place`` only; last, it prints which of ``heavy`` it loaded."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_OF)},
        "OCRZOO_HOME": str(place / "home"),
        "OCRZOO_MODEL_PATH": str(place / "weights"),
        "PADDLE_PDX_MODEL_SOURCE": "directory",
    }
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, ",".join(heavy), *command.split()],
        cwd=place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def answers(place: Path) -> dict[str, tuple[int, str, str]]:
    """Exit code, output and errors of every command, run one after the other."""
    found = {}
    for command in COMMANDS:
        with process(place, command) as running:
            out, errors = running.communicate(timeout=120)
            found[command] = (running.returncode, out, errors)
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_loads_nothing_heavy(answers: dict[str, tuple[int, str, str]], command: str) -> None:
    code, out, errors = answers[command]
    assert code == 0, errors
    assert out or errors.count("\n") > 1
    assert errors.splitlines()[-1] == "loaded:"


@pytest.mark.parametrize("command", ["--version", "--help", "ocr --help", "models pull --help"])
def test_help_loads_no_pydantic(command: str, tmp_path: Path) -> None:
    with process(tmp_path, command, heavy=(*HEAVY, "pydantic")) as running:
        out, errors = running.communicate(timeout=60)
    assert (running.returncode, errors) == (0, "loaded:\n")
    assert out


def test_a_running_server_loads_nothing_heavy(answers: dict[str, tuple[int, str, str]], place: Path) -> None:
    with process(place, "mirror serve mirror --port 0") as running:
        try:
            assert running.stdout is not None
            assert "http://127.0.0.1:" in running.stdout.readline()
            running.send_signal(signal.SIGINT)
            _, errors = running.communicate(timeout=60)
        finally:
            running.kill()
    assert errors.splitlines()[-1] == "loaded:"
