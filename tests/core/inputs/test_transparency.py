"""Ink on a transparent ground is visible on the page, whatever the format, and nothing else changes."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from ocrzoo.inputs import InputOptions, decode, pages
from ocrzoo.inputs.transparency import flatten
from ocrzoo_registry.errors import InputError

Picture = NDArray[np.uint8]
PAPER, SCREEN = 255, 0
STROKE = (slice(12, 18), slice(10, 70))
QUIRKS = InputOptions(paddlex_quirks=True)


def drawn(*inks: tuple[int, int], hidden: int = 0) -> PIL.Image.Image:
    """A transparent picture of 80 x 40 with a stroke for each ink, a gray level and an alpha, below each other."""
    picture = PIL.Image.new("RGBA", (80, 40 * len(inks)), (hidden, hidden, hidden, 0))
    for i, (level, alpha) in enumerate(inks):
        picture.paste((level, level, level, alpha), (10, 40 * i + 12, 70, 40 * i + 18))
    return picture


def saved(picture: PIL.Image.Image, file_format: str, **options: Any) -> bytes:
    content = io.BytesIO()
    picture.save(content, file_format, **options)
    return content.getvalue()


def palette(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The picture in two colors, of which the first is transparent."""
    ink = int(picture.getpixel((40, 15))[0])  # type: ignore[index]  # RGBA
    indexed = PIL.Image.fromarray((np.asarray(picture)[:, :, 3] > 0).astype(np.uint8), "P")
    indexed.putpalette([123, 45, 67, ink, ink, ink])
    indexed.info["transparency"] = 0
    return indexed


def bmp(picture: PIL.Image.Image) -> bytes:
    """A BMP whose header names a mask for alpha (BITMAPV4HEADER); without one, the fourth byte has no meaning."""
    pixels = np.ascontiguousarray(np.asarray(picture)[::-1, :, [2, 1, 0, 3]]).tobytes()
    masks = struct.pack("<4L", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    header = struct.pack("<LllHHLLllLL", 108, *picture.size, 1, 32, 3, len(pixels), 0, 0, 0, 0) + masks + bytes(52)
    return b"BM" + struct.pack("<LLL", 122 + len(pixels), 0, 122) + header + pixels


FILES: dict[str, Callable[[PIL.Image.Image], bytes]] = {
    "PNG, RGBA": lambda picture: saved(picture, "PNG"),
    "PNG, gray and alpha": lambda picture: saved(picture.convert("LA"), "PNG"),
    "PNG, palette": lambda picture: saved(palette(picture), "PNG", transparency=0),
    "PNG, RGBA of 16 bits": lambda picture: cv2.imencode(
        ".png", cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGBA2BGRA).astype(np.uint16) * 257
    )[1].tobytes(),
    "WebP, lossless": lambda picture: saved(picture, "WEBP", lossless=True, exact=True),
    "WebP, lossy": lambda picture: saved(picture, "WEBP", quality=90),
    "GIF": lambda picture: saved(palette(picture), "GIF", transparency=0),
    "TIFF": lambda picture: saved(picture, "TIFF"),
    "TIFF, LZW": lambda picture: saved(picture, "TIFF", compression="tiff_lzw"),
    "TIFF, gray and alpha": lambda picture: saved(picture.convert("LA"), "TIFF"),
    "TIFF, premultiplied": lambda picture: saved(picture, "TIFF", extra_samples=1),
    "TIFF, of OpenCV": lambda picture: cv2.imencode(".tiff", np.asarray(picture))[1].tobytes(),
    "AVIF": lambda picture: saved(picture, "AVIF", quality=90),
    "JPEG 2000": lambda picture: saved(picture, "JPEG2000"),
    "TGA": lambda picture: saved(picture, "TGA"),
    "QOI": lambda picture: saved(picture, "QOI"),
    "SGI": lambda picture: saved(picture, "SGI"),
    "BMP": bmp,
}


