"""Exit codes, and errors in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocrzoo_registry.errors import ExitCode
from ocrzoo_registry.zoo import Zoo

Run = Callable[..., Any]


def test_the_codes() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0,
        "BUG": 1,
        "USAGE": 2,
        "NOT_FOUND": 3,
        "SOURCE": 4,
        "INTEGRITY": 5,
        "INPUTS": 6,
    }


def test_help_lists_the_exit_codes(run: Run) -> None:
    text = " ".join(run("--help").out.split())
    assert "0 done, 1 bug, 2 usage, 3 no such model or language, 4 source or network, 5 integrity, 6 some" in text


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--version"], ["models", "list"], ["plugins", "list"]])
def test_done(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out


class TestBug:
    """Something nobody foresaw."""

    @pytest.fixture(autouse=True)
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_zoo: Zoo) -> None:
            raise RuntimeError("the floor\nis lava")

        monkeypatch.setattr(Zoo, "models", property(fail))

    def test_is_one_line(self, run: Run) -> None:
        ran = run("models", "list")
        assert ran.code == 1
        assert ran.error == "bug: RuntimeError: the floor is lava (--debug shows where)"

    def test_debug_shows_where(self, run: Run) -> None:
        ran = run("models", "list", "--debug")
        assert ran.code == 1
        assert "Traceback (most recent call last)" in ran.err
        assert "test_exit_codes.py" in ran.err
        assert ran.err.splitlines()[-1].startswith("bug: ")

    def test_debug_holds_for_one_command(self, run: Run) -> None:
        run("models", "list", "--debug")
        assert run("models", "list").error


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["read"], "No such command 'read' (did you mean ocr?)"),
        (["download", "UVDoc"], "No such command 'download' (did you mean models pull?)"),
        (["models", "download", "UVDoc"], "No such command 'download' (did you mean pull?)"),
        (["qqq"], "No such command 'qqq' (see 'ocrzoo --help')"),
        (["modls"], "No such command 'modls' (did you mean models?)"),
        (["ocr"], "INPUT"),
        (["ocr", "x.png", "--page", "1"], "--page"),
        (["ocr", "x.png", "--device", "cuda"], "device 'cuda' is not one of cpu, gpu"),
        (["ocr", "x.png", "--engine", "openvin"], "no engine is called 'openvin'"),
        (["ocr", "x.png", "--text_det_limit_type", "long"], "long"),
        (["ocr", "x.png", "--text_det_thresh", "high"], "high"),
        (["ocr", "x.png", "--text_det_limit_side_len", "0"], "text_det_limit_side_len=0"),
        (["ocr", "x.png", "--use_doc_unwarping", "perhaps"], "'perhaps' is neither True nor False"),
        (["models", "list", "--task", "text_detecton"], "text_detection"),
        (["--pipeline", "OCR"], "--input"),
        (["--input", "x.png"], "--pipeline"),
        (["--pipeline", "ORC", "--input", "x.png"], "no pipeline is called 'ORC'"),
    ],
)
def test_usage(run: Run, sample: Path, arguments: list[str], says: str) -> None:
    ran = run(*[str(sample) if argument == "x.png" else argument for argument in arguments])
    assert ran.code == 2
    assert ran.out == ""
    assert ran.error.startswith("error: ")
    assert says in ran.error


def test_an_invalid_setting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCRZOO_OFFLINE", "perhaps")
    ran = run("models", "list")
    assert ran.code == 2
    assert "OCRZOO_OFFLINE='perhaps'" in ran.error


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["models", "show", "PP-OCRv5_mobil_det"], "PP-OCRv5_mobile_det"),
        (["ocr", "x.png", "--text_detection_model_name", "PP-OCRv5_mobil_det"], "PP-OCRv5_mobile_det"),
        (["ocr", "no.png", "--text_recognition_model_name", "PP-OCRv5_mobil_rec"], "PP-OCRv5_mobile_rec"),
        (["ocr", "x.png", "--lang", "tlh"], "no model reads Klingon (tlh)"),
        (["ocr", "x.png", "--lang", "vi"], "lacks 88 of the 178 letters of Vietnamese"),
        (["ocr", "x.png", "--lang", "xx"], "unknown language 'xx'"),
    ],
)
def test_not_found(run: Run, sample: Path, arguments: list[str], says: str) -> None:
    ran = run(*[str(sample) if argument == "x.png" else argument for argument in arguments])
    assert ran.code == 3
    assert says in ran.error


def test_source(run: Run, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path))
    monkeypatch.setenv("OCRZOO_OFFLINE", "1")
    ran = run("ocr", sample, "--text_detection_model_name", "PP-OCRv5_server_det")
    assert ran.code == 4
    (error,) = ran.err.splitlines()
    assert error.startswith("error: PP-OCRv5_server_det is not cached and offline mode is on. Add its folder to ")


def test_integrity(run: Run, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "models" / "PP-OCRv4_mobile_det_onnx"
    folder.mkdir(parents=True)
    (folder / "inference.onnx").write_bytes(b"another network")
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OCRZOO_MODEL_PATH", str(folder.parent))
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "directory,bos")
    ran = run("ocr", sample, "--text_detection_model_name", "PP-OCRv4_mobile_det")
    assert ran.code == 5
    assert ran.err.splitlines()[-1].startswith("error: PP-OCRv4_mobile_det was refused, its files are not")
    assert "Traceback" not in ran.err


def test_inputs(run: Run, tmp_path: Path) -> None:
    ran = run("ocr", tmp_path / "no.png")
    assert ran.code == 6
    assert ran.error == f"error: {tmp_path / 'no.png'}: No such file or directory"


def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_zoo: Zoo) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Zoo, "models", property(interrupt))
    ran = run("models", "list")
    assert ran.code == 130
    assert "Traceback" not in ran.err


def test_the_installed_command_exits_with_the_code(start: Run, tmp_path: Path) -> None:
    done = start("ocr", tmp_path / "no.png")
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr == f"error: {tmp_path / 'no.png'}: No such file or directory\n"
    assert start("models", "show", "nothing_like_it").returncode == 3
