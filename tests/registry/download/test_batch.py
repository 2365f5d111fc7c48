"""Getting several models: concurrently, with results in order, and each failure for itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Event

import pytest
from tests.registry.kit import MakeResolver, Shelf, offer_card

from ocrzoo_registry.download.batch import CONCURRENT_MODELS, get_all
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.errors import Refused, SourceError, StoreError
from ocrzoo_registry.store.store import ModelFiles


@pytest.fixture
def resolver(make_resolver: MakeResolver) -> Resolver:
    return make_resolver(shelf=Shelf())


def files(name: str) -> ModelFiles:
    return ModelFiles(name, "onnx", Path(name))


def requests(*names: str) -> list[DownloadRequest]:
    return [DownloadRequest(offer_card(name=name), ["onnx"]) for name in names]


def answer(resolver: Resolver, monkeypatch: pytest.MonkeyPatch, **calls: Callable[[], ModelFiles]) -> None:
    """Let the resolver call something for each model; others succeed."""
    monkeypatch.setattr(resolver, "get", lambda request: calls.get(request.name, lambda: files(request.name))())


def failing(error: BaseException) -> Callable[[], ModelFiles]:
    def fail() -> ModelFiles:
        raise error

    return fail


def test_models_are_downloaded_concurrently_and_returned_in_order(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = Barrier(CONCURRENT_MODELS)

    def get(request: DownloadRequest) -> ModelFiles:
        together.wait(10)
        return files(request.name)

    monkeypatch.setattr(resolver, "get", get)
    names = [f"model{number}" for number in range(CONCURRENT_MODELS * 2)]
    results = get_all(resolver, requests(*names))
    assert [(one.request.name, one.files, one.error) for one in results] == [
        (name, files(name), None) for name in names
    ]


def test_a_failure_affects_its_own_model_only(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    error = Refused("no")
    answer(resolver, monkeypatch, a1=failing(error))
    results = get_all(resolver, requests("a1", "b1"))
    assert [(one.files, one.error) for one in results] == [(None, error), (files("b1"), None)]
    assert not resolver.events.cancelled.is_set()


def test_an_unreadable_file_affects_its_own_model_only(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(resolver, monkeypatch, a1=failing(PermissionError(13, "Permission denied", "charset.txt")))
    results = get_all(resolver, requests("a1", "b1"))
    assert results[1].files == files("b1")
    assert isinstance(results[0].error, StoreError)
    assert "Permission denied: 'charset.txt'" in str(results[0].error)


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyboardInterrupt()], ids=repr)
def test_a_bug_and_an_interrupt_cancel_all_downloads(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    begun, ended = Event(), Event()

    def fail() -> ModelFiles:
        assert begun.wait(10)
        raise error

    def until_cancelled() -> ModelFiles:
        begun.set()
        if resolver.events.cancelled.wait(10):
            ended.set()
        raise SourceError("cancelled")

    answer(resolver, monkeypatch, a1=fail, b1=until_cancelled)
    with pytest.raises(type(error)):
        get_all(resolver, requests("a1", "b1"))
    assert ended.is_set()
