"""Several files at once: the first failure calls off the others, and a source that sleeps for ever is left behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread

import pytest
from tests.registry.kit import remote, sha256

from ocrzoo_registry.download import transfer
from ocrzoo_registry.download.partial import PartialFile
from ocrzoo_registry.download.transfer import CONCURRENT_FILES, Cancelled, Job, run_all
from ocrzoo_registry.errors import SourceError, TooSlow, Unreachable
from ocrzoo_registry.network import retry
from ocrzoo_registry.sources.base import Listing, RemoteFile, Source, Stream

NAMES = [f"file{number}" for number in range(10)]
LISTING = Listing("1", tuple(remote(name, name.encode()) for name in NAMES))


class Plays:
    """A source whose chunks are a function of the file's name."""

    def __init__(self, send: Callable[[str], Iterator[bytes]]) -> None:
        self.send = send
        self.opened: list[str] = []

    def list(self, card: object, file_format: object) -> None:
        raise NotImplementedError

    @contextmanager
    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> Iterator[Stream]:
        self.opened.append(file.path)
        yield Stream(self.send(file.path))


def jobs(source: Source, folder: Path, count: int, cancelled: Event | None = None) -> list[Job]:
    return [
        Job(partial(source.open, LISTING, file), file, folder / f"{file.path}.part", all_cancelled=cancelled or Event())
        for file in LISTING.files[:count]
    ]


@pytest.fixture
def gate() -> Iterator[Event]:
    """What sleepers wait for; opened at the end at the latest."""
    gate = Event()
    yield gate
    gate.set()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (retry, transfer):
        monkeypatch.setattr(module, "SILENCE_S", 0.1)


def test_all_files_come_in_the_order_of_the_jobs(tmp_path: Path) -> None:
    source = Plays(lambda name: iter([name.encode()]))
    stored = run_all(jobs(source, tmp_path, 10))
    assert [(file.path, file.sha256) for file in stored] == [(name, sha256(name.encode())) for name in NAMES]
    assert sorted(source.opened) == NAMES


def test_no_files_are_no_work() -> None:
    assert run_all([]) == []


def test_the_number_of_concurrent_files_is_limited(tmp_path: Path) -> None:
    lock, running, most, full = Lock(), set[str](), list[int](), Event()

    def send(name: str) -> Iterator[bytes]:
        with lock:
            running.add(name)
            most.append(len(running))
            if len(running) == CONCURRENT_FILES:
                full.set()
        assert full.wait(10)  # only side by side do they get here
        with lock:
            running.discard(name)
        yield name.encode()

    run_all(jobs(Plays(send), tmp_path, 10))
    assert max(most) == CONCURRENT_FILES


def test_the_first_failure_calls_off_the_others(tmp_path: Path, gate: Event) -> None:
    begun, late = Event(), Event()

    def send(name: str) -> Iterator[bytes]:
        if name == "file1":
            begun.wait(5)  # another transfer must be under way
            raise SourceError("gone")
        yield b"f"
        begun.set()
        gate.wait(30)
        late.set()
        yield name[1:].encode()

    source = Plays(send)
    started = jobs(source, tmp_path, 10)
    with pytest.raises(SourceError, match="gone"):
        run_all(started)
    assert len(source.opened) <= CONCURRENT_FILES + 1
    assert all(job.cancelled.is_set() for job in started[:CONCURRENT_FILES] if job.result is None)
    gate.set()
    assert late.wait(5)
    assert {path.read_bytes() for path in tmp_path.glob("*.part")} <= {b"f", b""}


@pytest.mark.parametrize("where", ["opening", "before the first byte", "between two bytes"])
@pytest.mark.usefixtures("impatient")
def test_a_source_that_sleeps_for_ever_is_left_behind_and_writes_nothing_more(
    tmp_path: Path, gate: Event, where: str
) -> None:
    awake = Event()

    def sleep() -> None:
        gate.wait(30)
        awake.set()

    class Sleepy(Plays):
        @contextmanager
        def open(
            self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
        ) -> Iterator[Stream]:
            if where == "opening":
                sleep()
            yield Stream(self.send(file.path), validator='"1"')

    def send(name: str) -> Iterator[bytes]:
        if where == "before the first byte":
            sleep()
        yield b"f"
        if where == "between two bytes":
            sleep()
        yield b"ile0"

    [job] = jobs(Sleepy(send), tmp_path, 1)
    start = time.monotonic()
    with pytest.raises(TooSlow, match="file0: no bytes for 0 s"):
        run_all([job])
    assert time.monotonic() - start < 3
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    gate.set()
    assert awake.wait(5)
    deadline = time.monotonic() + 5
    while job.result is None and time.monotonic() < deadline:
        time.sleep(0.005)
    assert isinstance(job.result, Exception)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert before["file0.part"] == (b"f" if where == "between two bytes" else b"")


@pytest.mark.usefixtures("impatient")
def test_the_next_writer_of_a_part_is_not_disturbed_by_one_left_behind(tmp_path: Path, gate: Event) -> None:
    def send(name: str) -> Iterator[bytes]:
        yield b"f"
        gate.wait(30)
        yield b"XXXX"

    [job] = jobs(Plays(send), tmp_path, 1)
    with pytest.raises(TooSlow):
        run_all([job])
    following = PartialFile(job.part_path)
    assert following.size == 1
    gate.set()
    deadline = time.monotonic() + 5
    while job.result is None and time.monotonic() < deadline:
        time.sleep(0.005)
    following.write(b"ile0")
    following.close(complete=True)
    assert job.part_path.read_bytes() == b"file0"


@pytest.mark.usefixtures("impatient")
def test_waiting_for_a_retry_ends_with_the_timer(tmp_path: Path) -> None:
    def send(name: str) -> Iterator[bytes]:
        if name:
            raise Unreachable("busy", retry_after=30.0)
        yield b""

    start = time.monotonic()
    with pytest.raises(Unreachable, match="busy"):
        run_all(jobs(Plays(send), tmp_path, 1))
    assert time.monotonic() - start < 3


def test_all_files_can_be_cancelled(tmp_path: Path, gate: Event) -> None:
    cancelled, begun = Event(), Event()

    def send(name: str) -> Iterator[bytes]:
        begun.set()
        gate.wait(30)
        yield name.encode()

    def cancel() -> None:
        assert begun.wait(10)
        cancelled.set()

    source = Plays(send)
    thread = Thread(target=cancel)
    thread.start()
    with pytest.raises(Cancelled):
        run_all(jobs(source, tmp_path, 10, cancelled))
    thread.join()
    assert len(source.opened) <= CONCURRENT_FILES


def test_a_cancelled_file_leaves_its_partial_download_alone(tmp_path: Path) -> None:
    source = Plays(lambda name: iter([name.encode()]))
    [job] = jobs(source, tmp_path, 1)
    left = PartialFile(job.part_path)
    left.write(b"fi")
    left.close()
    job.give_up()
    with pytest.raises(Cancelled):
        job.run()
    assert source.opened == []
    assert job.part_path.read_bytes() == b"fi"


def test_a_waiting_file_does_not_time_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of a file runs from its own beginning."""
    for module in (retry, transfer):
        monkeypatch.setattr(module, "SILENCE_S", 0.3)
    monkeypatch.setattr(transfer, "CONCURRENT_FILES", 1)

    def send(name: str) -> Iterator[bytes]:
        time.sleep(0.15)
        yield name.encode()

    assert len(run_all(jobs(Plays(send), tmp_path, 3))) == 3
