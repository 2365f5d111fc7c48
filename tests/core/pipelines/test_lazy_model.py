"""Models are loaded when the first page needs them, those of this machine at the same time."""

from __future__ import annotations

from threading import Barrier
from typing import Any, cast

import pytest

from ocrzoo.engines.base import Device
from ocrzoo.loading.candidates import Candidate
from ocrzoo.loading.plan import Loaded
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.lazy_model import LazyModel, load_together
from ocrzoo.pipelines.schema import Module
from ocrzoo_registry.errors import EngineError
from ocrzoo_registry.zoo import Zoo

CPU = Device()


def model(name: str, zoo: Zoo) -> LazyModel[Any]:
    return LazyModel(name, Module(module_name="text_recognition", model_name=name), ModelLoader(zoo))


@pytest.fixture
def models(zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> list[LazyModel[Any]]:
    monkeypatch.setattr(LazyModel, "is_local", lambda _self: True)
    return [model(name, zoo) for name in ("PP-OCRv5_mobile_rec", "PP-OCRv6_tiny_rec")]


def test_they_are_loaded_at_the_same_time(models: list[LazyModel[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    both = Barrier(2, timeout=10)
    monkeypatch.setattr(ModelLoader, "load", lambda *_given: Loaded(both.wait(), cast("Candidate", None)))
    load_together(models, CPU)
    assert all(one.is_loaded(CPU) for one in models)


def test_downloads_come_one_after_the_other(models: list[LazyModel[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LazyModel, "is_local", lambda one: one is models[0])
    monkeypatch.setattr(ModelLoader, "load", lambda *_given: pytest.fail("loaded"))
    load_together(models, CPU)
    assert not any(one.is_loaded(CPU) for one in models)


def test_whoever_needs_one_that_cannot_be_loaded_is_told(
    models: list[LazyModel[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_loader: ModelLoader, name: str, *_given: object) -> Loaded:
        if "v5" in name:
            raise EngineError("it is broken")
        return Loaded(name, cast("Candidate", None))

    monkeypatch.setattr(ModelLoader, "load", load)
    load_together(models, CPU)
    assert [one.is_loaded(CPU) for one in models] == [False, True]
    with pytest.raises(EngineError, match="it is broken"):
        models[0].on(CPU)
