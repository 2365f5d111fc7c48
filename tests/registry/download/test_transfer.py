"""The transfer of one file: resumed, restarted, verified, and what of it is whose fault."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from tests.registry.kit import remote, sha256

from ocrzoo_registry.download import transfer
from ocrzoo_registry.download.partial import PartialFile
from ocrzoo_registry.download.transfer import Job, run_all
from ocrzoo_registry.errors import IntegrityError, SourceError, Unreachable
from ocrzoo_registry.network import retry
from ocrzoo_registry.sources.base import Listing, RemoteFile, Stream
from ocrzoo_registry.store.manifest import StoredFile

CONTENT = b"0123456789abcdef"
FILE = remote("inference.onnx", CONTENT)
UNVOUCHED = RemoteFile("inference.onnx", len(CONTENT))


@dataclass
class Script:
    """A source that answers each opening as written down, the last line again and again."""

    openings: Sequence[Stream | Exception]
    asked: list[tuple[int, str | None]] = field(default_factory=list)
    """Offset and validator of each opening."""

    def list(self, card: object, file_format: object) -> None:
        raise NotImplementedError

    @contextmanager
    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> Iterator[Stream]:
        opened = self.openings[min(len(self.asked), len(self.openings) - 1)]
        self.asked.append((offset, validator))
        if isinstance(opened, Exception):
            raise opened
        yield opened


def sending(
    *chunks: bytes | Exception, offset: int = 0, size: int | None = None, validator: str | None = None
) -> Stream:
    """Send chunks, then raise if the last is an exception."""

    def send() -> Iterator[bytes]:
        for chunk in chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    return Stream(send(), offset, size, validator)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.part"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.001)


def bring(source: Script, path: Path, file: RemoteFile = FILE) -> tuple[StoredFile, list[int]]:
    """Bring one file; gives also what was told of its progress."""
    progress: list[int] = []
    before = path.stat().st_size if path.exists() else 0
    [stored] = run_all([Job(partial(source.open, Listing("1", (file,)), file), file, path, progress.append)])
    assert before + sum(progress) == stored.size
    return stored, progress


def leave(path: Path, content: bytes, validator: str | None = None) -> None:
    """Leave a part as an earlier process would have."""
    part = PartialFile(path)
    part.restart(validator)
    part.write(content)
    part.close()


def test_a_file_arrives_in_chunks_and_is_verified(path: Path) -> None:
    stored, progress = bring(Script([sending(CONTENT[:4], CONTENT[4:])]), path)
    assert path.read_bytes() == CONTENT
    assert stored == StoredFile(path=FILE.path, size=16, sha256=sha256(CONTENT), digest_origin="the shelf")
    assert [step for step in progress if step] == [4, 12]


def test_an_empty_file_is_a_file(path: Path) -> None:
    stored, _ = bring(Script([sending()]), path, remote("empty", b""))
    assert (stored.size, path.read_bytes()) == (0, b"")


def test_what_breaks_off_goes_on_where_it_broke_off(path: Path) -> None:
    source = Script([sending(CONTENT[:5], ConnectionResetError("reset")), sending(CONTENT[5:], offset=5)])
    assert bring(source, path)[0].sha256 == sha256(CONTENT)
    assert source.asked == [(0, None), (5, None)]


def test_what_ends_early_without_an_error_goes_on_too(path: Path) -> None:
    source = Script([sending(CONTENT[:5], size=16), sending(CONTENT[5:], offset=5, size=16)])
    assert bring(source, path)[0].size == 16
    assert source.asked == [(0, None), (5, None)]


def test_the_next_process_goes_on_with_what_the_last_one_left(path: Path) -> None:
    leave(path, CONTENT[:9])
    source = Script([sending(CONTENT[9:], offset=9)])
    _, progress = bring(source, path)
    assert source.asked == [(9, None)]
    assert progress == [7]
    assert path.read_bytes() == CONTENT


def test_a_complete_partial_download_is_not_requested(path: Path) -> None:
    leave(path, CONTENT)
    source = Script([SourceError("asked")])
    assert bring(source, path)[0].digest_origin == "the shelf"
    assert source.asked == []


@pytest.mark.parametrize("left", [b"x" * 16, b"x" * 17], ids=["other bytes", "too many"])
def test_a_useless_partial_download_is_restarted(path: Path, left: bytes) -> None:
    leave(path, left)
    source = Script([sending(CONTENT)])
    bring(source, path)
    assert source.asked == [(0, None)]
    assert path.read_bytes() == CONTENT


def test_a_source_that_starts_from_the_beginning_is_followed(path: Path) -> None:
    leave(path, CONTENT[:9])
    source = Script([sending(CONTENT, validator='"2"')])
    _, progress = bring(source, path)
    assert progress == [-9, 16]
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("validator", ['"1"', None])
def test_unverifiable_bytes_of_an_earlier_process_are_downloaded_again(path: Path, validator: str | None) -> None:
    """A power cut may have left anything in them."""
    leave(path, CONTENT[:5], validator)
    source = Script([sending(CONTENT)])
    bring(source, path, UNVOUCHED)
    assert source.asked == [(0, None)]
    assert path.read_bytes() == CONTENT


def test_the_validator_of_the_first_bytes_is_given_back(path: Path) -> None:
    broken = sending(CONTENT[:5], Unreachable("broke off"), validator='"1"')
    source = Script([broken, sending(CONTENT[5:], offset=5)])
    bring(source, path)
    assert source.asked == [(0, None), (5, '"1"')]


@pytest.mark.parametrize("began", ['"1"', None])
@pytest.mark.parametrize("goes_on", ['"2"', None])
def test_what_nothing_can_prove_goes_on_only_where_the_source_says_that_it_is_the_same(
    path: Path, began: str | None, goes_on: str | None
) -> None:
    """The file may have changed in between, and the server may pay no heed to If-Range."""
    changed = CONTENT[::-1]
    broken = sending(CONTENT[:5], Unreachable("broke off"), validator=began)
    rest, whole = sending(changed[5:], offset=5, validator=goes_on), sending(changed, validator=goes_on)
    source = Script([broken, rest, whole] if began else [broken, whole])
    bring(source, path, UNVOUCHED)
    assert path.read_bytes() == changed
    assert source.asked == [(0, None), *([(5, began)] if began else []), (0, None)]


def test_bytes_from_a_wrong_offset_are_never_joined(path: Path) -> None:
    leave(path, CONTENT[:5])
    source = Script([sending(CONTENT[7:], offset=7), sending(CONTENT)])
    bring(source, path)
    assert source.asked == [(5, None), (0, None)]
    assert path.read_bytes() == CONTENT


def test_wrong_bytes_are_downloaded_once_more(path: Path) -> None:
    source = Script([sending(b"x" * 16), sending(CONTENT)])
    _, progress = bring(source, path)
    assert source.asked == [(0, None), (0, None)]
    assert [step for step in progress if step] == [16, -16, 16]


def test_wrong_bytes_that_come_twice_are_refused_and_not_kept(path: Path) -> None:
    source = Script([sending(b"x" * 16), sending(b"y" * 16), sending(CONTENT)])
    with pytest.raises(IntegrityError, match=f"sha256 is {sha256(b'y' * 16)}, not {sha256(CONTENT)}"):
        bring(source, path)
    assert len(source.asked) == 2
    assert not path.exists()


def test_a_wrong_partial_download_costs_one_more_download(path: Path) -> None:
    leave(path, b"xxxx")
    source = Script([sending(CONTENT[4:], offset=4), sending(CONTENT)])
    bring(source, path)
    assert path.read_bytes() == CONTENT


def test_more_than_was_stated_is_cut_off(path: Path) -> None:
    with pytest.raises(IntegrityError, match="18 bytes instead of 16"):
        bring(Script([sending(*[b"xxx"] * 1000)]), path)
    assert not path.exists()


def test_a_repository_that_states_another_size_than_it_sends_is_not_waited_for(path: Path) -> None:
    source = Script([sending(CONTENT[:5], size=5), sending(CONTENT[:5], size=5)])
    with pytest.raises(IntegrityError, match="5 bytes instead of 16"):
        bring(source, path)
    assert len(source.asked) == 2


def test_a_file_of_unknown_size_ends_with_the_stream(path: Path) -> None:
    stored, _ = bring(Script([sending(b"abc", b"de")]), path, RemoteFile("inference.onnx"))
    assert (stored.size, stored.digest_origin) == (5, "first use")


def test_a_file_whose_size_only_the_opening_tells_is_completed(path: Path) -> None:
    rest = sending(CONTENT[5:], offset=5, size=16, validator='"1"')
    source = Script([sending(CONTENT[:5], size=16, validator='"1"'), rest])
    assert bring(source, path, RemoteFile("inference.onnx"))[0].sha256 == sha256(CONTENT)
    assert source.asked == [(0, None), (5, '"1"')]


def test_weaker_digests_are_compared_too(path: Path) -> None:
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    assert bring(Script([sending(CONTENT)]), path, RemoteFile("a", md5=md5))[0].digest_origin == "the source"
    with pytest.raises(IntegrityError, match="md5"):
        bring(Script([sending(b"other")]), path.with_name("other.part"), RemoteFile("a", md5=md5))


@pytest.mark.parametrize("chunk", ["text", None, 5, bytearray(b"x")], ids=str)
def test_chunks_that_are_no_bytes_are_the_sources_fault(path: Path, chunk: object) -> None:
    source = Script([Stream(iter([chunk]))])  # type: ignore[list-item]
    with pytest.raises(SourceError, match=f"sends {type(chunk).__name__} instead of bytes"):
        bring(source, path)


def test_an_opening_of_the_old_kind_is_the_sources_fault(path: Path) -> None:
    source = Script([iter([CONTENT])])  # type: ignore[list-item]
    with pytest.raises(SourceError, match="opens a list_iterator instead of a Stream"):
        bring(source, path)


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError(28, "its own disk"), KeyError("x")], ids=repr)
@pytest.mark.parametrize("when", ["opening", "sending"])
def test_whatever_a_source_raises_is_its_own_fault(path: Path, error: Exception, when: str) -> None:
    source = Script([error if when == "opening" else sending(b"0", error)])
    with pytest.raises(SourceError, match=type(error).__name__):
        bring(source, path)


def test_a_disk_that_is_full_is_not_the_sources_fault(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PartialFile, "write", full)
    with pytest.raises(OSError, match="No space left"):
        bring(Script([sending(CONTENT)]), path)


def test_an_unreachable_source_is_tried_a_few_times(path: Path) -> None:
    source = Script([Unreachable("down")])
    with pytest.raises(Unreachable, match="down"):
        bring(source, path)
    assert len(source.asked) == retry.TRIES
    assert path.exists()  # what came stays for the next time


def test_an_endless_file_is_cut_off(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "MAX_FILE_BYTES", 100)
    with pytest.raises(IntegrityError, match="instead of 100"):
        bring(Script([sending(*[b"x" * 10] * 1000)]), path, RemoteFile("a"))