@pytest.mark.parametrize("ground", [PAPER, SCREEN])
@pytest.mark.parametrize("kind", FILES)
def test_black_ink_is_on_white_and_white_ink_on_black(kind: str, ground: int) -> None:
    ink = 255 - ground
    page = decode(FILES[kind](drawn((ink, 255))), "x")
    assert page.shape == (40, 80, 3)
    np.testing.assert_allclose(page[13:17, 12:68], ink, atol=12)
    np.testing.assert_allclose(page[:6], ground, atol=12)


@pytest.mark.parametrize("kind", sorted(FILES.keys() - {"PNG, palette", "GIF"}))
def test_with_paddlex_quirks_transparency_is_dropped(kind: str) -> None:
    page = decode(FILES[kind](drawn((0, 255))), "x", QUIRKS)
    assert page.max() < 12, "black on what is below the transparency, black"


@pytest.mark.parametrize("size", [(80, 40), (300, 200)])
@pytest.mark.parametrize("kind", [kind for kind in FILES if "palette" not in kind and kind != "GIF"])
def test_an_opaque_picture_is_the_same_with_alpha_and_without(kind: str, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (size[1], size[0], 3), np.uint8)
    content = FILES[kind](PIL.Image.fromarray(noise).convert("RGBA"))
    np.testing.assert_array_equal(decode(content, "x"), decode(content, "x", QUIRKS))


def test_each_page_has_its_own_ground() -> None:
    content = saved(drawn((0, 255)), "TIFF", save_all=True, append_images=[drawn((255, 255))])
    assert [int(page.read()[0, 0, 0]) for page in pages(content)] == [PAPER, SCREEN]


