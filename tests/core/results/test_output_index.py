"""Results of one input never replace those of another, in one run or the next; a second run replaces its own."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.core.results.conftest import Build
from tests.core.results.exports import scans

from ocrzoo.inputs import pages
from ocrzoo.results.output_files import OutputNames
from ocrzoo.results.output_index import INDEX

Save = Callable[..., list[str]]


@pytest.fixture
def save(build: Build, tmp_path: Path) -> Save:
    """Runs: saves the text of each page of an input into one folder, and returns the names of the files."""

    def run(*inputs: Any) -> list[str]:
        names, saved = OutputNames(), []
        for one in inputs:
            for page in pages(one):
                stem = names.stem(page.stem, page.page_index)
                made = build(
                    input_path=page.input_path,
                    page_index=page.page_index,
                    name=stem,
                    names=names,
                    origin=page.origin,
                    image=page.read(),
                )
                saved.append(made.save_to_txt(tmp_path / "out").name)
        return saved

    return run


def picture(path: Path, level: int = 0) -> Path:
    import cv2

    path.parent.mkdir(exist_ok=True, parents=True)
    encoded = cv2.imencode(path.suffix.lower(), np.full((9, 9, 3), level, np.uint8))[1]
    path.write_bytes(encoded.tobytes())
    return path


@pytest.mark.parametrize(
    "names",
    [
        ("a.png", "a.jpg"),
        ("one/a.png", "two/a.png"),
        ("a:b.png", "a?b.png"),
        ("x" * 220 + "1.png", "x" * 220 + "2.png"),
        ("\u00e4.png", "a\u0308.png"),
        ("A.png", "a.png"),
        (f"{'Minutes of the meeting ' * 3} 1.png", f"{'Minutes of the meeting ' * 3} 2.png"),
        ("字" * 70 + "一.png", "字" * 70 + "二.png"),
    ],
    ids=["suffixes", "folders", "unsafe", "too long", "normal forms", "case", "long", "long in bytes"],
)
def test_two_inputs_have_files_of_their_own(save: Save, tmp_path: Path, names: tuple[str, str]) -> None:
    first, second = (picture(tmp_path / name, level) for level, name in enumerate(names))
    between_runs = [*save(first), *save(second)]
    assert len(set(between_runs)) == 2
    assert [*save(first), *save(second)] == between_runs
    in_one_run = save(first, second)
    assert len({unicodedata.normalize("NFC", name).casefold() for name in in_one_run}) == 2
    assert all(len(name.encode()) <= 255 for name in between_runs)


def test_names_are_paddlex_s_where_nothing_else_has_them(save: Save, tmp_path: Path) -> None:
    long = "Minutes of the annual general meeting of the beekeepers, signed and scanned page 1"
    assert save(picture(tmp_path / f"{long}.png")) == [f"{long}_res.txt"]
    path = scans.make(tmp_path, "TIFF of 3 pages")
    assert save(path) == ["scan_0_res.txt", "scan_1_res.txt", "scan_2_res.txt"]
    assert save(picture(tmp_path / "scan_1.png")) == ["scan_1_res_2.txt"]


@pytest.mark.parametrize("name", ["con.tar.png", "NUL.a.png", "com1.x.png"])
def test_no_name_is_reserved_on_windows(save: Save, tmp_path: Path, name: str) -> None:
    assert save(picture(tmp_path / name)) == [f"_{Path(name).stem}_res.txt"]


def test_an_input_that_changed_replaces_its_results(save: Save, tmp_path: Path) -> None:
    assert save(picture(tmp_path / "a.png", 1)) == ["a_res.txt"]
    assert save(picture(tmp_path / "a.png", 2)) == ["a_res.txt"]


def test_a_copy_elsewhere_replaces_its_results(save: Save, tmp_path: Path) -> None:
    """As where each run has a temporary folder of its own."""
    assert save(picture(tmp_path / "one" / "a.png")) == ["a_res.txt"]
    assert save(picture(tmp_path / "two" / "a.png")) == ["a_res.txt"]


def test_arrays_and_content_are_told_apart_by_what_they_are(save: Save, tmp_path: Path) -> None:
    arrays = [np.full((9, 9, 3), level, np.uint8) for level in range(3)]
    assert [name for array in arrays for name in save(array)] == ["array_res.txt", "array_res_2.txt", "array_res_3.txt"]
    assert save(arrays[1]) == ["array_res_2.txt"]
    content = picture(tmp_path / "a.png", 7).read_bytes()
    assert save(content) == save(content) == ["array_res_4.txt"]


def test_files_that_were_deleted_are_free(save: Save, tmp_path: Path) -> None:
    assert save(picture(tmp_path / "a.png", 1)) == ["a_res.txt"]
    (tmp_path / "out" / "a_res.txt").unlink()
    assert save(picture(tmp_path / "a.jpg", 2)) == ["a_res.txt"]


def test_a_file_that_the_user_names_is_replaced(build: Build, tmp_path: Path) -> None:
    for level in (1, 2):
        array = np.full((9, 9, 3), level, np.uint8)
        made = build(input_path=None, image=array)
        assert made.save_to_txt(tmp_path / "mine.txt") == tmp_path / "mine.txt"
    assert not (tmp_path / INDEX).exists()


@pytest.mark.parametrize(
    "content", [b"", b"no json\n", b'["a_res.txt"]\n', b'["a_res.txt", 1, {}, []]\n', b"\xff\n", b"[" * 99999 + b"\n"]
)
def test_a_record_that_is_none_stops_nothing(save: Save, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / INDEX).write_bytes(content)
    assert save(picture(tmp_path / "a.png")) == ["a_res.txt"]


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_record_that_is_a_link_is_not_followed(save: Save, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").touch()
    (tmp_path / "out" / INDEX).symlink_to(tmp_path / "elsewhere")
    assert save(picture(tmp_path / "a.png")) == ["a_res.txt"]
    assert (tmp_path / "elsewhere").read_bytes() == b""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_a_record_that_is_a_pipe_is_not_waited_for(save: Save, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out" / INDEX)
    assert save(picture(tmp_path / "a.png")) == ["a_res.txt"]


def test_the_record_names_no_path(save: Save, tmp_path: Path) -> None:
    save(picture(tmp_path / "secret-place" / "a.png"))
    assert b"secret-place" not in (tmp_path / "out" / INDEX).read_bytes()


def test_two_runs_at_once_see_each_other(build: Build, tmp_path: Path) -> None:
    runs = [OutputNames(), OutputNames()]
    saved = []
    for number in range(3):
        for run, names in enumerate(runs):
            image = np.full((9, 9, 3), run, np.uint8)
            made = build(input_path=None, name=f"page{number}", names=names, image=image)
            saved.append(made.save_to_txt(tmp_path / "out").name)
    assert len(set(saved)) == 6
