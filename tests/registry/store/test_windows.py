"""The store under the rules of Windows: nothing open is moved or deleted, and no path is too long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest
from tests.registry.kit import MakeResolver, Shelf, offer_card
from tests.registry.windows import rules_of_windows

from ocrzoo_registry import files
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import StoreError
from ocrzoo_registry.store import derived
from ocrzoo_registry.store.maintenance import collect, derived_files, remove, stored_models
from ocrzoo_registry.store.store import Store

LONGEST = "n" * 128
"""A name of a model may have that many characters."""


@pytest.fixture(autouse=True)
def windows(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    home = store.root.parent
    home.mkdir(parents=True, exist_ok=True)
    with rules_of_windows(monkeypatch, home):
        yield


def request(name: str = "seaside_det") -> DownloadRequest:
    return DownloadRequest(offer_card(name=name), ["onnx"])


@pytest.mark.parametrize("name", ["seaside_det", LONGEST])
def test_a_model_is_stored_checked_derived_from_and_removed(
    make_resolver: MakeResolver, store: Store, name: str
) -> None:
    resolver = make_resolver(shelf=Shelf())
    model = resolver.get(request(name))
    assert store.fault(model.folder, deep=True) is None
    made = derived.make(model, "a recipe", lambda folder: (folder / "network").write_bytes(b"compiled"))
    assert (made / "network").read_bytes() == b"compiled"
    (model.folder / "inference.onnx").write_bytes(b"damaged")
    assert resolver.get(request(name)).folder == model.folder
    assert {one.kind for one in collect(store)} == {"quarantine", "lock"}
    [stored] = stored_models(store, deep=True)
    assert stored.status == "verified"
    assert remove(store, stored) > 0
    assert (stored_models(store), derived_files(store)) == ([], [])


def test_who_has_a_file_open_for_a_moment_is_waited_for(make_resolver: MakeResolver, store: Store) -> None:
    """As a virus scanner has it."""
    model = make_resolver(shelf=Shelf()).get(request())
    scanner = (model.folder / "inference.onnx").open("rb")
    ends = Timer(0.015, scanner.close)
    ends.start()
    [stored] = stored_models(store)
    assert remove(store, stored) > 0
    ends.join()


def test_a_model_that_stays_open_is_one_line_and_stays(make_resolver: MakeResolver, store: Store) -> None:
    model = make_resolver(shelf=Shelf()).get(request())
    [stored] = stored_models(store)
    with (model.folder / "inference.onnx").open("rb"), pytest.raises(StoreError, match="it is being used by another"):
        remove(store, stored)
    assert store.find("seaside_det", "onnx") is not None


def test_a_file_that_a_reader_has_open_is_replaced_when_it_is_closed(store: Store) -> None:
    path = Path(store.root.parent, "record.json")
    files.write_atomically(path, b"old")
    with path.open("rb"), pytest.raises(PermissionError):
        files.write_atomically(path, b"new")
    files.write_atomically(path, b"new")
    assert [(one.name, one.read_bytes()) for one in path.parent.glob("*record*")] == [("record.json", b"new")]
