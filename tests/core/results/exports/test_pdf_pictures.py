"""Pictures in a PDF: as their files have them, turned as they are shown, on a sheet of a believable size."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageOps
import pypdfium2
import pytest
from PIL.TiffImagePlugin import AppendingTiffWriter

from ocrzoo.inputs import InputOptions, pages
from ocrzoo.inputs.page import Origin
from ocrzoo.results.exports.pdf import to_pdf
from ocrzoo.results.exports.pdf_parts.picture_files import picture_of
from ocrzoo.results.exports.pdf_parts.sheet import sheet_size
from ocrzoo.results.page_text import TextPage

ORIENTATION = 0x0112


def mosaic(mode: str = "RGB", width: int = 60, height: int = 40) -> PIL.Image.Image:
    """A picture of which no turn looks like another."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[: height // 2, : width // 2] = (200, 30, 30)
    pixels[height // 2 :, : width // 3] = (20, 160, 40)
    pixels[: height // 4, width // 2 :] = (30, 40, 180)
    return PIL.Image.fromarray(pixels).convert(mode, dither=PIL.Image.Dither.NONE)


def read(path: Path) -> TextPage:
    (page,) = pages(path)
    return TextPage("p", page.read(), (), str(path), page.page_index, page.origin)


def drawn(page: TextPage) -> Any:
    """The page as a PDF shows it, a pixel a pixel."""
    with pypdfium2.PdfDocument(to_pdf([page])) as document:
        shown = document[0].render(scale=page.image.shape[1] / document[0].get_width()).to_numpy()
    shown = shown[: page.image.shape[0], : page.image.shape[1]]  # a row more, where a size is rounded up
    return np.broadcast_to(shown.reshape(*shown.shape[:2], -1), (*shown.shape[:2], 3)).astype(int)


def with_orientation(number: int) -> PIL.Image.Exif:
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = number
    return exif


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_a_picture_is_turned_as_it_was_shown(tmp_path: Path, suffix: str, number: int) -> None:
    path = tmp_path / f"turned.{suffix}"
    options: dict[str, Any] = {"tiffinfo": {274: number}} if suffix == "tif" else {"exif": with_orientation(number)}
    mosaic().save(path, **options)
    page = read(path)
    kept = picture_of(path, page.page_index, page.image)
    assert kept.filter == ("DCTDecode" if suffix == "jpg" else "FlateDecode")
    assert drawn(page).shape == page.image.shape
    assert np.abs(drawn(page) - page.image).mean() < 6


@pytest.mark.parametrize(
    ("suffix", "mode", "options"),
    [
        ("png", "1", {}),
        ("png", "L", {}),
        ("png", "LA", {}),
        ("png", "P", {}),
        ("png", "P", {"transparency": 0}),
        ("png", "RGB", {"transparency": (1, 2, 3)}),
        ("png", "RGBA", {}),
        ("png", "I;16", {}),
        ("gif", "P", {}),
        ("bmp", "RGB", {}),
        ("bmp", "1", {}),
        ("ppm", "RGB", {}),
        ("pgm", "L", {}),
        ("pbm", "1", {}),
        ("webp", "RGB", {"lossless": True}),
        ("webp", "RGB", {"quality": 95}),
        ("avif", "RGB", {"quality": 95}),
        ("jpg", "L", {"progressive": True}),
        ("jpg", "CMYK", {"quality": 95}),
        ("tif", "1", {}),
        ("tif", "L", {"compression": "tiff_lzw"}),
        ("tif", "RGB", {"compression": "jpeg", "quality": 95}),
        ("tif", "CMYK", {"compression": "tiff_adobe_deflate"}),
        ("tif", "P", {}),
        ("tif", "RGBA", {}),
        ("tif", "I;16", {}),
    ],
)
def test_every_kind_of_picture_looks_as_it_was_read(
    tmp_path: Path, suffix: str, mode: str, options: dict[str, Any]
) -> None:
    image = mosaic("L") if mode == "I;16" else mosaic(mode if mode != "P" else "RGB")
    if mode == "P":
        image = image.quantize(8)
    if mode == "I;16":
        image = PIL.Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    image.save(tmp_path / f"page.{suffix}", dpi=(72, 72), **options)
    page = read(tmp_path / f"page.{suffix}")
    picture_of(tmp_path / f"page.{suffix}", page.page_index, page.image)  # as its file has it
    assert np.abs(drawn(page) - page.image).mean() < (20 if mode == "CMYK" else 6)  # PDFium's inks differ from Pillow's


def test_the_picture_on_another_ground_than_white_is_the_one_that_was_read(tmp_path: Path) -> None:
    """White ink without a ground would be invisible on the white sheet."""
    white = PIL.Image.new("RGBA", (60, 40), (255, 255, 255, 0))
    white.paste((255, 255, 255, 255), (10, 10, 30, 30))
    white.save(tmp_path / "white.png")
    seen = np.full((40, 60, 3), 90, np.uint8)
    seen[10:30, 10:30] = 255
    page = TextPage("p", seen, (), None, None, Origin(tmp_path / "white.png"))
    assert np.abs(drawn(page) - seen).mean() < 6


def test_an_interlaced_png_is_compressed_again_without_loss(tmp_path: Path) -> None:
    """Adam7, written by hand: seven reduced pictures, here of one pixel."""
    import struct
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 1)
    pixel = b"\0" + struct.pack(">HHH", 0x1234, 0x5678, 0x9ABC)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixel)) + chunk(b"IEND", b"")
    kept = picture_of(content, None, None)
    assert (kept.bits, kept.channels) == (16, 3)
    assert zlib.decompress(kept.data)[1:] == pixel[1:]


