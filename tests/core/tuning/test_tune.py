"""Measuring real models, and what is used afterwards."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from tests.core.tuning.conftest import DET, REC
from tests.registry.kit import SitePackages

from ocrzoo.engines.base import EngineOptions
from ocrzoo.engines.limits import usable_threads
from ocrzoo.loading.plan import Plan
from ocrzoo.model_loader import ModelLoader
from ocrzoo.precision.wanted import Wanted, parse_precision
from ocrzoo.tuning import choice as choices
from ocrzoo.tuning.choice import Choice, Way
from ocrzoo.tuning.measure import threadings, way_of
from ocrzoo.tuning.tune import HEADINGS, explain, summary, tune
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights

WRONG = """
from ocrzoo.engines.onnxruntime import OnnxRuntimeEngine
from ocrzoo_registry import EngineSpec, hookimpl

class Engine(OnnxRuntimeEngine):
    def load(self, folder, file_format, options):
        session = super().load(folder, file_format, options)
        run = session.run
        session.run = lambda batch: run(batch[..., ::-1].copy())  # reads lines from right to left
        return session

@hookimpl
def ocrzoo_engines():
    yield EngineSpec("wrong", f"{__name__}:Engine", ("onnx",), __name__, install="wrong", rank=90)
"""


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure quickly: no test depends on which way is the fastest."""
    monkeypatch.setattr("ocrzoo.tuning.measure.MOST_ROUNDS", 5)


def measured(name: str, budget_s: float = 300) -> Choice:
    zoo = Zoo()
    plan = ModelLoader(zoo).plan_to_tune(name)
    choice = tune(plan, budget_s)
    choices.keep(choice, plan.files, zoo.engines, zoo.store)
    return choice


def keep_as_fastest(engine: str, streams: int = 1) -> None:
    """Keep a choice by which an engine is ten times as fast as the default."""
    zoo = Zoo()
    plan = ModelLoader(zoo).plan_to_tune(REC)
    found = [way_of(one) for candidate in plan.candidates for one in threadings(candidate)]
    ways = [
        way.model_copy(update={"rounds_ms": (1.0 if _is(way, engine, streams) else 10.0,) * 5, "same_answers": True})
        for way in found
    ]
    kept = Choice(model=REC, made="", cpu="", cores=2, engines={}, ways=tuple(ways), chosen={})
    choices.keep(kept, plan.files, zoo.engines, zoo.store)


def _is(way: Way, engine: str, streams: int) -> bool:
    return (way.engine, way.streams, way.precision, way.batching) == (engine, streams, "float32", "exact")


def engine_used(caplog: pytest.LogCaptureFixture, **loader: Any) -> str:
    caplog.clear()
    caplog.set_level(logging.DEBUG, "ocrzoo")
    ModelLoader(Zoo(), **loader).predictor(REC, "text_recognition")
    (loaded,) = (text for record in caplog.records if (text := record.getMessage()).startswith(f"{REC}: onnx on "))
    return loaded.split()[3]


@pytest.mark.parametrize(("name", "streams"), [(REC, usable_threads()), (DET, 1)])
def test_every_engine_is_measured(own_home: Path, name: str, streams: int) -> None:
    choice = measured(name)
    assert {way.engine for way in choice.ways} == {"openvino", "onnxruntime"}
    first = choice.ways[0]
    assert (first.engine, first.precision, first.batching, first.streams) == ("openvino", "float32", "exact", streams)
    assert all(len(way.rounds_ms) >= 2 or way.note for way in choice.ways)
    assert choice.ways[choice.chosen["float32"]].same_answers


def test_what_was_measured_is_found_again(own_home: Path) -> None:
    choice = measured(REC)
    zoo = Zoo()
    files = zoo.store.find(REC, "onnx")
    assert files is not None
    assert choices.find(files, zoo.engines, zoo.store) == choice
    again = measured(REC)
    assert choices.find(files, zoo.engines, zoo.store) == again


