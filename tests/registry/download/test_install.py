"""Fetching a model: what is resumed across sources, what an archive is worth, and what is left behind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import pytest
from tests.hubs.contents import tar_of
from tests.registry.kit import WEIGHTS, MakeResolver, Shelf, offer_card, remote, sha256

from ocrzoo_registry.download.events import DownloadEvents
from ocrzoo_registry.download.install import Installer
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.sources.base import Listing, RemoteFile, Stream
from ocrzoo_registry.store.store import ModelFiles, Store

CARD = offer_card()
ONNX = "inference.onnx"
CONFIG = b"Global: {model_name: seaside_det}\n"
TAR = tar_of("seaside_det", {ONNX: WEIGHTS, "inference.yml": CONFIG, "README.md": b"x"})


@dataclass
class Torn(Shelf):
    """A source that breaks off after some bytes."""

    after: int = 100
    offsets: list[int] = field(default_factory=list)

    @contextmanager
    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> Iterator[Stream]:
        self.offsets.append(offset)

        def send() -> Iterator[bytes]:
            yield self.contents[file.path][offset : self.after]
            raise SourceError("closed for today")

        yield Stream(send(), offset)


@dataclass
class Asked(Shelf):
    """A source that notes the offsets it is asked for."""

    offsets: list[int] = field(default_factory=list)

    @contextmanager
    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> Iterator[Stream]:
        self.offsets.append(offset)
        yield Stream(iter([self.contents[file.path][offset:]]), offset)


def partials(store: Store) -> list[bytes]:
    return [path.read_bytes() for path in sorted((store.private / "parts").rglob("*.part"))]


def test_a_partial_download_stays_until_the_model_is_complete(store: Store, make_resolver: MakeResolver) -> None:
    with pytest.raises(SourceError, match="closed for today"):
        make_resolver(torn=Torn()).get(DownloadRequest(CARD, ["onnx"]))
    assert partials(store) == [WEIGHTS[:100]]
    whole = Asked()
    make_resolver(torn=whole).get(DownloadRequest(CARD, ["onnx"]))
    assert whole.offsets == [100]
    assert partials(store) == []
    assert not store.partials("seaside_det", "onnx").exists()


def test_another_source_goes_on_where_the_digest_is_the_same(make_resolver: MakeResolver) -> None:
    torn, whole = Torn(), Asked()
    files = make_resolver(torn=torn, whole=whole).get(DownloadRequest(CARD, ["onnx"]))
    assert (torn.offsets, whole.offsets) == ([0], [100])
    assert (files.folder / ONNX).read_bytes() == WEIGHTS


def test_without_a_digest_another_source_starts_again(make_resolver: MakeResolver) -> None:
    torn, whole = Torn(promised=[RemoteFile(ONNX)]), Asked(promised=[RemoteFile(ONNX)])
    make_resolver(torn=torn, whole=whole).get(DownloadRequest(CARD, ["onnx"]))
    assert whole.offsets == [0]


def test_nothing_of_two_sources_is_mixed_in_one_model(make_resolver: MakeResolver) -> None:
    """The second source brings all files that the first one did not vouch for alike."""
    one = Shelf(
        {ONNX: WEIGHTS, "inference.yml": CONFIG}, promised=[remote("inference.yml", CONFIG), remote(ONNX, b"no")]
    )
    two = Shelf({ONNX: WEIGHTS, "inference.yml": CONFIG + b"\n"})
    files = make_resolver(one=one, two=two).get(DownloadRequest(CARD, ["onnx"]))
    assert files.manifest is not None
    assert files.manifest.source == "two"
    assert (files.folder / "inference.yml").read_bytes() == CONFIG + b"\n"


def test_only_a_changed_file_is_downloaded(make_resolver: MakeResolver) -> None:
    before = Shelf({ONNX: WEIGHTS, "inference.yml": CONFIG})
    make_resolver(shelf=before).get(DownloadRequest(CARD, ["onnx"]))
    after = Shelf({ONNX: WEIGHTS, "inference.yml": CONFIG + b"PostProcess: {thresh: 0.1}\n"})
    files = make_resolver(shelf=after).get(DownloadRequest(CARD, ["onnx"], refresh=True))
    assert after.opened == ["inference.yml"]
    assert (files.folder / ONNX).read_bytes() == WEIGHTS
    assert b"thresh" in (files.folder / "inference.yml").read_bytes()


def fetch_archive(
    store: Store,
    content: bytes = TAR,
    promised: RemoteFile | None = None,
    pin: Mapping[str, object] = MappingProxyType({}),
) -> ModelFiles:
    """Fetch a model whose source has only an archive; ``pin`` is what the card says of its weights."""
    card = offer_card(artifacts={"onnx": {"files": [{"path": ONNX} | dict(pin)]}})
    listing = Listing("1", (promised or remote("archive.tar", content),), archive=True)
    with store.lock("seaside_det"):
        installer = Installer(store, DownloadEvents(), DownloadRequest(card, ["onnx"]))
        return installer.install("bos", Shelf({"archive.tar": content}), listing)


def test_a_model_is_unpacked_from_an_archive(store: Store) -> None:
    files = fetch_archive(store)
    assert {path.name: path.read_bytes() for path in files.folder.iterdir() if path.name != "ocrzoo.json"} == {
        ONNX: WEIGHTS,
        "inference.yml": CONFIG,
    }
    assert files.manifest is not None
    assert {file.digest_origin for file in files.manifest.files} == {"the shelf"}
    assert store.find("seaside_det", "onnx") is not None
    assert partials(store) == []


def test_files_of_an_archive_are_trusted_on_first_use_unless_the_card_has_digests(store: Store) -> None:
    pin = {"sha256": sha256(WEIGHTS), "digest_origin": "the publisher"}
    files = fetch_archive(store, promised=RemoteFile("archive.tar", len(TAR)), pin=pin)
    assert files.manifest is not None
    assert {file.path: file.digest_origin for file in files.manifest.files} == {
        ONNX: "the publisher",
        "inference.yml": "first use",
    }


@pytest.mark.parametrize("pin", [{"size": 5}, {"sha256": sha256(b"other"), "digest_origin": "x"}], ids=str)
def test_digests_of_the_card_hold_inside_an_archive(store: Store, pin: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match=r"inference\.onnx: "):
        fetch_archive(store, pin=pin)
    assert store.find("seaside_det", "onnx") is None


def test_an_archive_of_something_else_is_incomplete(store: Store) -> None:
    with pytest.raises(SourceError, match="incomplete: the archive has only nothing"):
        fetch_archive(store, tar_of("x", {"model.bin": WEIGHTS}))


def test_an_archive_without_configuration_gets_one_from_the_card(store: Store) -> None:
    files = fetch_archive(store, tar_of("x", {ONNX: WEIGHTS}))
    assert b"seaside_det" in (files.folder / "inference.yml").read_bytes()


def test_an_archive_of_another_model_is_refused(store: Store) -> None:
    with pytest.raises(IntegrityError, match="holds other_det, not seaside_det"):
        fetch_archive(store, tar_of("x", {ONNX: WEIGHTS, "inference.yml": b"Global: {model_name: other_det}"}))


def test_an_archive_with_other_bytes_than_stated_is_never_opened(store: Store) -> None:
    md5 = hashlib.md5(TAR, usedforsecurity=False).hexdigest()
    with pytest.raises(IntegrityError, match="md5"):
        fetch_archive(store, b"x" * len(TAR), promised=RemoteFile("archive.tar", len(TAR), md5=md5))


def test_progress_has_the_size_of_the_download(make_resolver: MakeResolver) -> None:
    shown: list[tuple[str, int | None, int]] = []

    @contextmanager
    def show(what: str, total: int | None, done: int) -> Iterator[Callable[[int], object]]:
        shown.append((what, total, done))
        yield lambda _count: None

    contents = {ONNX: WEIGHTS, "inference.yml": CONFIG}
    sized = [remote(path, content) for path, content in contents.items()]
    for promised in (sized, [sized[0], replace(sized[1], size=None)]):
        chosen = make_resolver(events=DownloadEvents(show), shelf=Shelf(contents, promised=promised))
        chosen.get(DownloadRequest(CARD, ["onnx"], refresh=True))
        (chosen.store.folder("seaside_det", "onnx") / ONNX).unlink()
        (chosen.store.folder("seaside_det", "onnx") / "inference.yml").unlink()
    action = "downloading seaside_det from shelf"
    assert shown == [(action, len(WEIGHTS) + len(CONFIG), 0), (action, None, 0)]


def test_files_of_an_installed_package_are_copied(make_resolver: MakeResolver) -> None:
    shown: list[str] = []

    @contextmanager
    def show(what: str, _total: int | None, _done: int) -> Iterator[Callable[[int], object]]:
        shown.append(what)
        yield lambda _count: None

    make_resolver(events=DownloadEvents(show), wheel=Shelf()).get(DownloadRequest(CARD, ["onnx"]))
    assert shown == ["copying seaside_det from an installed package"]


def test_a_source_that_lists_nothing_that_helps_opens_nothing(make_resolver: MakeResolver, tmp_path: Path) -> None:
    shelf = Shelf({"inference.yml": CONFIG})
    with pytest.raises(SourceError, match=r"incomplete: shelf 1 has only inference\.yml"):
        make_resolver(shelf=shelf).get(DownloadRequest(CARD, ["onnx"]))
    assert shelf.opened == []