@pytest.mark.parametrize("damage", [lambda content: content[:40], lambda content: b"nothing", lambda content: b""])
def test_a_file_that_changed_is_replaced_by_the_page_that_was_read(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    mosaic().save(tmp_path / "page.png")
    page = read(tmp_path / "page.png")
    (tmp_path / "page.png").write_bytes(damage((tmp_path / "page.png").read_bytes()))
    assert np.abs(drawn(page) - page.image).mean() < 1
    (tmp_path / "page.png").unlink()
    assert np.abs(drawn(page) - page.image).mean() < 1


def test_a_color_profile_is_kept(tmp_path: Path) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for suffix in ("png", "jpg"):
        mosaic().save(tmp_path / f"page.{suffix}", icc_profile=profile)
        assert picture_of(tmp_path / f"page.{suffix}", None, None).profile == profile
        mosaic("L").save(tmp_path / f"gray.{suffix}", icc_profile=profile)
        assert picture_of(tmp_path / f"gray.{suffix}", None, None).profile is None


class TestSheet:
    """A sheet has the size that a file states, if that can be."""

    @pytest.mark.parametrize(
        ("pixels", "stated", "size_mm"),
        [
            ((2480, 3508), (300, 300), (210, 297)),
            ((1728, 1100), (204, 98), (215.2, 285.1)),
            ((595, 842), (72, 72), (209.9, 297.0)),
            ((4000, 3000), (72, 72), (280, 210)),
            ((1000, 1000), (0, 0), (210, 210)),
            ((1000, 1000), (float("nan"), 1), (210, 210)),
            ((1000, 1000), (1, 1), (210, 210)),
            ((1000, 2000), None, (210, 420)),
            ((300, 200), None, (105.8, 70.6)),
        ],
    )
    def test_of_pixels(
        self, pixels: tuple[int, int], stated: tuple[float, float] | None, size_mm: tuple[float, float]
    ) -> None:
        found = [side * 25.4 / 72 for side in sheet_size(*pixels, stated)]
        assert found == pytest.approx(size_mm, abs=0.1)

    def test_the_resolution_that_is_given_is_for_pictures_without_one(self) -> None:
        assert sheet_size(300, 600, None, 300) == pytest.approx((72, 144))
        assert sheet_size(300, 600, (150, 150), 300) == pytest.approx((144, 288))

    def test_no_side_is_longer_than_a_pdf_allows(self) -> None:
        assert max(sheet_size(100, 1_000_000, (300, 300))) == 14400

    def test_a_scanner_s_two_resolutions_are_turned_with_the_picture(self, tmp_path: Path) -> None:
        mosaic(width=200, height=100).save(tmp_path / "p.jpg", dpi=(100, 200), exif=with_orientation(6))
        page = read(tmp_path / "p.jpg")
        with pypdfium2.PdfDocument(to_pdf([page])) as document:
            assert document[0].get_size() == pytest.approx((36, 144), abs=0.1)


def test_an_array_is_a_page(tmp_path: Path) -> None:
    (page,) = pages(np.asarray(mosaic()))
    made = TextPage("p", page.read(), ())
    assert np.abs(drawn(made) - made.image).mean() < 6


def test_a_tiff_page_behind_reduced_copies_is_kept(tmp_path: Path) -> None:
    with AppendingTiffWriter(str(tmp_path / "p.tif"), new=True) as writer:
        for i, size in enumerate([(400, 300), (200, 150), (410, 300)]):
            mosaic("RGB", *size).save(writer, "TIFF", tiffinfo={254: i % 2})
            writer.newFrame()
    _, second = pages(tmp_path / "p.tif")
    assert second.page_index == 1
    assert second.origin is not None
    kept = picture_of(second.origin.file, second.origin.number, second.read())
    assert (kept.width, kept.height) == (410, 300)


def test_a_frame_of_an_animation_is_compressed_again(tmp_path: Path) -> None:
    mosaic().save(tmp_path / "p.gif", save_all=True, append_images=[mosaic().rotate(180)], duration=40)
    first, second = pages(tmp_path / "p.gif", InputOptions(frames="all"))
    assert np.abs(drawn(TextPage("p", first.read(), (), origin=first.origin)) - first.read()).mean() < 6
    assert np.abs(drawn(TextPage("p", second.read(), (), origin=second.origin)) - second.read()).mean() < 6


def test_content_is_a_page(tmp_path: Path) -> None:
    content = io.BytesIO()
    mosaic().save(content, "PNG", dpi=(30.0, 30.0))
    (page,) = pages(content.getvalue())
    assert page.origin == Origin(content.getvalue())
    assert picture_of(content.getvalue(), None, page.read()).bits == 8
