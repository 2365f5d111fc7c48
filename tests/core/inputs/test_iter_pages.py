"""Inputs: everything a user can point at becomes pages, each looked at when its turn comes."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from ocrzoo import inputs
from ocrzoo.inputs import Page, count_pages, limits, pages
from ocrzoo_registry.errors import InputError, UsageError

Picture = NDArray[np.uint8]
Encoder = Callable[..., bytes]


def names(source: inputs.Input) -> list[str | None]:
    return [page.input_path for page in pages(source)]


def indices(source: inputs.Input) -> list[int | None]:
    return [page.page_index for page in pages(source)]


@pytest.fixture
def path(tmp_path: Path, encoded: Encoder) -> Path:
    """A picture on disk."""
    made = tmp_path / "picture.png"
    made.write_bytes(encoded())
    return made


@pytest.fixture
def standard_input(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Have something come by standard input."""

    def give(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))

    return give


class TestKinds:
    """What can be given."""

    @pytest.mark.parametrize("kind", [str, Path])
    def test_a_path(self, path: Path, kind: Callable[[Path], Any], picture: Picture) -> None:
        (page,) = pages(kind(path))
        assert (page.input_path, page.page_index) == (str(path), None)
        np.testing.assert_array_equal(page.read(), picture)

    def test_the_path_stays_as_the_user_wrote_it(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(path.parent)
        assert names("./picture.png") == ["./picture.png"]

    def test_an_array(self, picture: Picture) -> None:
        (page,) = pages(picture)
        assert (page.input_path, page.page_index) == (None, None)
        np.testing.assert_array_equal(page.read(), picture)

    def test_content(self, encoded: Encoder, picture: Picture, pdf: Any, the_error: Callable[[Any], str]) -> None:
        (page,) = pages(encoded())
        assert (page.input_path, page.page_index) == (None, None)
        np.testing.assert_array_equal(page.read(), picture)
        assert indices(pdf.pages(0, 1)) == [0, 1]
        assert the_error(b"") == "the bytes given: empty"

    def test_lists_in_lists(self, path: Path, picture: Picture) -> None:
        assert names([str(path), [picture, [path], []], (picture,)]) == [str(path), None, str(path), None]

    def test_a_generator_is_taken_one_by_one(self, path: Path) -> None:
        def given() -> Iterator[str]:
            yield str(path)
            pytest.fail("asked for too early")

        assert next(pages(given())).input_path == str(path)

    def test_nothing(self) -> None:
        assert names([]) == []

    def test_a_page_is_read_when_its_turn_comes(self, tmp_path: Path, encoded: Encoder, picture: Picture) -> None:
        (page,) = pages(tmp_path / "later.png")
        (tmp_path / "later.png").write_bytes(encoded())
        np.testing.assert_array_equal(page.read(), picture)

    @pytest.mark.parametrize("name", ["page.png", "page.pdf", "page.tif", "page", "page.txt"])
    def test_the_content_determines_the_type_not_the_name(
        self, name: str, tmp_path: Path, pdf: Any, encoded: Encoder, through_pillow: Encoder
    ) -> None:
        contents = {None: encoded(), 0: through_pillow("TIFF"), 1: pdf.pages(0, 1)}
        for last, content in contents.items():
            (tmp_path / name).write_bytes(content)
            *_, page = pages(tmp_path / name)
            assert page.page_index == last
            assert page.read().shape[2] == 3


class TestStandardInput:
    """What comes by ``-`` is read once, when its first page is asked for."""

    def test_an_image(self, standard_input: Callable[[bytes], None], encoded: Encoder, picture: Picture) -> None:
        found = pages("-")
        standard_input(encoded())
        (page,) = found
        assert (page.input_path, page.page_index) == ("-", None)
        np.testing.assert_array_equal(page.read(), picture)
        np.testing.assert_array_equal(page.read(), picture)

    def test_a_pdf(self, standard_input: Callable[[bytes], None], pdf: Any) -> None:
        standard_input(pdf.pages(0, 1))
        found = list(pages("-"))
        assert [(page.input_path, page.page_index) for page in found] == [("-", 0), ("-", 1)]
        assert [page.read().max() for page in found] == [0, 255]

    def test_a_tiff(self, standard_input: Callable[[bytes], None], through_pillow: Encoder, picture: Picture) -> None:
        standard_input(through_pillow("TIFF", images=[picture] * 3))
        assert indices("-") == [0, 1, 2]

    def test_nothing_or_too_much(
        self,
        standard_input: Callable[[bytes], None],
        the_error: Callable[[Any], str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        standard_input(b"")
        assert the_error("-") == "standard input: empty"
        monkeypatch.setattr(limits, "MAX_BYTES", 1 << 20)
        standard_input(bytes((1 << 20) + 1))
        assert the_error("-") == "standard input: larger than 1048576 bytes"
        monkeypatch.setattr(sys, "stdin", None)
        assert the_error("-") == "standard input: closed"


class TestFolders:
    """Every image and PDF below, in the order of the paths."""

    def test_sorted_and_images_only(self, tmp_path: Path) -> None:
        for name in ("b.PNG", "a.jpg", "notes.txt", "c/2.tiff", "c/10.bmp", "c/d/e.webp", "x.pdf"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        (tmp_path / "folder.png").mkdir()
        expected = ["a.jpg", "b.PNG", "c/10.bmp", "c/2.tiff", "c/d/e.webp", "x.pdf"]
        assert names(tmp_path) == [str(tmp_path / name) for name in expected]

    def test_files_of_several_pages_among_others(self, tmp_path: Path, pdf: Any, encoded: Encoder) -> None:
        (tmp_path / "1.png").write_bytes(encoded())
        (tmp_path / "2.pdf").write_bytes(pdf.pages(0, 1))
        (tmp_path / "3.pdf").write_bytes(b"%PDF-1.4 and no more")
        (tmp_path / "4.png").write_bytes(encoded())
        found = list(pages(tmp_path))
        assert [(page.stem, page.page_index) for page in found] == [
            ("1", None),
            ("2", 0),
            ("2", 1),
            ("3", None),
            ("4", None),
        ]
        with pytest.raises(InputError, match=r"3\.pdf: not a readable PDF"):
            found[3].read()
        assert found[4].read().shape == (20, 30, 3)

    def test_an_empty_folder_is_an_error(self, tmp_path: Path, the_error: Callable[[Any], str]) -> None:
        assert the_error(tmp_path).startswith(f"{tmp_path}: no file in this folder ends in .apng, .avif, ")


class TestMistakes:
    """What is no input."""

    @pytest.mark.parametrize("wrong", [None, 3, {"a": 1}, PIL.Image.new("L", (2, 2))])
    def test_alone_it_is_the_caller_s_error(self, wrong: Any) -> None:
        with pytest.raises(UsageError, match=f"{type(wrong).__name__} is not an input: use a path"):
            list(pages(wrong))

    def test_among_others_it_costs_itself(self, path: Path) -> None:
        mixed: Any = [path, None, "ftp://127.0.0.1/x.png", path]
        good, nothing, elsewhere, after = pages(mixed)
        assert good.read().shape == after.read().shape
        with pytest.raises(InputError, match=r"^NoneType is not an input"):
            nothing.read()
        with pytest.raises(InputError, match=r"^ftp://127\.0\.0\.1/x\.png: only http and https"):
            elsewhere.read()

    def test_an_open_file_is_not_taken_for_its_lines(self, path: Path) -> None:
        with path.open("rb") as file, pytest.raises(UsageError, match=r"use the content of the file, file\.read\(\)"):
            list(pages(file))


class TestCounting:
    """How many pages there will be, as far as can be known."""

    def test_files_and_arrays(self, tmp_path: Path, path: Path, pdf: Any, picture: Picture) -> None:
        (tmp_path / "three.pdf").write_bytes(pdf.pages(0, 0, 0))
        assert count_pages(path) == 1
        assert count_pages(tmp_path) == 4
        assert count_pages([picture, pdf.pages(0, 0), (tmp_path, "no such file")]) == 8
        assert count_pages([]) == 0

    def test_it_is_the_number_of_pages_that_come(self, path: Path, pdf: Any, picture: Picture) -> None:
        source: Any = [path, pdf.pages(0, 0), b"%PDF-", b"", None, "", picture]
        assert count_pages(source[:4]) == len(list(pages(source[:4]))) == 5

    @pytest.mark.parametrize("once", ["-", "http://127.0.0.1/page.png", "HTTPS://127.0.0.1/page.png"])
    def test_what_can_be_read_only_once_is_left_alone(
        self, once: str, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ocrzoo.inputs.iter_pages.download", pytest.fail)
        monkeypatch.setattr(sys, "stdin", None)
        assert count_pages(once) is None
        assert count_pages([path, once]) is None

    def test_a_generator_is_not_used_up(self, path: Path) -> None:
        source = iter([path, path])
        assert count_pages(source) is None
        assert len(list(pages(source))) == 2


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        (None, "array"),
        ("-", "stdin"),
        ("folder/page.one.png", "page.one"),
        ("http://127.0.0.1/folder/my%20page.png?size=2.5&x=/y.jpg", "my page"),
        ("HTTPS://127.0.0.1", "download"),
        ("http://127.0.0.1/%00.png", "_"),
        ("http://127.0.0.1/C%3Aevil.png", "C_evil"),
        ("http://127.0.0.1/%2e%2e%2fup.png", "up"),
    ],
)
def test_results_are_named_after_the_file(name: str | None, stem: str) -> None:
    assert Page(name, lambda: np.zeros((1, 1, 3), np.uint8), page_index=3).stem == stem