class TestTransparentColors:
    """A PNG without an alpha channel may have one color that is transparent."""

    @staticmethod
    def png(color_type: int, bits: int, row: bytes, color: Sequence[int], width: int = 64) -> bytes:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        header = struct.pack(">IIBBBBB", width, 8, bits, color_type, 0, 0, 0)
        key = struct.pack(f">{len(color)}H", *color)
        parts = [(b"IHDR", header), (b"tRNS", key), (b"IDAT", zlib.compress((b"\0" + row) * 8)), (b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)

    @pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
    @pytest.mark.parametrize("ground", [PAPER, SCREEN])
    def test_of_gray(self, bits: int, ground: int) -> None:
        ink = (1 << bits) - 1 if ground == SCREEN else 0
        hidden = ink ^ 1
        samples = "".join(f"{level:0{bits}b}" for level in [ink] * 32 + [hidden] * 32)
        row = int(samples, 2).to_bytes(len(samples) // 8, "big")
        page = decode(self.png(0, bits, row, [hidden]), "x")
        assert page[:, :32].min() == page[:, :32].max() == 255 - ground
        assert page[:, 32:].min() == page[:, 32:].max() == ground

    @pytest.mark.parametrize("bits", [8, 16])
    def test_of_rgb(self, bits: int) -> None:
        most = (1 << bits) - 1
        ink, hidden = [most, most, most], [most, most, most - (1 << bits - 4)]
        row = b"".join(value.to_bytes(bits // 8, "big") for value in ink * 32 + hidden * 32)
        page = decode(self.png(2, bits, row, hidden), "x")
        assert page[:, :32].min() == 255
        assert page[:, 32:].max() == 0


class TestGround:
    """The gray that shows the ink."""

    @staticmethod
    def levels(*inks: tuple[int, int], hidden: int = 0) -> tuple[int, list[int]]:
        """The ground, and the inks on it."""
        rgba = np.asarray(drawn(*inks, hidden=hidden))
        page = flatten(np.ascontiguousarray(rgba[:, :, :3]), np.ascontiguousarray(rgba[:, :, 3]))
        return int(page[0, 0, 0]), [int(page[40 * i + 15, 40, 0]) for i in range(len(inks))]

    @pytest.mark.parametrize("alpha", [255, 128, 60])
    def test_half_transparent_ink_keeps_its_contrast(self, alpha: int) -> None:
        assert self.levels((0, alpha)) == (PAPER, [255 - alpha])
        assert self.levels((255, alpha)) == (SCREEN, [alpha])

    @pytest.mark.parametrize("inks", [(0, 255), (0, 128, 255), (255, 200, 0), (0,) * 60 + (255,)])
    def test_of_several_inks_none_is_hidden(self, inks: tuple[int, ...]) -> None:
        ground, shown = self.levels(*[(level, 255) for level in inks])
        assert shown == list(inks)
        assert min(abs(level - ground) for level in inks) >= 48

    @pytest.mark.parametrize("inks", [(0, 128), (100,), (0, 200)])
    def test_paper_is_preferred(self, inks: tuple[int, ...]) -> None:
        assert self.levels(*[(level, 255) for level in inks])[0] == PAPER

    @pytest.mark.parametrize("hidden", [0, 255])
    @pytest.mark.parametrize("ink", [0, 255])
    def test_soft_edges_in_the_color_below_the_transparency_do_not_count(self, ink: int, hidden: int) -> None:
        rgba = np.asarray(drawn((ink, 255), hidden=hidden).resize((57, 29), PIL.Image.Resampling.BICUBIC))
        soft = cv2.GaussianBlur(rgba, (3, 3), 1)
        page = flatten(np.ascontiguousarray(soft[:, :, :3]), np.ascontiguousarray(soft[:, :, 3]))
        assert page[0, 0, 0] == 255 - ink

    def test_what_is_inside_a_cutout_does_not_count(self) -> None:
        """A white sheet on a transparent desk: its black text does not make its own ground."""
        sheet = np.full((300, 300, 3), 255, np.uint8)
        sheet[100:110, 50:250] = 0
        alpha = np.zeros((300, 300), np.uint8)
        alpha[20:280, 20:280] = 255
        page = flatten(sheet, alpha)
        np.testing.assert_array_equal(page[20:280, 20:280], sheet[20:280, 20:280])

    def test_what_is_nowhere_visible_is_shown_as_it_is(self, picture: Picture) -> None:
        """Some programs write 32-bit files whose alpha is 0 throughout."""
        np.testing.assert_array_equal(flatten(picture, np.zeros((20, 30), np.uint8)), picture)
        clear = np.dstack([picture, np.zeros((20, 30), np.uint8)])
        np.testing.assert_array_equal(decode(cv2.imencode(".png", clear)[1].tobytes(), "x"), picture)


def test_rotation_is_applied_to_transparent_pictures_too() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    page = decode(saved(drawn((0, 255)), "PNG", exif=exif), "x")
    assert page.shape == (80, 40, 3)
    assert np.argwhere(page[:, :, 0] == 0).min(axis=0).tolist() == [10, 22]


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_damaged_png_is_an_error_with_alpha_and_without(mode: str) -> None:
    """Pillow alone does not notice a wrong checksum."""
    noise = np.random.default_rng(4).integers(0, 255, (40, 80, len(mode)), np.uint8)
    content = saved(PIL.Image.fromarray(noise), "PNG")
    with pytest.raises(InputError, match="x: not a readable image"):
        decode(content[:-40] + b"\0\0\0\0" + content[-36:], "x")


@pytest.mark.parametrize("kind", ["soft mask", "transparency"])
def test_a_pdf_page_is_white_paper(kind: str, pdf: Any) -> None:
    """PDFium draws transparent objects, as a viewer does, on white paper; the page itself has no transparency."""
    if kind == "soft mask":
        mask = pdf.stream(
            b"\0\xff", b"/Type/XObject/Subtype/Image/Width 2/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray"
        )
        image = pdf.stream(
            b"\0\0",
            b"/Type/XObject/Subtype/Image/Width 2/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/SMask 6 0 R",
        )
        content = pdf.page(b"200 0 0 100 0 0 cm /X Do", image, mask, entries=b"/Resources<</XObject<</X 5 0 R>>>>")
        shown = 0
    else:
        group = b"/Group<</S/Transparency/CS/DeviceRGB>>/Resources<</ExtGState<</G<</ca 0.5>>>>>>"
        content = pdf.page(b"/G gs 0 g 100 0 100 100 re f", entries=group)
        shown = 128
    (page,) = pages(content)
    read = page.read()
    assert read[100, 20].tolist() == [255] * 3
    np.testing.assert_allclose(read[100, 380], shown, atol=2)
