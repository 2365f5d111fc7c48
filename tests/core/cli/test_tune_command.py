"""``ocrzoo tune``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.core.tuning.conftest import DET, REC, own_home

from ocrzoo.cli import main

__all__ = ["own_home"]

pytestmark = pytest.mark.weights


def test_measures_shows_and_forgets(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", REC, "--show"]) == 0
    assert capsys.readouterr().err == (f"{REC}: not measured on this machine with these engines: ocrzoo tune {REC}\n")
    assert main(["tune", REC, "--budget", "1", "--json"]) == 0
    (choice,) = json.loads(capsys.readouterr().out)
    assert choice["model"] == REC
    assert main(["tune", REC, "--show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [choice]
    assert main(["tune", REC, "--show"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) == 1 + len(choice["ways"])
    assert main(["tune", REC, "--forget"]) == 0
    assert capsys.readouterr().err == f"removed: {REC}\n"
    assert main(["tune", REC, "--forget"]) == 0
    assert capsys.readouterr().err == "removed: nothing\n"


def test_explains(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", REC, DET, "--budget", "1", "--explain"]) == 0
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.split("\t")[-2:] == ["answers", "outcome"]
    assert sum("chosen for float32" in row for row in rows) == 2


def test_without_models_those_of_a_pipeline_that_are_here(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "--pipeline", "OCR", "--show"]) == 0
    assert "PP-OCRv5_server_det" not in capsys.readouterr().out


def test_an_unknown_model(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", "PP-OCRv6_tiny_rek"]) == 3
    assert "did you mean PP-OCRv6_tiny_rec" in capsys.readouterr().err


def test_to_show_and_to_forget_exclude_each_other(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tune", REC, "--show", "--forget"]) == 2
