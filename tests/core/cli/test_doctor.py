"""``ocrzoo doctor``: what it finds, and what it says to do."""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ocrzoo.cli.checks import CHECKS, WITHOUT_SETTINGS, engines, packages, storage, variables
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

Run = Callable[..., Any]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCRZOO_OFFLINE", "1")
    monkeypatch.delenv("PADDLE_PDX_MODEL_SOURCE")


@pytest.mark.usefixtures("offline")
def test_a_good_installation_has_no_error(run: Run) -> None:
    ran = run("doctor", "--json")
    report = json.loads(ran.out)
    assert (ran.code, report["ok"], ran.err) == (0, True, "")
    assert {one["check"] for one in report["findings"]} == set(CHECKS)
    found = {one["data"]["engine"]: one["message"] for one in report["findings"] if one["check"] == "engines"}
    assert found["openvino"].startswith("openvino 20")
    asked = [one["data"] for one in report["findings"] if one["check"] == "sources"]
    assert {one["answer"] for one in asked if one["network"]} == {"skipped in offline mode"}


@pytest.mark.usefixtures("offline")
def test_it_is_a_table_for_people(run: Run) -> None:
    rows = [line.split("\t") for line in run("doctor").out.splitlines()]
    assert rows[0] == ["check", "level", "finding", "next step"]
    assert list(dict.fromkeys(row[0] for row in rows[1:])) == list(CHECKS)


def test_an_invalid_setting_is_one_of_the_errors(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCRZOO_OFFLINE", "perhaps")
    ran = run("doctor", "--json")
    report = json.loads(ran.out)
    assert (ran.code, report["ok"], ran.err) == (2, False, "")
    errors = [(one["check"], one["message"]) for one in report["findings"] if one["level"] == "error"]
    assert errors == [("settings", "OCRZOO_OFFLINE='perhaps' is not a boolean. Set it to 1 or 0.")]
    assert {one["check"] for one in report["findings"]} == {"settings", *WITHOUT_SETTINGS}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "crashes with SIGILL: the CPU lacks an instruction"),
        ("raise ImportError('libcuda.so.1: cannot open')", "its import fails: ImportError: libcuda.so.1: cannot open"),
        ("import sys; sys.exit(3)", "its import fails: exit code 3"),
        ("import time; time.sleep(60)", "its import does not end within 1 s"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_broken_engine_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, fault: str
) -> None:
    (tmp_path / "broken_engine.py").write_text(content)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(engines, "IMPORT_S", 1.0 if "sleep" in content else 30.0)
    assert fault in engines.import_fault("broken_engine")[0]


def test_versions_that_ocrzoo_does_not_accept_are_errors(zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = {"numpy": "1.26.4"}
    installed = importlib.metadata.version
    monkeypatch.setattr(packages, "version", lambda name: numbers.get(name) or installed(name))
    found = [(one.level, one.message, one.next_step) for one in packages.requirements(zoo) if one.level != "ok"]
    step = "pip install 'numpy>=2.0'"
    assert found == [("error", "numpy 1.26.4 is installed, and ocrzoo requires numpy>=2.0", step)]


def test_a_home_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_write_fault", lambda _folder: "Read-only file system")  # root may write anywhere
    (found,) = storage.home(Zoo(Settings(home=tmp_path / "home")))
    assert (found.level, found.data["writable"], found.data["exists"]) == ("warning", False, False)
    assert "cannot be written: Read-only file system" in found.message
    assert "OCRZOO_HOME" in found.next_step


def test_a_misspelled_setting_is_a_warning_and_secrets_are_not_shown(tmp_path: Path) -> None:
    environ = {
        "OCRZOO_OFLINE": "1",
        "HF_TOKEN": "hf_very_secret",
        "HTTPS_PROXY": "http://me:word@proxy:3128",
        "OCRZOO_MIRROR_TOKEN": "other_secret",
    }
    ok, unknown = variables.settings(Zoo(Settings(home=tmp_path, environ=environ)))
    assert "HTTPS_PROXY=http://...@proxy:3128" in ok.message
    assert not {"hf_very_secret", "word", "other_secret"} & set(re.split(r"[^a-z_]+", f"{ok.message} {ok.data}"))
    assert (unknown.level, "did you mean OCRZOO_OFFLINE" in unknown.message) == ("warning", True)


def test_the_known_variables_are_those_of_the_page(repository: Path) -> None:
    page = (repository / "docs" / "settings.md").read_text("utf-8")
    first = "\n".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`([A-Z_]+)`", first)) == {name for name in variables.VARIABLES if name.isupper()}
