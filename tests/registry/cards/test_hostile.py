"""What an attack found once: secrets led astray, waits without end, and files that are links."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.registry.kit import WEIGHTS, MakeResolver, Shelf, offer_card, remote

from ocrzoo_registry.download import tar as archives
from ocrzoo_registry.download import verify
from ocrzoo_registry.download.partial import PartialFile
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import IntegrityError, SourceError, StoreError
from ocrzoo_registry.network.http import Web
from ocrzoo_registry.store.maintenance import collect
from ocrzoo_registry.store.store import Store


@pytest.mark.parametrize("url", ["http://evil:1\\@127.0.0.1:2/x", "http://127.0.0.1:2\t/x", "http://127.0.0.1:2/ x"])
def test_an_address_that_two_libraries_read_differently_is_not_asked(url: str) -> None:
    with pytest.raises(SourceError, match="refused"), Web("http://127.0.0.1:2", {"Authorization": "x"}).get(url):
        pass


@pytest.mark.parametrize("headers", [{"comment": "9" * 100_000}, {"size": "1"}], ids=["large", "changes sizes"])
def test_an_extended_header_that_is_large_or_changes_sizes_is_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, pax_headers=headers) as tar:
        tar.addfile(tarfile.TarInfo("m/inference.onnx"))
    (tmp_path / "x.tar").write_bytes(packed.getvalue())
    with pytest.raises(IntegrityError, match="extended header"):
        archives.unpack(tmp_path / "x.tar", tmp_path / "out", {"inference.onnx"}, "x")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "inference.onnx")
    kept: list[object] = []
    file = remote("inference.onnx", b"")
    worker = Thread(target=lambda: kept.append(verify.matching(file, tmp_path / "inference.onnx")), daemon=True)
    worker.start()
    worker.join(10)
    assert kept == [None]


def test_a_link_in_place_of_a_part_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"dear")
    (tmp_path / "x.part").symlink_to(victim)
    part = PartialFile(tmp_path / "x.part")
    part.write(b"new")
    part.close(complete=True)
    assert victim.read_bytes() == b"dear"
    assert not (tmp_path / "x.part").is_symlink()


@pytest.mark.parametrize("folder", ["quarantine", "staging", "parts", "wheels"])
def test_gc_deletes_nothing_behind_a_link(store: Store, tmp_path: Path, folder: str) -> None:
    (tmp_path / "dear").mkdir()
    (tmp_path / "dear" / "x.whl").write_bytes(b"dear")
    store.private.mkdir(parents=True)
    (store.private / folder).symlink_to(tmp_path / "dear")
    assert collect(store, wheels=True) == []
    assert (tmp_path / "dear" / "x.whl").exists()


def test_waiting_for_a_lock_can_be_called_off(store: Store) -> None:
    taken, release, cancelled = Event(), Event(), Event()

    def hold() -> None:
        with store.lock("seaside_det"):
            taken.set()
            release.wait(30)

    holder = Thread(target=hold)
    holder.start()
    assert taken.wait(10)
    with pytest.raises(StoreError), store.lock("seaside_det", cancelled.set, cancelled):
        pass
    release.set()
    holder.join()


def test_a_source_that_ends_the_program_costs_itself_only(make_resolver: MakeResolver) -> None:
    class Quits(Shelf):
        def list(self, card: object, file_format: str) -> None:
            raise SystemExit(3)

    files = make_resolver(quits=Quits(), right=Shelf()).get(DownloadRequest(offer_card(), ["onnx"]))
    assert (files.folder / "inference.onnx").read_bytes() == WEIGHTS
