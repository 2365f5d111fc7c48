"""Folders: every file of a readable type is read, and what is left out is reported unless it is hidden."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ocrzoo.inputs import count_pages, pages
from ocrzoo_registry.errors import InputError


@pytest.fixture
def filled(tmp_path: Path) -> Callable[..., Path]:
    def fill(*names: str) -> Path:
        for name in names:
            path = tmp_path / "scans" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / "scans"

    return fill


def found(folder: Path) -> list[str]:
    return [str(Path(str(page.input_path)).relative_to(folder)) for page in pages(folder)]


def test_files_are_sorted_by_path(filled: Callable[..., Path]) -> None:
    names = ("a.jpg", "b.PNG", "c/10.bmp", "c/2.tiff", "c/d/e.webp", "x.pdf", "y.gif", "z.jfif")
    assert found(filled(*reversed(names))) == list(names)


@pytest.mark.parametrize(
    "hidden",
    [
        "._page.jpg",
        ".page.png",
        ".cache/page.png",
        ".git/a/b/page.png",
        "__MACOSX/page.png",
        "a/__MACOSX/._page.png",
        "Thumbs.db",
        "sub/thumbs.db",
        "desktop.ini",
        ".DS_Store",
        "@eaDir/page.png/SYNOPHOTO_THUMB_M.jpg",
        "$RECYCLE.BIN/page.png",
    ],
)
def test_what_is_hidden_is_skipped_silently(
    hidden: str, filled: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        assert found(filled("page.png", hidden)) == ["page.png"]
    assert caplog.messages == []


def test_a_hidden_folder_that_is_named_is_read(filled: Callable[..., Path]) -> None:
    folder = filled(".hidden/page.png") / ".hidden"
    assert found(folder) == ["page.png"]


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (["notes.txt"], "1 file is left out, of no type that is read: notes.txt"),
        (["b.docx", "a.zip"], "2 files are left out, of no type that is read: a.zip, b.docx"),
        (["5", "1.x", "4.x", "3.x", "2/a.x"], "5 files are left out, of no type that is read: 1.x, 2/a.x, 3.x, ..."),
    ],
)
def test_what_is_left_out_is_reported_in_one_line(
    others: list[str], message: str, filled: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    folder = filled("page.png", *others)
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        assert found(folder) == ["page.png"]
    assert caplog.messages == [f"{folder}: {message}"]


def test_counting_reports_nothing(filled: Callable[..., Path], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        assert count_pages([filled("page.png", "notes.txt")]) == 1
    assert caplog.messages == []


def test_a_folder_without_a_page_is_an_error_and_says_what_is_in_it(
    filled: Callable[..., Path], the_error: Callable[[Path], str], caplog: pytest.LogCaptureFixture
) -> None:
    folder = filled("letter.docx")
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        assert the_error(folder).startswith(f"{folder}: no file in this folder ends in .apng, .avif, ")
    assert caplog.messages == [f"{folder}: 1 file is left out, of no type that is read: letter.docx"]


def test_a_mac_s_notes_about_a_file_are_named_if_they_are_given_by_name(
    tmp_path: Path, the_error: Callable[[Path], str]
) -> None:
    (tmp_path / "._page.jpg").write_bytes(b"\0\x05\x16\x07\0\x02\0\0Mac OS X        ")
    assert "a Mac's notes about one (AppleDouble): use the file without ._" in the_error(tmp_path / "._page.jpg")


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="a system without links")
def test_a_link_to_a_page_that_is_gone_is_a_page_that_fails(filled: Callable[..., Path]) -> None:
    folder = filled("page.png")
    (folder / "gone.png").symlink_to("nowhere.png")
    (folder / "gone.txt").symlink_to("nowhere.txt")
    assert found(folder) == ["gone.png", "page.png"]
    with pytest.raises(InputError, match=r"gone\.png: No such file or directory$"):
        next(pages(folder)).read()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="whom modes do not bind")
def test_a_folder_that_cannot_be_listed_is_a_page_that_fails(filled: Callable[..., Path]) -> None:
    folder = filled("page.png", "closed/page.png")
    (folder / "closed").chmod(0)
    assert found(folder) == ["closed", "page.png"]
    with pytest.raises(InputError, match=r"closed: Permission denied$"):
        next(pages(folder)).read()
    (folder / "closed").chmod(0o700)
