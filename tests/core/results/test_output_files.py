"""Files are written whole or not at all."""

from __future__ import annotations

import copy
import os
import pickle
import stat
import time
from pathlib import Path

import pytest

from ocrzoo.results.output_files import OutputNames, target_path, write
from ocrzoo_registry.errors import UsageError


@pytest.mark.parametrize(
    ("save_path", "suffixes", "target"),
    [
        ("out", None, "out/page.json"),
        ("out/mine.json", None, "out/mine.json"),
        ("out/mine.png", None, "out/mine.png/page.json"),
        ("out/mine.png", {".png", ".jpg"}, "out/mine.png"),
        ("v1.2", {".png"}, "v1.2/page.json"),
    ],
)
def test_target(save_path: str, suffixes: set[str] | None, target: str) -> None:
    assert target_path(save_path, "page", ".json", suffixes) == Path(target)


def test_folders_are_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = write(tmp_path / "a" / "b" / "c.txt", b"content")
    assert path.read_bytes() == b"content"
    assert list(path.parent.iterdir()) == [path]


def test_an_earlier_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a long earlier content")
    assert write(tmp_path / "a.txt", b"new").read_bytes() == b"new"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_files_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        path = write(tmp_path / "a.txt", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(UsageError, match=r"taken could not be written: "):
        write(tmp_path / "taken", b"content")
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]


def test_a_write_that_fails_leaves_the_earlier_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_bytes(b"earlier")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match=r"a\.txt could not be written: No space left on device"):
        write(tmp_path / "a.txt", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"earlier"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="could not be written"):
        write(tmp_path / "file" / "a.txt", b"")


class TestNames:
    """No two inputs of a run share a stem, and no two results a file."""

    def test_inputs_of_one_name(self) -> None:
        names = OutputNames()
        assert [names.stem("page", None) for _ in range(3)] == ["page", "page_2", "page_3"]

    def test_pages_of_one_input_share_it(self) -> None:
        names = OutputNames()
        assert [names.stem("doc", index) for index in (0, 1, 2)] == ["doc"] * 3
        assert [names.stem("doc", index) for index in (0, 1)] == ["doc_2"] * 2
        assert names.stem("doc", None) == "doc_3"

    def test_a_file_is_its_results_own(self, tmp_path: Path) -> None:
        names = OutputNames()
        wanted = tmp_path / "page.json"
        assert names.claim(wanted, "first") == wanted
        assert names.claim(wanted, "first") == wanted
        assert names.claim(wanted, "second") == tmp_path / "page_2.json"
        assert names.claim(tmp_path / "page_2.json", "third") == tmp_path / "page_2_2.json"

    def test_ten_thousand_of_one_name_take_no_longer_each(self) -> None:
        names = OutputNames()
        started = time.monotonic()
        assert [names.stem("array", None) for _ in range(10_000)][-1] == "array_10000"
        files = [names.claim(Path("page.json"), number).name for number in range(10_000)]
        assert files[-1] == "page_10000.json"
        assert time.monotonic() - started < 5

    def test_two_ways_to_one_folder_are_one_place(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
        names = OutputNames()
        assert names.claim(tmp_path / "page.json", "first") == tmp_path / "page.json"
        assert names.claim(tmp_path / "link" / "page.json", "second") == tmp_path / "link" / "page_2.json"

    def test_a_copy_goes_on_by_itself(self, tmp_path: Path) -> None:
        names = OutputNames()
        wanted = tmp_path / "page.json"
        names.claim(wanted, "first")
        for other in (pickle.loads(pickle.dumps(names)), copy.deepcopy(names)):
            assert other.claim(wanted, "second") == tmp_path / "page_2.json"
        assert names.claim(wanted, "third") == tmp_path / "page_2.json"


@pytest.mark.parametrize("name", ["x" * 5000 + ".json", "nul\0byte.json", "\ud800.json", "\0/page.json"])
def test_names_that_no_file_can_have(name: str) -> None:
    with pytest.raises(UsageError, match="could not be written"):
        write(OutputNames().claim(target_path(name, "page", ".json"), "a page"), b"")


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the current folder")
def test_a_current_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(UsageError, match="could not be written"):
        write(OutputNames().claim(target_path("page.json", "page", ".json"), "a page"), b"")
