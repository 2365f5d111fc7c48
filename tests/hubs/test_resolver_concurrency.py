"""Many at once, a disk that is full, a home that cannot be written, and a network that is off limits."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from tests.hubs.faults import Fault
from tests.hubs.kit import MODEL
from tests.hubs.pulling import (
    PARAMS,
    PULL,
    SOURCES,
    asked_of,
    card,
    contents_of,
    end_of,
    folder_of,
    half_done,
    make_zoo,
    parts_of,
    pull,
    start,
    variables,
)
from tests.hubs.server import Hubs
from tests.thorough import cases

from ocrzoo_registry.download.batch import get_all
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import ExitCode, OfflineError, StoreError
from ocrzoo_registry.store.store import Store

MANY = 16
SMALL = 200_000
"""Bytes that a file may have where the disk is full: less than the weights, more than the rest."""
MOUNT_S = 10.0
OTHER_MODELS = ("PP-OCRv5_server_det", "PP-OCRv5_mobile_rec", "PP-OCRv5_server_rec", "UVDoc")
LIMITED = f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({SMALL}, {SMALL}))\n{PULL}"
"""Files cannot grow beyond: writing fails with "File too large", as it does on a file system without room."""


@pytest.mark.slow
@pytest.mark.parametrize("source", cases(["huggingface", "bos"], "huggingface"))
def test_many_processes_share_one_download(source: str, hubs: Hubs, files: dict[str, bytes], tmp_path: Path) -> None:
    hubs.inject(Fault("stall", path=asked_of(source), at=1000, seconds=1))
    processes = [start(variables(tmp_path, [source], hubs)) for _ in range(MANY)]
    assert [end_of(process) for process in processes] == [(0, "")] * MANY
    assert contents_of(folder_of(tmp_path)) == files
    asked = [request.path for request in hubs.asked("file")]
    assert sorted(asked) == sorted([asked_of(source)] if source == "bos" else files)
    assert not list((tmp_path / "official_models" / ".ocrzoo").glob("staging/*"))


@pytest.mark.parametrize("source", SOURCES)
def test_models_come_side_by_side(source: str, hubs: Hubs, files: dict[str, bytes], tmp_path: Path) -> None:
    for name in OTHER_MODELS:
        hubs.models[name] = {**files, "inference.yml": f"Global:\n  model_name: {name}\n".encode()}
    resolver = make_zoo(variables(tmp_path, [source], hubs)).resolver
    names = [*OTHER_MODELS, MODEL]
    done = get_all(resolver, [DownloadRequest(card(name), ["paddle"]) for name in names])
    assert [(one.request.name, one.error) for one in done] == [(name, None) for name in names]
    assert all(contents_of(folder_of(tmp_path, name)) == hubs.models[name] for name in names)


@pytest.mark.parametrize("source", ["huggingface", "modelscope"])
def test_two_files_need_one_thread_to_list_and_one_each(
    source: str, hubs: Hubs, files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hubs.models[MODEL] = {path: content for path, content in files.items() if path != "inference.yml"}
    resolver = make_zoo(variables(tmp_path, [source], hubs)).resolver
    started: list[Thread] = []
    alive: list[int] = []
    begin = Thread.start

    def count(thread: Thread) -> None:
        ours = getattr(thread, "_target").__module__.startswith("ocrzoo_registry")  # noqa: B009
        begin(thread)
        if ours:
            started.append(thread)
            alive.append(sum(one.is_alive() for one in started))

    monkeypatch.setattr(Thread, "start", count)
    resolver.get(DownloadRequest(card(MODEL), ["paddle"]))
    assert len(started) == 3
    assert max(alive) <= 2


@pytest.mark.parametrize("source", SOURCES)
def test_threads_with_resolvers_of_their_own_share_one_download(
    source: str, hubs: Hubs, files: dict[str, bytes], tmp_path: Path
) -> None:
    settings = variables(tmp_path, [source], hubs)
    with ThreadPoolExecutor(MANY) as pool:
        found = list(pool.map(lambda _: pull(settings).folder, range(MANY)))
    assert set(found) == {folder_of(tmp_path)}
    assert contents_of(folder_of(tmp_path)) == files
    assert len(hubs.asked("file", path=asked_of(source))) == 1


@pytest.mark.parametrize("source", SOURCES)
def test_a_file_that_the_disk_does_not_take_ends_the_search(
    source: str, hubs: Hubs, files: dict[str, bytes], tmp_path: Path
) -> None:
    following = next(name for name in SOURCES if name != source)
    settings = variables(tmp_path, [source, following], hubs)
    status, said = end_of(start(settings, code=LIMITED))
    assert (status, said.partition(":")[0]) == (ExitCode.SOURCE, "StoreError")
    assert "Set another folder with OCRZOO_HOME" in said
    assert hubs.asked(source=following) == []
    assert half_done(tmp_path) == []
    assert contents_of(pull(settings).folder) == files


@contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[Path]:
    """Mount a file system of its own on a folder, where that is permitted."""
    folder.mkdir(parents=True, exist_ok=True)
    mount(*arguments, str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=MOUNT_S)


def mount(*arguments: str) -> None:
    command = [shutil.which("mount") or "", *arguments]
    if not command[0] or subprocess.run(command, capture_output=True, check=False, timeout=MOUNT_S).returncode:
        pytest.skip("mounting is not permitted here")


@pytest.mark.parametrize("source", SOURCES)
def test_a_full_disk_ends_the_search_and_room_cures_it(
    source: str, hubs: Hubs, files: dict[str, bytes], tmp_path: Path
) -> None:
    with mounted(tmp_path / "home", "-t", "tmpfs", "-o", "size=2m", "none") as home:
        ballast = home / "ballast"
        ballast.write_bytes(bytes((2 << 20) - SMALL))
        settings = variables(home, [source], hubs)
        with pytest.raises(StoreError, match=r"No space left on device.*Make room"):
            pull(settings)
        assert half_done(home) == []
        assert parts_of(home)
        ballast.unlink()
        assert contents_of(pull(settings).folder) == files
        kept = [request for request in hubs.asked("file", path=asked_of(source)) if request.status == 206]
        assert kept, "what came before is not asked for again"


def test_a_disk_with_room_for_the_archive_alone(hubs: Hubs, files: dict[str, bytes], tmp_path: Path) -> None:
    with mounted(tmp_path / "home", "-t", "tmpfs", "-o", "size=2m", "none") as home:
        ballast = home / "ballast"
        ballast.write_bytes(bytes((2 << 20) - len(hubs.tar(asked_of("bos"))) - SMALL))
        settings = variables(home, ["bos"], hubs)
        with pytest.raises(StoreError, match=r"No space left on device.*Make room"):
            pull(settings)
        assert half_done(home) == []
        ballast.unlink()
        assert contents_of(pull(settings).folder) == files
    assert len(hubs.asked("file")) == 1


def test_a_home_without_write_permission(hubs: Hubs, files: dict[str, bytes], tmp_path: Path) -> None:
    """What is there works; what is not is an error about the folder."""
    settings = variables(tmp_path / "home", ["huggingface"], hubs)
    pull(settings)
    hubs.models["UVDoc"] = {**files, "inference.yml": b"Global:\n  model_name: UVDoc\n"}
    with unwritable(tmp_path / "home") as code:
        hubs.clear()
        assert end_of(start(settings, code=code)) == (0, "")
        assert hubs.requests == []
        status, said = end_of(start(settings, "UVDoc", code))
    assert (status, said.partition(":")[0]) == (ExitCode.SOURCE, "StoreError")
    assert "OCRZOO_HOME" in said
    assert not any(request.what == "file" for request in hubs.requests)


@contextmanager
def unwritable(home: Path) -> Iterator[str]:
    """Take away the right to write; gives the code of a process that is bound by that (root is not)."""
    if os.geteuid() == 0:
        with mounted(home, "--bind", str(home)):
            mount("-o", "remount,ro,bind", str(home))
            yield PULL
        return
    folders = [home, *(path for path in home.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        yield PULL
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_offline_everything_that_is_here_works_and_no_socket_is_opened(
    hubs: Hubs, files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source in SOURCES:
        pull(variables(tmp_path / source, [source], hubs))
    hubs.clear()
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, no_socket)
    monkeypatch.setattr(socket, "getaddrinfo", no_socket)
    for source in SOURCES:
        settings = variables(tmp_path / source, [], hubs, OCRZOO_OFFLINE="1", PADDLE_PDX_MODEL_SOURCE="")
        assert contents_of(pull(settings).folder) == files
        with pytest.raises(OfflineError, match=r"'OCRZOO_OFFLINE=0 ocrzoo models pull UVDoc\b.*'"):
            pull(settings, "UVDoc")
    assert hubs.requests == []


def no_socket(*_arguments: object, **_more: object) -> None:
    raise AssertionError("opened a socket")


def test_offline_a_model_that_is_damaged_is_an_error_and_stays(hubs: Hubs, tmp_path: Path) -> None:
    settings = variables(tmp_path, ["huggingface"], hubs)
    folder = pull(settings).folder
    (folder / PARAMS).write_bytes(b"damaged")
    with pytest.raises(OfflineError, match="ocrzoo models pull"):
        pull({**settings, "OCRZOO_OFFLINE": "1"})
    assert (folder / PARAMS).read_bytes() == b"damaged"
    assert Store(tmp_path).find(MODEL, "paddle") is None
