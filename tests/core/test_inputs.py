"""Inputs: everything a user can point at becomes pages, and every refusal is one clear line."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from ocrzoo import inputs
from ocrzoo.inputs import Page, decode, from_array, pages
from ocrzoo_registry.errors import InputError

PICTURE = np.random.default_rng(5).integers(0, 256, (20, 30, 3), dtype=np.uint8)
"""BGR."""


def encoded(suffix: str = ".png", image: NDArray[Any] = PICTURE) -> bytes:
    done, content = cv2.imencode(suffix, image)
    assert done
    return content.tobytes()


def through_pillow(file_format: str, mode: str = "RGB", **options: Any) -> bytes:
    content = io.BytesIO()
    PIL.Image.fromarray(PICTURE[:, :, ::-1]).convert(mode).save(content, file_format, **options)
    return content.getvalue()


def names(source: inputs.Input) -> list[str | None]:
    return [page.input_path for page in pages(source)]


def the_error(source: inputs.Input) -> str:
    (page,) = pages(source)
    with pytest.raises(InputError) as caught:
        page.read()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    path.write_bytes(encoded())
    return path


class TestKinds:
    """What can be given."""

    @pytest.mark.parametrize("kind", [str, Path])
    def test_a_path(self, picture: Path, kind: Callable[[Path], Any]) -> None:
        (page,) = pages(kind(picture))
        assert page.input_path == str(picture)
        assert page.page_index is None
        np.testing.assert_array_equal(page.read(), PICTURE)

    def test_the_path_stays_as_the_user_wrote_it(self, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(picture.parent)
        assert names("./picture.png") == ["./picture.png"]

    @pytest.mark.parametrize(
        "array",
        [PICTURE, np.dstack([PICTURE, np.zeros((20, 30), np.uint8)]), PICTURE[::-1][::-1]],
        ids=["BGR", "BGRA", "strided"],
    )
    def test_an_array_in_colour(self, array: NDArray[np.uint8]) -> None:
        (page,) = pages(array)
        assert page.input_path is None
        np.testing.assert_array_equal(page.read(), PICTURE)

    @pytest.mark.parametrize("shape", [(20, 30), (20, 30, 1)])
    def test_an_array_in_grey(self, shape: tuple[int, ...]) -> None:
        grey = PICTURE[:, :, 0]
        np.testing.assert_array_equal(from_array(grey.reshape(shape)), np.dstack([grey] * 3))

    def test_lists_in_lists(self, picture: Path) -> None:
        assert names([str(picture), [PICTURE, [picture], []], (PICTURE,)]) == [str(picture), None, str(picture), None]

    def test_a_generator_is_taken_one_by_one(self, picture: Path) -> None:
        found = pages(path for path in [str(picture), "never asked for"])
        assert next(found).input_path == str(picture)

    def test_nothing(self) -> None:
        assert names([]) == []

    def test_a_page_is_read_when_its_turn_comes(self, tmp_path: Path) -> None:
        (page,) = pages(tmp_path / "later.png")
        (tmp_path / "later.png").write_bytes(encoded())
        np.testing.assert_array_equal(page.read(), PICTURE)

    def test_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(encoded())))
        (page,) = pages("-")
        assert page.input_path == "-"
        np.testing.assert_array_equal(page.read(), PICTURE)


class TestFolders:
    """Every image below, in the order of the paths."""

    def test_sorted_and_images_only(self, tmp_path: Path) -> None:
        for name in ("b.PNG", "a.jpg", "notes.txt", "c/2.tiff", "c/10.bmp", "c/d/e.webp", "x.pdf"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        (tmp_path / "folder.png").mkdir()
        expected = ["a.jpg", "b.PNG", "c/10.bmp", "c/2.tiff", "c/d/e.webp", "x.pdf"]
        assert names(tmp_path) == [str(tmp_path / name) for name in expected]

    def test_an_empty_folder_is_an_error(self, tmp_path: Path) -> None:
        assert the_error(tmp_path) == f"{tmp_path}: no images in this folder, or none that may be read"


class TestFormats:
    """Files that are images."""

    @pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".ppm", ".ras"])
    def test_lossless(self, suffix: str) -> None:
        np.testing.assert_array_equal(decode(encoded(suffix), "x"), PICTURE)

    @pytest.mark.parametrize("suffix", [".jpg", ".webp"])
    def test_lossy(self, suffix: str) -> None:
        smooth = np.full((20, 30, 3), (40, 120, 200), np.uint8)
        np.testing.assert_allclose(decode(encoded(suffix, smooth), "x"), smooth, atol=5)

    def test_sixteen_bits_become_eight(self) -> None:
        deep = PICTURE.astype(np.uint16) * 256 + 17
        read = decode(encoded(image=deep), "x")
        assert read.dtype == np.uint8
        np.testing.assert_array_equal(read, PICTURE)

    @pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "RGBA", "I;16"])
    def test_every_kind_of_png_becomes_bgr(self, mode: str) -> None:
        read = decode(through_pillow("PNG", mode), "x")
        assert read.shape == (20, 30, 3)
        assert read.dtype == np.uint8

    def test_transparency_is_dropped(self) -> None:
        clear = np.dstack([PICTURE, np.zeros((20, 30), np.uint8)])
        np.testing.assert_array_equal(decode(encoded(image=clear), "x"), PICTURE)

    def test_cmyk(self) -> None:
        content = io.BytesIO()
        PIL.Image.new("RGB", (30, 20), (200, 120, 40)).convert("CMYK").save(content, "JPEG", quality=95)
        read = decode(content.getvalue(), "x")
        assert read.shape == (20, 30, 3)
        np.testing.assert_allclose(read, np.full((20, 30, 3), (40, 120, 200)), atol=6)

    @pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (19, 29)), (6, (0, 19)), (8, (29, 0))])
    def test_rotation_in_exif_is_applied(self, orientation: int, corner: tuple[int, int]) -> None:
        page = PIL.Image.new("RGB", (30, 20), "white")
        page.paste("black", (0, 0, 8, 8))
        exif = PIL.Image.Exif()
        exif[0x0112] = orientation
        content = io.BytesIO()
        page.save(content, "JPEG", quality=95, exif=exif)
        read = decode(content.getvalue(), "x")
        assert read.shape == ((30, 20, 3) if orientation in (6, 8) else (20, 30, 3))
        assert read[corner].max() < 60

    def test_one_pixel(self) -> None:
        assert decode(encoded(image=PICTURE[:1, :1]), "x").shape == (1, 1, 3)

    def test_a_jpeg_cut_short_is_read_as_far_as_it_goes_as_paddlex_does(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        whole = encoded(".jpg")
        assert decode(whole[: len(whole) // 2], "x").shape == (20, 30, 3)


class TestRefusals:
    """Files that are not, each named."""

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        assert the_error(tmp_path / "no.png") == f"{tmp_path / 'no.png'}: No such file or directory"

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "empty"),
            (b"Dear reader, this is a letter.", "not an image"),
            (encoded()[: len(encoded()) // 2], "not an image.*cut short"),
            (encoded()[:10], "not an image.*cut short"),
            (encoded(".jpg")[:10], "not an image.*cut short"),
            (b"%PDF-1.7\n", "PDF files cannot be read yet: turn its pages into images first"),
            (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "not an image"),
        ],
    )
    def test_a_file_that_is_no_image(self, tmp_path: Path, content: bytes, reason: str) -> None:
        path = tmp_path / "page.png"
        path.write_bytes(content)
        message = the_error(path)
        assert message.startswith(f"{path}: ")
        with pytest.raises(InputError, match=reason):
            decode(content, "x")

    def test_a_page_too_large_is_refused_before_it_is_decoded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(inputs, "MAX_PIXELS", 599)
        monkeypatch.setattr(cv2, "imdecode", pytest.fail)
        with pytest.raises(InputError, match="page: too large: 30 x 20: at most 599 pixels"):
            decode(encoded(), "page")

    def test_a_bomb_is_refused(self) -> None:
        """A PNG that says it has 60,000 x 60,000 pixels."""
        header = (60_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"
        chunk = b"IHDR" + header
        import zlib

        bomb = b"\x89PNG\r\n\x1a\n" + len(header).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
        idat = b"IDAT" + zlib.compress(b"\0" * 100)
        bomb += (len(idat) - 4).to_bytes(4) + idat + zlib.crc32(idat).to_bytes(4)
        with pytest.raises(InputError, match="page: too large"):
            decode(bomb, "page")

    @pytest.mark.parametrize(
        "array",
        [
            np.zeros((20, 30, 3), np.float32),
            np.zeros((20, 30, 3), bool),
            np.zeros((20, 30, 3), np.uint16),
            np.zeros((20, 30, 2), np.uint8),
            np.zeros((1, 20, 30, 3), np.uint8),
            np.zeros(30, np.uint8),
            np.zeros((0, 30, 3), np.uint8),
        ],
        ids=lambda array: f"{array.dtype}{array.shape}",
    )
    def test_an_array_that_is_no_image(self, array: NDArray[Any]) -> None:
        assert "is no image" in the_error(array)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        (None, "array"),
        ("-", "stdin"),
        ("folder/page.one.png", "page.one"),
        ("http://127.0.0.1/folder/my%20page.png?size=2.5&x=/y.jpg", "my page"),
        ("HTTPS://127.0.0.1", "download"),
    ],
)
def test_results_are_named_after_the_page(name: str | None, stem: str) -> None:
    assert Page(name, lambda: PICTURE).stem == stem
