"""The script that asks which wheels there are: what it reads of uv's answers, and the tables that it writes."""

from __future__ import annotations

import datetime as dt
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "wheels.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wheels_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "said",
    [
        "Because paddle2onnx==2.1.0 has no wheels with a matching Python ABI tag (e.g., `cp314`) and ocrzoo depends on",
        "Because paddle2onnx==2.1.0\n  has no usable wheels and you require paddle2onnx==2.1.0, we can conclude",
    ],
)
def test_uv_names_what_has_no_wheel(script: ModuleType, said: str) -> None:
    assert script.culprit(said) == "paddle2onnx"


def test_what_else_uv_says_is_shown(script: ModuleType) -> None:
    with pytest.raises(SystemExit, match="no network"):
        script.culprit("error: no network")


def test_an_extra_lacks_the_pythons_of_its_packages(script: ModuleType) -> None:
    lacks = [script.Lack("paddle2onnx", "Windows x86-64", python, "2.2.0") for python in ("3.13", "3.14")]
    needed = {"": {"click"}, "convert": {"paddle2onnx"}}
    lines = list(script.page(lacks, needed, dt.date(2026, 11, 30)))
    assert "| `ocrzoo` | 1 | 3.11 to 3.14 | 3.11 to 3.14 | 3.11 to 3.14 | 3.11 to 3.14 |" in lines
    assert "| `ocrzoo[convert]` | 1 | 3.11 to 3.14 | 3.11 to 3.14 | 3.11 to 3.14 | 3.11, 3.12 |" in lines
    assert lines[-1].startswith("| paddle2onnx |")
    assert lines[-1].endswith("| convert | Windows x86-64: 3.13, 3.14 | 2.2.0 |")


def test_each_extra_is_in_the_page(script: ModuleType) -> None:
    page = script.PAGE.read_text(encoding="utf-8")
    assert script.MADE.search(page) is not None
    assert [extra for extra in script.needs() if f"| `ocrzoo[{extra}]` |" not in page and extra] == []
