"""Digests: SHA-256 of what lies on disk and of what streams in."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocrzoo_registry.files import CHUNK_BYTES, receive, sha256_of

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("content", [b"", b"abc", b"x" * (CHUNK_BYTES + 1)], ids=len)
def test_the_digest_of_a_file_is_its_sha256(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert sha256_of(path) == hashlib.sha256(content).hexdigest()


def test_chunks_are_written_counted_and_digested_on_the_way(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b"
    assert receive([b"ab", b"", b"c"], target) == (3, hashlib.sha256(b"abc").hexdigest())
    assert target.read_bytes() == b"abc"


def test_no_chunks_make_an_empty_file(tmp_path: Path) -> None:
    assert receive([], tmp_path / "file") == (0, EMPTY)
    assert (tmp_path / "file").read_bytes() == b""


def test_an_endless_stream_is_cut_off_past_the_limit(tmp_path: Path) -> None:
    taken = itertools.count()

    def endless() -> Iterator[bytes]:
        while True:
            next(taken)
            yield b"x" * 10

    size, _ = receive(endless(), tmp_path / "file", limit=25)
    assert size == 30
    assert next(taken) == 3


def test_exactly_the_limit_is_taken_whole(tmp_path: Path) -> None:
    assert receive([b"ab", b"cd"], tmp_path / "file", limit=4)[0] == 4


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        receive([b"new"], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"old"
