"""Which ways to run a model a request allows: by the model's figures, and by what the CPU computes itself."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from ocrzoo.engines.base import Device, EngineOptions
from ocrzoo.precision.variants import native_precisions, variants
from ocrzoo.precision.wanted import Wanted
from ocrzoo.types import Batching
from ocrzoo_registry.cards.figures import ErrorRate
from ocrzoo_registry.plugins.specs import EngineSpec
from ocrzoo_registry.store.store import ModelFiles

MODULE = "engine_of_these_tests"
SPEC = EngineSpec("quick", f"{MODULE}:Quick", formats=("onnx",), module="sys", install="quick", rank=1)
FILES = ModelFiles("seaside_rec", "onnx", Path("seaside"))


class Quick:
    """An engine on a CPU that has bfloat16."""

    def native_precisions(self) -> frozenset[str]:
        return frozenset({"float32", "bfloat16"})


class Silent:
    """An engine that does not say what it computes."""


class Failing:
    """An engine that cannot even be asked."""

    def native_precisions(self) -> frozenset[str]:
        raise OSError("no library")


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType(MODULE)
    module.Quick = Quick  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, MODULE, module)
    return module


def rate(precision: str, batching: Batching, percent: float, speed: float, engine: str = "quick") -> ErrorRate:
    return ErrorRate(
        engine=engine, precision=precision, batching=batching, percent=percent, speed=speed, pages="ten pages"
    )


EXACT = rate("float32", "exact", 2.0, 1.0)
RATES = [
    rate("float8", "width", 1.0, 4.0),
    rate("bfloat16", "width", 2.0, 1.8),
    rate("bfloat16", "exact", 2.1, 1.6),
    rate("float32", "width", 1.9, 1.2),
    EXACT,
]


def ways(wanted: Wanted, rates: list[ErrorRate] = RATES, options: EngineOptions | None = None) -> list[tuple[str, str]]:
    found = variants(rates, FILES, SPEC, options or EngineOptions(), wanted)
    assert all(one.options.precision == one.precision for one in found)
    return [(one.precision, one.batching) for one in found]


def test_auto_takes_what_is_as_accurate_as_float32_in_the_order_of_the_card() -> None:
    """Float8 would be faster, but this CPU does not compute it; bfloat16 in PaddleX's groups makes more errors."""
    assert ways(Wanted("auto")) == [
        ("bfloat16", "width"),
        ("float32", "width"),
        ("float32", "exact"),
    ]


def test_a_difference_of_next_to_nothing_is_none() -> None:
    more = rate("bfloat16", "width", 2.02, 1.8)
    little, unknown = (more.model_copy(update={"difference": one}) for one in ((-0.05, 0.09), (-0.2, 0.3)))
    assert ways(Wanted("auto"), [little, EXACT]) == [("bfloat16", "width"), ("float32", "exact")]
    assert ways(Wanted("auto"), [unknown, EXACT]) == [("float32", "exact")]


def test_auto_keeps_the_batching_that_is_named() -> None:
    assert ways(Wanted("auto", "width")) == [("bfloat16", "width"), ("float32", "width")]
    assert ways(Wanted("auto", "exact")) == [("float32", "exact")]


def test_without_figures_auto_is_float32_in_the_groups_of_paddlex() -> None:
    assert ways(Wanted("auto"), []) == [("float32", "exact")]
    assert ways(Wanted("auto"), RATES[:-1]) == [("float32", "exact")]  # nothing to compare with


def test_figures_of_another_engine_say_nothing() -> None:
    assert ways(Wanted("auto"), [one.model_copy(update={"engine": "other"}) for one in RATES]) == [("float32", "exact")]


@pytest.mark.parametrize("kind", [Silent, Failing])
def test_an_engine_that_does_not_say_what_it_computes_is_taken_for_float32(engine: ModuleType, kind: type) -> None:
    engine.Quick = kind  # type: ignore[attr-defined]
    assert native_precisions(SPEC, EngineOptions()) == {"float32"}


def test_figures_are_those_of_cpus() -> None:
    assert native_precisions(SPEC, EngineOptions(Device("gpu"))) == {"float32"}


def test_a_precision_that_is_named_is_the_only_way() -> None:
    assert ways(Wanted("float32")) == [("float32", "exact")]
    assert ways(Wanted("float32", "width")) == [("float32", "width")]
    assert ways(Wanted("float16")) == [("float16", "exact")]
    assert ways(Wanted("bfloat16", "exact")) == [("bfloat16", "exact")]


def test_auto_may_check() -> None:
    rates = [rate("bfloat16", "width", 2.1, 1.8), rate("checked", "width", 2.0, 1.4), EXACT]
    [first, last] = variants(rates, FILES, SPEC, EngineOptions(), Wanted("auto"))
    assert (first.precision, first.options.precision) == ("checked", "bfloat16")
    assert last.precision == "float32"


def test_checked_is_the_reduced_precision_of_the_cpu() -> None:
    [found] = variants(RATES, FILES, SPEC, EngineOptions(), Wanted("checked"))
    assert (found.precision, found.options.precision, found.batching) == ("checked", "bfloat16", "width")


def test_or_float32_where_it_has_none(engine: ModuleType) -> None:
    engine.Quick = Silent  # type: ignore[attr-defined]
    assert ways(Wanted("checked")) == [("float32", "width")]


def test_its_batching_is_by_width_where_that_costs_no_accuracy() -> None:
    assert ways(Wanted("bfloat16")) == [("bfloat16", "width")]
    assert ways(Wanted("bfloat16"), [rate("bfloat16", "exact", 2.0, 1.6), rate("bfloat16", "width", 2.1, 1.8)]) == [
        ("bfloat16", "exact")
    ]
