"""PartialFile files: they outlive the process, begin anew when told to, and take nothing after they were closed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread

import pytest
from tests.registry.kit import sha256

from ocrzoo_registry.download import partial
from ocrzoo_registry.download.partial import PartialFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "parts" / "model" / "abc.part"


@pytest.fixture
def part(path: Path) -> Iterator[PartialFile]:
    part = PartialFile(path)
    yield part
    part.close()


def test_a_new_part_is_empty(part: PartialFile, path: Path) -> None:
    assert (part.size, part.sha256, part.validator) == (0, sha256(b""), None)
    assert path.read_bytes() == b""


def test_what_is_written_is_there_at_once_with_its_digest(part: PartialFile, path: Path) -> None:
    for chunk in (b"first ", b"", b"second"):
        part.write(chunk)
    assert path.read_bytes() == b"first second"
    assert (part.size, part.sha256) == (12, sha256(b"first second"))


def test_the_next_process_goes_on_where_the_last_one_ended(part: PartialFile, path: Path) -> None:
    content = os.urandom(3 << 20)
    part.restart('"etag"')
    part.write(content)
    part.close()
    following = PartialFile(path)
    assert (following.size, following.sha256, following.validator) == (len(content), sha256(content), '"etag"')
    following.write(b"more")
    following.close(complete=True)
    assert path.read_bytes() == content + b"more"
    assert following.sha256 == sha256(content + b"more")


def test_a_restart_discards_bytes_and_validator(part: PartialFile, path: Path) -> None:
    part.restart('"old"')
    part.write(b"old bytes")
    part.restart()
    assert (part.size, part.sha256, part.validator, path.read_bytes()) == (0, sha256(b""), None, b"")
    part.write(b"new")
    assert (path.read_bytes(), part.sha256) == (b"new", sha256(b"new"))
    part.restart('"new"')
    assert part.validator == '"new"'


def test_a_damaged_validator_is_none(part: PartialFile, path: Path) -> None:
    part.restart('"etag"')
    path.with_suffix(".validator").write_bytes(b"\xff\xfe")
    assert part.validator is None


@pytest.mark.parametrize("end", [PartialFile.close, lambda part: part.close(complete=True), PartialFile.remove])
def test_nothing_is_written_after_the_end_whichever_thread_comes_late(
    part: PartialFile, path: Path, end: object
) -> None:
    part.write(b"in time")
    assert callable(end)
    end(part)
    errors: list[Exception] = []

    def come_late() -> None:
        acts: tuple[Callable[[], object], ...] = (lambda: part.write(b"late"), part.restart)
        for act in acts:
            try:
                act()
            except ValueError as error:
                errors.append(error)

    thread = Thread(target=come_late)
    thread.start()
    thread.join()
    assert len(errors) == 2
    assert part.size == 7
    assert not path.exists() if end is PartialFile.remove else path.read_bytes() == b"in time"


def test_a_part_may_be_closed_again(part: PartialFile, path: Path) -> None:
    part.close(complete=True)
    part.close()
    part.close(complete=True)
    assert path.exists()


def test_removing_leaves_nothing(part: PartialFile, path: Path) -> None:
    part.restart('"etag"')
    part.write(b"wrong")
    part.remove()
    assert list(path.parent.iterdir()) == []


def test_a_finished_part_was_synced(part: PartialFile, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    part.write(b"x")
    part.close()
    assert synced == []
    other = PartialFile(part.path)
    other.close(complete=True)
    assert len(synced) == 1


def test_much_is_handed_to_the_disk_while_more_is_coming(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = Event()

    def flush(_handle: int) -> None:
        assert current_thread() is not main_thread()
        flushed.set()

    monkeypatch.setattr(partial, "FLUSH_BYTES", 1000)
    monkeypatch.setattr(os, "fdatasync", flush, raising=False)
    part = PartialFile(path)
    for _ in range(9):
        part.write(b"x" * 100)
    assert not flushed.wait(0.05)
    part.write(b"x" * 100)
    assert flushed.wait(5)
    part.write(b"x" * 4000)
    part.close(complete=True)
    assert path.read_bytes() == b"x" * 5000


@pytest.mark.parametrize("where", ["fdatasync", "fsync"])
def test_a_failed_background_sync_is_raised_at_the_end(where: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever call the system tells it to: it tells it once."""
    failed = Event()

    def fail(_handle: int) -> None:
        failed.set()
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(partial, "FLUSH_BYTES", 10 if where == "fdatasync" else 1000)
    monkeypatch.setattr(os, where, fail, raising=False)
    part = PartialFile(path)
    part.write(b"x" * 100)
    assert failed.wait(5 if where == "fdatasync" else 0) == (where == "fdatasync")
    with pytest.raises(OSError, match="Input/output error"):
        part.close(complete=True)
    part.close()


def test_a_partial_download_changed_by_another_program_is_refused(part: PartialFile, path: Path) -> None:
    part.write(b"mine")
    with path.open("ab") as file:
        file.write(b"theirs")
    with pytest.raises(OSError, match="was changed by another program"):
        part.close(complete=True)


def test_another_file_in_the_place_of_a_part_is_never_taken_for_it(part: PartialFile, path: Path) -> None:
    part.write(b"mine")
    path.unlink()
    path.write_bytes(b"his.")
    with pytest.raises(OSError, match="was changed by another program"):
        part.close(complete=True)


def test_a_huge_validator_is_none(part: PartialFile, path: Path) -> None:
    path.with_suffix(".validator").write_bytes(b"x" * (partial.MAX_VALIDATOR_BYTES + 1))
    assert part.validator is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes on this system")
def test_a_validator_that_is_a_pipe_is_not_waited_for(part: PartialFile, path: Path) -> None:
    os.mkfifo(path.with_suffix(".validator"))
    assert part.validator is None


def test_a_part_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        PartialFile(tmp_path / "file" / "abc.part")
