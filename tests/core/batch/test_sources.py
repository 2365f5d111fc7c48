"""What SOURCE names: which files of a folder, of a glob or of one name are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ocrzoo.batch.sources import source_of
from ocrzoo_registry.errors import UsageError

FILES = (
    *("a.png", "b.JPG", "notes.txt", "sub/c.png", "sub/deep/d.pdf", "sub/deep/e.tar"),
    *("t.parquet", ".hidden.png", ".git/f.png", "Thumbs.db", "sub/__MACOSX/g.png"),
)

DEEP = 1200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path


def found(name: str | Path, left: list[str] | None = None) -> list[str]:
    kept: list[str] = [] if left is None else left
    return [file.path for file in source_of(str(name)).files(kept.append)]


def test_all_files_of_a_folder_but_hidden_ones_and_those_of_other_types(folder: Path) -> None:
    left: list[str] = []
    assert found(folder, left) == ["a.png", "b.JPG", "t.parquet", "sub/c.png", "sub/deep/d.pdf", "sub/deep/e.tar"]
    assert left == ["notes.txt"]


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("*.png", ["a.png"]),
        ("**/*.png", ["a.png", "sub/c.png"]),
        ("sub/**", ["c.png", "deep/d.pdf", "deep/e.tar"]),
        ("sub/**/d.*", ["deep/d.pdf"]),
        ("[ab].*", ["a.png", "b.JPG"]),
        ("[!a].*", ["b.JPG", "t.parquet"]),
        ("?.png", ["a.png"]),
        ("s*/*.png", ["sub/c.png"]),
        ("*.txt", []),
        ("[|&~^\\].png", []),
    ],
)
def test_files_that_match_a_glob(folder: Path, pattern: str, files: list[str]) -> None:
    assert found(folder / pattern) == files


def test_one_file_whatever_its_type(folder: Path) -> None:
    assert found(folder / "notes.txt") == ["notes.txt"]
    assert found(folder / ".hidden.png") == [".hidden.png"]


def test_a_file_whose_name_is_a_glob_is_that_file(folder: Path) -> None:
    (folder / "page[1].png").touch()
    (folder / "page1.png").touch()
    assert found(folder / "page[1].png") == ["page[1].png"]


def test_what_is_not_there(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no nothing\.png: name a folder, a file or a 'glob'$"):
        found(folder / "nothing.png")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("s3://buck*/x", "s3://buck*/x: a bucket's name has no *"),
        (
            "ftp://user:secret@host/x",
            "ftp://host/x: name a folder, or a URL of s3, s3a, gs, az, adl, azure, abfs, abfss",
        ),
        ("[z-a].png", "[z-a].png: not a valid glob: bad character range z-a"),
    ],
)
def test_names_that_cannot_be_read(name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        source_of(name)
    assert str(caught.value) == message


@pytest.mark.skipif(os.name == "nt", reason="links need a permission there")
class TestLinks:
    def test_to_files_are_followed_and_to_folders_are_not(self, folder: Path) -> None:
        (folder / "link.png").symlink_to(folder / "a.png")
        (folder / "sub/up").symlink_to(folder)
        assert "link.png" in found(folder)
        assert len(found(folder)) == 7

    def test_that_lead_nowhere_or_in_a_circle_are_inputs_that_cannot_be_read(self, folder: Path) -> None:
        (folder / "circle.png").symlink_to("circle.png")
        (folder / "gone.png").symlink_to("nothing")
        assert {"circle.png", "gone.png"} < set(found(folder))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_must_not_be_listed_is_an_error_alone(folder: Path) -> None:
    (folder / "sub").chmod(0)
    try:
        problems = {file.path: file.problem for file in source_of(str(folder)).files()}
        assert "sub cannot be listed: Permission denied" in str(problems["sub"])
        assert len(problems) > 1
    finally:
        (folder / "sub").chmod(0o755)


@pytest.mark.thorough  # 4 s, for one loop
@pytest.mark.skipif(os.name == "nt", reason="no folders are nested so deep there")
def test_folders_nested_deeper_than_python_calls_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(DEEP):
        os.mkdir("d")  # noqa: PTH102  # its path is too long
        os.chdir("d")
    Path("deep.png").touch()
    try:
        assert [path.rpartition("/")[2] for path in found(tmp_path)] == ["deep.png"]
    finally:  # pytest cannot delete them
        Path("deep.png").unlink()
        for _ in range(DEEP):
            os.chdir("..")
            os.rmdir("d")  # noqa: PTH106


@pytest.mark.parametrize(
    ("pattern", "below", "may"),
    [
        (None, "", True),
        (None, "out", True),
        ("*.png", "", False),
        ("*.png", "out", False),
        ("*/*", "", True),
        ("*/*", "out", False),
        ("**/*.png", "out", True),
        ("*/*/*", "out", True),
    ],
)
def test_where_results_would_be_inputs(folder: Path, pattern: str | None, below: str, may: bool) -> None:
    assert source_of(str(folder / (pattern or ""))).may_have(below) is may
    assert not source_of(str(folder / "a.png")).may_have(below)