def test_the_fastest_is_used_from_then_on(own_home: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert engine_used(caplog) == "openvino"
    keep_as_fastest("onnxruntime")
    assert engine_used(caplog) == "onnxruntime"
    assert engine_used(caplog, engine="openvino") == "openvino", "the user decides"
    assert engine_used(caplog, tuned=False) == "openvino"


@pytest.mark.skipif(usable_threads() < 2, reason="one core runs one call at once")
def test_several_streams_are_used_from_then_on(own_home: Path) -> None:
    keep_as_fastest("onnxruntime", streams=2)
    (first, *_) = ModelLoader(Zoo()).plan(REC, "text_recognition").candidates
    assert (first.spec.name, first.options.streams) == ("onnxruntime", 2)
    (first, *_) = ModelLoader(Zoo(), options=EngineOptions(threads=1)).plan(REC, "text_recognition").candidates
    assert (first.spec.name, first.options.streams, first.options.threads) == ("openvino", 1, 1)


@pytest.mark.parametrize("is_measured", [True, False], ids=["no way is faster", "the time was up"])
def test_what_is_reported_for_auto_is_what_is_used(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, *, is_measured: bool
) -> None:
    def equally_fast(plan: Plan, *_: object) -> list[Way]:
        ways = [way_of(one, note="the time was up") for each in plan.candidates for one in threadings(each)]
        timed = {"rounds_ms": (10.0,) * 5, "same_answers": True, "note": ""}
        return [way.model_copy(update=timed) if is_measured or not number else way for number, way in enumerate(ways)]

    monkeypatch.setattr("ocrzoo.tuning.tune.measure", equally_fast)
    choice = measured(REC)
    assert [len(row) for row in explain(choice)] == [len(HEADINGS)] * len(choice.ways)
    assert [asked for _, asked, *_ in summary(choice)] == ["float32", "auto"]
    for asked, number in choice.chosen.items():
        loader = ModelLoader(Zoo(), wanted=Wanted(parse_precision(asked)))
        (used, *_) = loader.plan(REC, "text_recognition").candidates
        assert choice.ways[number].is_way_of(used)
        assert explain(choice)[number][-1].startswith("chosen for ")


@pytest.mark.parametrize("changed", ["cpu_key", "usable_threads", "installed"])
def test_a_choice_of_another_machine_or_of_other_versions_is_not_used(
    own_home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    keep_as_fastest("onnxruntime")
    other: dict[str, Any] = {"cpu_key": lambda: "other", "usable_threads": lambda: 99, "installed": lambda _: {}}
    monkeypatch.setattr(choices, changed, other[changed])
    assert engine_used(caplog) == "openvino"


def test_a_broken_record_is_not_used(own_home: Path, caplog: pytest.LogCaptureFixture) -> None:
    keep_as_fastest("onnxruntime")
    (record,) = own_home.rglob("choice.json")
    record.write_text("{")
    assert engine_used(caplog) == "openvino"


def test_an_engine_with_other_answers_is_never_chosen(own_home: Path, site: SitePackages) -> None:
    site.install("ocrzoo-wrong", {"ocrzoo_wrong": WRONG})
    wrong = [way for way in measured(REC).ways if way.engine == "wrong"]
    assert wrong
    assert all("failed its self-check: it reads" in way.note and not way.rounds_ms for way in wrong)


def test_without_time_the_default_alone_is_measured(own_home: Path) -> None:
    first, *others = measured(REC, 0.001).ways
    assert len(first.rounds_ms) >= 5
    assert {way.note for way in others} == {"not measured: the time was up"}


def test_the_table_has_a_row_for_each_way_and_says_why(own_home: Path) -> None:
    choice = measured(REC)
    rows = explain(choice)
    assert [len(row) for row in rows] == [len(HEADINGS)] * len(choice.ways)
    assert "chosen for float32" in rows[choice.chosen["float32"]][-1]
    assert [row[1] for row in summary(choice)] == ["float32", "auto"]
