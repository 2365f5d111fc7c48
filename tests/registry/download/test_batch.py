"""Pulling several models: side by side, told in order, and each failure for itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Event

import pytest
from tests.registry.kit import MakeResolver, Shelf

from ocrzoo_registry.download.batch import SIDE_BY_SIDE, Pull, pull_all
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.errors import Refused, SourceError, StoreError
from ocrzoo_registry.store.store import ModelFiles


@pytest.fixture
def resolver(make_resolver: MakeResolver) -> Resolver:
    return make_resolver(shelf=Shelf())


def files(name: str) -> ModelFiles:
    return ModelFiles(name, "onnx", Path(name))


def failing(error: BaseException) -> Callable[[], ModelFiles]:
    def bring() -> ModelFiles:
        raise error

    return bring


def test_models_come_side_by_side_and_are_told_in_the_order_given(resolver: Resolver) -> None:
    together = Barrier(SIDE_BY_SIDE)

    def bring(name: str) -> ModelFiles:
        together.wait(10)
        return files(name)

    names = [str(number) for number in range(SIDE_BY_SIDE * 2)]
    pulled = pull_all(resolver, [Pull(name, lambda name=name: bring(name)) for name in names])  # type: ignore[misc]
    assert [(one.name, one.files, one.error) for one in pulled] == [(name, files(name), None) for name in names]


def test_a_model_that_fails_costs_itself_only(resolver: Resolver) -> None:
    error = Refused("no")
    pulled = pull_all(resolver, [Pull("a", failing(error)), Pull("b", lambda: files("b"))])
    assert [(one.files, one.error) for one in pulled] == [(None, error), (files("b"), None)]
    assert not resolver.cancelled.is_set()


def test_a_file_that_cannot_be_read_costs_its_model_only(resolver: Resolver) -> None:
    denied = PermissionError(13, "Permission denied", "charset.txt")
    pulled = pull_all(resolver, [Pull("a", failing(denied)), Pull("b", lambda: files("b"))])
    assert pulled[1].files == files("b")
    assert isinstance(pulled[0].error, StoreError)
    assert "Permission denied: 'charset.txt'" in str(pulled[0].error)


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyboardInterrupt()], ids=repr)
def test_a_bug_and_an_interrupt_end_all_transfers(resolver: Resolver, error: BaseException) -> None:
    begun, ended = Event(), Event()

    def fail() -> ModelFiles:
        assert begun.wait(10)
        raise error

    def until_cancelled() -> ModelFiles:
        begun.set()
        if resolver.cancelled.wait(10):
            ended.set()
        raise SourceError("called off")

    with pytest.raises(type(error)):
        pull_all(resolver, [Pull("a", fail), Pull("b", until_cancelled)])
    assert ended.is_set()
