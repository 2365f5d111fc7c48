"""Bounded reads: neither more bytes than allowed, nor more memory than the file needs."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import pytest

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import CHUNK_BYTES, read_bounded, read_lines, read_stream


@pytest.mark.parametrize("size", [0, 1, 5000, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_file_is_read_whole_up_to_the_limit(size: int, tmp_path: Path) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    (tmp_path / "file").write_bytes(content)
    assert read_bounded(tmp_path / "file", size) == content
    assert read_bounded(tmp_path / "file", size + 5) == content
    assert read_stream(io.BytesIO(content), size, "it") == content
    if size:
        with pytest.raises(OSError, match=f"file: larger than {size - 1} bytes"):
            read_bounded(tmp_path / "file", size - 1)
        with pytest.raises(OSError, match=f"^it: larger than {size - 1} bytes"):
            read_stream(io.BytesIO(content), size - 1, "it")


def test_a_file_whose_size_is_not_stated_is_read_whole() -> None:
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("no such files here")
    assert status.stat().st_size == 0
    assert read_bounded(status, 1 << 20).startswith(b"Name:")


def test_a_small_file_takes_little_memory_whatever_the_limit(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 5000)
    tracemalloc.start()
    try:
        read_bounded(tmp_path / "file", 512 << 20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * CHUNK_BYTES


def test_lines_are_those_of_every_editor_and_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes("\ufeffone\r\ntwo \x85 parts\n\nthree".encode())
    assert read_lines(tmp_path / "file", 100) == ["one", "two \x85 parts", "", "three"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xff\xfe", "not a UTF-8 text file$"), (b"a" * 101, "larger than 100 bytes"), (None, "No such file")],
)
def test_a_file_that_is_no_text_is_named(content: bytes | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    with pytest.raises(UsageError, match=f"^{tmp_path / 'file'}: {message}"):
        read_lines(tmp_path / "file", 100)
