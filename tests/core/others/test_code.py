"""Code of third parties: a predictor, source, engine, pipeline or hook that fails is named, and is no bug of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.others.conftest import Install

from ocrzoo import create_model
from ocrzoo.cli import main
from ocrzoo_registry.errors import InputError, OcrzooError
from ocrzoo_registry.zoo import Zoo

PREDICTOR = """
from ocrzoo import Line
from ocrzoo_registry import PredictorSpec

class Reader:
    name, scripts = "own_rec", ("Latn",)

    def __init__(self, card, config, session):
        {init}

    def predict(self, crops, batch_size=6, *, batching="exact", input_shape=None):
        {predict}

@hookimpl
def ocrzoo_predictors():
    yield PredictorSpec("own_reader", f"{{__name__}}:{factory}", tasks=("text_recognition",))
"""


def predictor(init: str = "pass", predict: str = "return []", factory: str = "Reader") -> str:
    """The code of a plugin's predictor for lines."""
    return PREDICTOR.format(init=init, predict=predict, factory=factory)


@pytest.fixture
def run_page(
    page: NDArray[np.uint8], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Read a page by command, with the networks of the plugin."""
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "own_home"))
    image = str(tmp_path / "page.png")
    cv2.imwrite(image, page)

    def call(*options: str) -> tuple[int, str, str]:
        capsys.readouterr()
        models = ("--text_detection_model_name", "own_det", "--text_recognition_model_name", "own_rec")
        code = main(["ocr", image, *models, *options])
        done = capsys.readouterr()
        return code, done.out, done.err

    return call


GOOD = predictor(predict="return [Line('read', 0.9) for _ in crops]")
BAD = {
    "its module is not there": (predictor(factory="Raeder"), 2, "has no attribute 'Raeder'"),
    "it cannot be made": (
        predictor(init="raise KeyError('beam')"),
        2,
        "predictor 'own_reader' .* failed: KeyError: 'beam'",
    ),
    "it exits": (predictor(init="raise SystemExit(3)"), 2, "failed: SystemExit: 3"),
    "it raises": (predictor(predict="return 1 / 0"), 6, "failed: ZeroDivisionError: division by zero"),
    "too few results": (predictor(), 2, "returned 0 results for 1 images"),
    "none": (predictor(predict="return None"), 6, "failed: TypeError"),
    "texts": (predictor(predict="return ['read' for _ in crops]"), 2, "returned str, which has no text, score"),
    "no method": (predictor().replace("def predict", "def read"), 2, "has no method predict"),
    "unlike what pipelines call": (
        predictor().replace('batch_size=6, *, batching="exact", input_shape=None', "beam"),
        6,
        "missing 1 required positional argument: 'beam'",
    ),
}


@pytest.mark.parametrize(("code", "exit_code", "said"), BAD.values(), ids=BAD)
def test_a_predictor_that_fails_is_named(
    install: Install, run_page: Callable[..., tuple[int, str, str]], code: str, exit_code: int, said: str
) -> None:
    install(code=code, inference={"predictor": "own_reader"})
    ended, out, err = run_page()
    last = err.splitlines()[-1]
    assert (ended, out) == (exit_code, "")
    assert last.startswith("error: ")
    assert "own_rec" in last
    assert "'sea' (sea-dist 1.0)" in last
    assert_found(said, last)


def assert_found(pattern: str, text: str) -> None:
    """Check that a pattern is in a text, which is shown if not."""
    assert re.search(pattern, text), text


def test_a_good_one_reads(install: Install, run_page: Callable[..., tuple[int, str, str]]) -> None:
    """Made of public names only; a generator and a class with slots are predictors too."""
    install(code=GOOD, inference={"predictor": "own_reader"})
    assert run_page()[:2] == (0, "read\n")


@pytest.mark.parametrize(
    "changed",
    [
        GOOD.replace("return [Line('read', 0.9) for _ in crops]", "yield from [Line('read', 0.9) for _ in crops]"),
        GOOD.replace("class Reader:", "class Reader:\n    __slots__ = ()"),
        re.sub(r"    name, scripts = .*\n", "", GOOD).replace(
            ', batch_size=6, *, batching="exact", input_shape=None', ""
        ),
        GOOD.replace(
            "class Reader:", "from dataclasses import dataclass\n@dataclass(frozen=True, init=False)\nclass Reader:"
        ),
    ],
    ids=["a generator", "slots", "nothing but predict", "frozen"],
)
def test_unusual_ones_read_too(install: Install, run_page: Callable[..., tuple[int, str, str]], changed: str) -> None:
    install(code=changed, inference={"predictor": "own_reader"})
    assert run_page()[:2] == (0, "read\n")


def test_its_failure_costs_only_the_page(install: Install, own_zoo: Callable[[], Zoo], page: NDArray[np.uint8]) -> None:
    code = predictor(predict="return [Line('read', 0.9 // int(crop.mean() > 0)) for crop in crops]")
    install(code=code, inference={"predictor": "own_reader"})
    errors: list[InputError] = []
    found = create_model("own_rec", zoo=own_zoo()).predict(
        [page, np.zeros((48, 96, 3), np.uint8), page], on_error=errors.append
    )
    assert [result["rec_text"] for result in found] == ["read", "read"]
    assert "own_rec: the predictor of plugin 'sea' (sea-dist 1.0) failed: ZeroDivisionError" in str(errors[0])


ENGINE = """
from ocrzoo_registry import EngineSpec

class Engine:
    def load(self, folder, file_format, options):
        {load}

class Session:
    {session}

@hookimpl
def ocrzoo_engines():
    yield EngineSpec("own_engine", f"{{__name__}}:Engine", ("onnx",), "json", "sea-dist", rank=90)
"""
ENGINES = {
    "it cannot load": ("raise ValueError('no')", "pass", "engine own_engine .* failed: ValueError: no"),
    "it returns nothing": ("return None", "pass", "engine own_engine .* failed: AttributeError"),
    "its session lacks inputs": ("return Session()", "pass", "engine own_engine .* failed: AttributeError"),
    "its session lacks a method": ("return Session()", "inputs = ()", "cannot run on an input of .*'run'"),
    "its session returns a list": (
        "return Session()",
        "inputs = ()\n    def run(self, batch): return [1.0]",
        r"output is not floating-point \(list\)",
    ),
}


@pytest.mark.parametrize(("load", "session", "said"), ENGINES.values(), ids=ENGINES)
def test_an_engine_that_fails_is_named(
    install: Install, own_zoo: Callable[[], Zoo], page: NDArray[np.uint8], load: str, session: str, said: str
) -> None:
    install(code=ENGINE.format(load=load, session=session))
    with pytest.raises(OcrzooError, match=rf"{said}") as caught:
        list(create_model("own_rec", zoo=own_zoo(), engine="own_engine").predict(page))
    assert "'sea' (sea-dist 1.0)" in str(caught.value)


PIPELINE = """
from ocrzoo_registry import PipelineSpec

def config():
    {config}

class Postcard:
    def __init__(self, config, loader):
        {init}

    def predict(self, input, *, on_error=None):
        {predict}

@hookimpl
def ocrzoo_pipelines():
    yield PipelineSpec("postcard", f"{{__name__}}:Postcard", f"{{__name__}}:config")
"""
PIPELINES = {
    "its configuration fails": ("return 1 / 0", "pass", "yield 1"),
    "it cannot be made": ("return {'pipeline_name': 'postcard'}", "raise KeyError(1)", "yield 1"),
    "it raises": ("return {'pipeline_name': 'postcard'}", "pass", "yield 1 / 0"),
    "it yields what cannot be printed": ("return {'pipeline_name': 'postcard'}", "pass", "yield {'text': 'x'}"),
    "it returns none": ("return {'pipeline_name': 'postcard'}", "pass", "return None"),
}


@pytest.mark.parametrize(("config", "init", "predict"), PIPELINES.values(), ids=PIPELINES)
def test_a_pipeline_that_fails_is_named(
    install: Install,
    tmp_path: Path,
    page: NDArray[np.uint8],
    capsys: pytest.CaptureFixture[str],
    config: str,
    init: str,
    predict: str,
) -> None:
    install(code=PIPELINE.format(config=config, init=init, predict=predict))
    image = str(tmp_path / "page.png")
    cv2.imwrite(image, page)
    code = main(["--pipeline", "postcard", "--input", image])
    err = capsys.readouterr().err.splitlines()[-1]
    assert code == 2
    assert err.startswith("error: ")
    assert "'sea' (sea-dist 1.0)" in err or "this pipeline yields dict" in err


def test_a_source_that_fails_is_named(install: Install, own_zoo: Callable[[], Zoo]) -> None:
    code = """
from ocrzoo_registry import SourceSpec

class Shelf:
    def __init__(self, settings):
        pass
    def list(self, card, file_format):
        return self.shelf

@hookimpl
def ocrzoo_sources():
    yield SourceSpec("shelf", f"{__name__}:Shelf", rank=1, network=False)
"""
    install(code=code, sources={"shelf": {"onnx": {"box": "x"}}})
    with pytest.raises(OcrzooError, match=r"shelf: AttributeError: .*shelf.* \(plugin 'sea' \(sea-dist 1\.0\)\)"):
        create_model("own_rec", zoo=own_zoo())


def test_a_hook_that_fails_is_named(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    install(code="\n@hookimpl\ndef ocrzoo_engines():\n    raise KeyError('x')\n")
    assert main(["plugins", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["plugins"]
    (sea,) = (one for one in found if one["name"] == "sea")
    assert (sea["status"], sea["failures"][0]["message"]) == ("incomplete", "ocrzoo_engines: KeyError: 'x'")


def test_an_exception_anywhere_in_a_plugins_code_is_the_plugins(
    install: Install, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last resort of the command line: whose code the traceback leads to."""
    install(code="\ndef broken(*_):\n    raise RuntimeError('in the plugin')\n")
    from importlib import import_module

    from ocrzoo_registry.zoo import Zoo

    def models(_zoo: Zoo) -> Any:
        import_module("sea").broken()

    monkeypatch.setattr(Zoo, "models", property(models))
    assert main(["models", "list"]) == 2
    assert capsys.readouterr().err == (
        "error: plugin 'sea' (sea-dist 1.0) failed: RuntimeError: in the plugin (--debug shows where)\n"
    )
