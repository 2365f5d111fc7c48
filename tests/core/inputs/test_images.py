"""Image files: the pixels of ``cv2.imdecode``, whatever the format, and one clear line for what is not an image."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from ocrzoo.inputs import InputOptions, decode, limits, read_image
from ocrzoo_registry.errors import InputError

Picture = NDArray[np.uint8]
Encoder = Callable[..., bytes]
PHOTOGRAPHS = Path(__file__).parents[2] / "data" / "photographs"


def by_opencv(content: bytes) -> Any:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


class TestFormats:
    """Files that are images."""

    @pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".ppm", ".ras"])
    def test_lossless(self, suffix: str, encoded: Encoder, picture: Picture) -> None:
        np.testing.assert_array_equal(decode(encoded(suffix), "x"), picture)

    @pytest.mark.parametrize("suffix", [".jpg", ".webp"])
    def test_lossy_formats_have_the_pixels_of_opencv(self, suffix: str, encoded: Encoder, picture: Picture) -> None:
        content = encoded(suffix, np.tile(picture, (5, 5, 1)))
        np.testing.assert_array_equal(decode(content, "x"), by_opencv(content))

    @pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "RGBA", "I;16"])
    def test_every_mode_of_png_has_the_pixels_of_opencv(self, mode: str, through_pillow: Encoder) -> None:
        content = through_pillow("PNG", mode)
        read = decode(content, "x")
        assert read.shape == (20, 30, 3)
        assert read.dtype == np.uint8
        np.testing.assert_array_equal(read, by_opencv(content))

    def test_sixteen_bits_become_eight(self, encoded: Encoder, picture: Picture) -> None:
        deep = picture.astype(np.uint16) * 256 + 17
        np.testing.assert_array_equal(decode(encoded(image=deep), "x"), picture)

    @pytest.mark.parametrize("color", [(200, 120, 40), (255, 255, 255), (0, 0, 0)])
    def test_cmyk(self, color: tuple[int, int, int]) -> None:
        content = io.BytesIO()
        PIL.Image.new("RGB", (30, 20), color).convert("CMYK").save(content, "JPEG", quality=95)
        np.testing.assert_allclose(decode(content.getvalue(), "x"), np.full((20, 30, 3), color[::-1]), atol=6)

    @pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
    @pytest.mark.parametrize(
        ("orientation", "corner"),
        list(enumerate([(0, 0), (0, 29), (19, 29), (19, 0), (0, 0), (0, 19), (29, 19), (29, 0)], 1)),
    )
    def test_rotation_in_exif_is_applied(self, orientation: int, corner: tuple[int, int], file_format: str) -> None:
        """The dark corner of the file, top left, is where the viewer of a photograph sees it."""
        page = PIL.Image.new("RGB", (30, 20), "white")
        page.paste("black", (0, 0, 8, 8))
        exif = PIL.Image.Exif()
        exif[0x0112] = orientation
        content = io.BytesIO()
        page.save(content, file_format, quality=95, exif=exif)
        read = decode(content.getvalue(), "x")
        assert read.shape == ((30, 20, 3) if orientation >= 5 else (20, 30, 3))
        assert read[corner].max() < 60
        assert np.count_nonzero(read[:, :, 0] < 60) < 100

    def test_rotation_of_a_phone_s_heic_is_applied_once(self) -> None:
        read = decode((PHOTOGRAPHS / "turned.heic").read_bytes(), "x")
        assert read.shape == (60, 40, 3)
        assert read[2:22, 26:38].max() < 60, "top right"

    def test_webp_with_paddlex_quirks_is_not_rotated(self, through_pillow: Encoder) -> None:
        exif = PIL.Image.Exif()
        exif[0x0112] = 6
        content = through_pillow("WEBP", exif=exif)
        assert decode(content, "x").shape == (30, 20, 3)
        np.testing.assert_array_equal(decode(content, "x", InputOptions(paddlex_quirks=True)), by_opencv(content))

    def test_damaged_exif_is_ignored(self, through_pillow: Encoder) -> None:
        assert decode(through_pillow("WEBP", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), "x").shape == (20, 30, 3)

    def test_one_pixel(self, encoded: Encoder, picture: Picture) -> None:
        np.testing.assert_array_equal(decode(encoded(image=picture[:1, :1]), "x"), picture[:1, :1])

    def test_a_gif(self, through_pillow: Encoder) -> None:
        picture = np.full((20, 30, 3), (0, 0, 255), np.uint8)
        np.testing.assert_array_equal(decode(through_pillow("GIF", images=[picture]), "x"), picture)


class TestRefusals:
    """Files that are not, each named."""

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=rf"^{tmp_path}/no.png: No such file or directory$"):
            read_image(tmp_path / "no.png")

    def test_nothing(self) -> None:
        with pytest.raises(InputError, match=r"^x: empty$"):
            decode(b"", "x")

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp"])
    def test_a_header_cut_short(self, suffix: str, encoded: Encoder) -> None:
        with pytest.raises(InputError, match=r"^x: not a readable image .*, or truncated$"):
            decode(encoded(suffix)[:10], "x")

    def test_a_png_cut_short(self, encoded: Encoder) -> None:
        with pytest.raises(InputError, match="truncated"):
            decode(encoded()[: len(encoded()) // 2], "x")

    def test_a_pdf_is_several_images(self, pdf: Any) -> None:
        with pytest.raises(
            InputError, match=r"x: a PDF, not a single image: read its pages with ocrzoo\.inputs\.pages"
        ):
            decode(pdf.pages(0), "x")

    def test_a_page_too_large_fails_before_it_is_decoded(
        self, encoded: Encoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "MAX_PIXELS", 599)
        monkeypatch.setattr(cv2, "imdecode", pytest.fail)
        with pytest.raises(InputError, match="page: too large: 30 x 20: the limit is 599 pixels"):
            decode(encoded(), "page")

    def test_a_decompression_bomb_is_an_error(self) -> None:
        """A PNG that says it has 60,000 x 60,000 pixels."""
        header = b"IHDR" + (60_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"
        data = b"IDAT" + zlib.compress(b"\0" * 100)
        chunks = [(len(c) - 4).to_bytes(4) + c + zlib.crc32(c).to_bytes(4) for c in (header, data)]
        with pytest.raises(InputError, match="page: too large"):
            decode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks), "page")
