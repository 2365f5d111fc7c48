"""``ocrzoo models doctor`` on folders, files and names: what it prints, its exit codes, and what it refuses."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from tests.core.diagnosis.altered_models import Network, with_dictionary, write
from tests.core.testing.plugins import Seaside

from ocrzoo.cli import main
from ocrzoo.diagnosis.samples import LOOKS, render
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.zoo import Zoo

NAME = "PP-OCRv6_tiny_rec"
PAGE = Path(__file__).parents[3] / "docs" / "plugins" / "doctor.md"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command in this process."""

    def call(*arguments: str | Path) -> Ran:
        code = main(["models", "doctor", *map(str, arguments)])
        return Ran(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="module")
def source(zoo: Zoo) -> Path:
    return zoo.resolver.get(DownloadRequest(zoo.models.get(NAME), ["onnx"])).folder


@pytest.fixture
def line(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "line.png"), render("Shelf 31, row 8", LOOKS[0]))
    return tmp_path / "line.png"


@pytest.mark.weights
def test_a_folder_with_a_line_of_the_user(run: Callable[..., Ran], tmp_path: Path, source: Path, line: Path) -> None:
    folder = write(tmp_path / "exported", source, config=with_dictionary(source, lambda own: own[1:]))
    ran = run(folder, "--page", line, "--text", "Shelf 31, row 8", "--engine", "onnxruntime")
    assert (ran.code, ran.err) == (2, "")
    rows = dict(row.split("\t", 1) for row in ran.out.splitlines() if row.count("\t") == 1)
    assert "cause found (sure)" in rows["Verdict"]
    assert rows["Change 1"].startswith("add 1 entry at the start of PostProcess.character_dict")
    assert "the network has 6906 classes" in rows["Now"]


@pytest.mark.weights
def test_without_the_text_nothing_is_sure(run: Callable[..., Ran], source: Path, line: Path) -> None:
    ran = run(source, "--page", line, "--engine", "onnxruntime")
    rows = dict(row.split("\t", 1) for row in ran.out.splitlines() if row.count("\t") == 1)
    assert rows["Verdict"].startswith("sound (unsure)")
    assert rows["Next"].startswith("give the text with --text")
    assert "as stated" in rows["Probability"]
    assert "Right" not in rows


@pytest.mark.weights
def test_a_single_file_with_its_dictionary(run: Callable[..., Ran], tmp_path: Path, source: Path, line: Path) -> None:
    file, dictionary = tmp_path / "model.onnx", tmp_path / "dict.txt"
    shutil.copy(source / "inference.onnx", file)
    entries = with_dictionary(source, lambda own: own)["PostProcess"]["character_dict"]
    dictionary.write_text("\n".join(entries), encoding="utf-8", newline="\r\n")
    ran = run(file, "--dictionary", dictionary, "--page", line, "--text", "Shelf 31, row 8", "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["verdict"], found["where"]) == (0, "sound", str(file))
    without = json.loads(run(file, "--page", line, "--text", "Shelf 31, row 8", "--json").out)
    assert without["findings"][0]["reads"] == f"that of {NAME}"
    assert without["now"] == "model: no dictionary is known: give it with --dictionary"
    dictionary.write_text("\n".join(entries[:-1]), encoding="utf-8")
    short = json.loads(run(file, "--dictionary", dictionary, "--page", line, "--text", "Shelf 31, row 8", "--json").out)
    assert short["findings"][0]["change"] == (
        f"add the 1 missing entry at the end of {dictionary}: the network has 6906 classes, blank and space included; "
        f"or use the charset of {NAME} in place of {dictionary}, which reads as well"
    )


@pytest.mark.weights
def test_the_source_folder_of_a_plugin(run: Callable[..., Ran], tmp_path: Path, zoo: Zoo, line: Path) -> None:
    plugin = Seaside(tmp_path / "seaside", zoo)
    plugin.charset.pop()
    folder = plugin.write()
    ran = run(folder, "--page", line, "--text", "Shelf 31, row 8", "--engine", "onnxruntime", "--json")
    found = json.loads(ran.out)
    assert (found["model"], found["where"], found["verdict"]) == ("seaside_rec", str(folder), "cause found")
    change = "add the 1 missing entry at the end of charsets/seaside.txt, the charset of its card: "
    assert found["findings"][0]["change"].startswith(change)


@pytest.mark.weights
def test_the_conversion_of_the_documentation(
    run: Callable[..., Ran], tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network(source).before("Sub", np.float32(1)).before("Mul", np.float32(2 / 255))
    write(tmp_path / "exported", source, network=network.before("Gather", np.array([2, 1, 0]), axis=1).model)
    (code,) = [
        one
        for one in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        if "onnx.save" in one
    ]
    monkeypatch.chdir(tmp_path)
    exec(compile(code, str(PAGE), "exec"), {})  # what the page shows
    onnx.checker.check_model(str(tmp_path / "exported" / "inference.onnx"))
    found = json.loads(run(tmp_path / "exported", "--engine", "onnxruntime", "--json").out)
    assert (found["verdict"], found["findings"]) == ("sound", [])


def test_a_classifier_is_not_examined(run: Callable[..., Ran], stand_ins: dict[str, Path]) -> None:
    found: dict[str, Any] = json.loads(run(next(iter(stand_ins.values())), "--task", "image_unwarping", "--json").out)
    assert found["verdict"] in {"not examined", "refused"}
    assert "text_recognition and text_detection only" in found["summary"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("PP-OCRv6_tiny_reg",), 2, "PP-OCRv6_tiny_rec"),
        (("none/here",), 2, "no such folder or file"),
        (("{folder}",), 2, "has no model"),
        (("{folder}/text.onnx",), 5, "web page"),
        (("{folder}/text.txt",), 2, "not an .onnx file"),
        ((NAME, "--text", "a"), 2, "--page"),
        ((NAME, "--page", "none.png"), 6, "no such file"),
        ((NAME, "--budget", "nan"), 2, "no number of seconds"),
        ((NAME, "--page", "{folder}/text.txt"), 6, "not an image"),
    ],
)
def test_bad_arguments(
    run: Callable[..., Ran], tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    (tmp_path / "text.onnx").write_text("<!doctype html>")
    (tmp_path / "text.txt").write_text("text")
    ran = run(*(one.format(folder=tmp_path) for one in arguments))
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert message in ran.err


def test_a_network_that_never_ends_is_given_up(
    run: Callable[..., Ran], source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network can have loops: a function that waits stands for a run of it here, as nothing ends a real one."""
    over = Event()
    monkeypatch.setattr("ocrzoo.diagnosis.diagnosis.examine", lambda *_: over.wait(60))
    monkeypatch.setattr("ocrzoo.cli.commands.model_doctor.GRACE_S", 0.0)
    try:
        ran = run(source, "--budget", "1")
    finally:
        over.set()
    assert ran.code == 2
    assert "no result within 1 s: a run of its network takes too long. Allow more with --budget" in ran.err
