"""The table of formats: a real file of every suffix is read, in every variant that its programs write."""

from __future__ import annotations

import io
import logging
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.features
import PIL.Image
import pytest
from numpy.typing import NDArray

from ocrzoo.inputs import SUFFIXES, decode, pages
from ocrzoo.inputs.file_types import FORMATS
from ocrzoo_registry.errors import InputError

Picture = NDArray[np.uint8]
PHOTOGRAPHS = Path(__file__).parents[2] / "data" / "photographs"
SIZE = (60, 40)
PATCH = (24, 16)
"""A black patch in the top left corner of a white page; its sides are whole blocks of lossy formats."""


def page_image() -> PIL.Image.Image:
    picture = PIL.Image.new("RGB", SIZE, "white")
    picture.paste("black", (0, 0, *PATCH))
    return picture


def assert_is_the_page(read: Picture, tolerance: int = 30) -> None:
    assert read.shape == (SIZE[1], SIZE[0], 3)
    assert read.dtype == np.uint8
    assert read[2 : PATCH[1] - 2, 2 : PATCH[0] - 2].max() <= tolerance
    assert read[PATCH[1] + 2 :].min() >= 255 - tolerance
    assert read[:, PATCH[0] + 2 :].min() >= 255 - tolerance


def saved(file_format: str, mode: str = "RGB", **options: Any) -> bytes:
    content = io.BytesIO()
    page_image().convert(mode).save(content, file_format, **options)
    return content.getvalue()


def by_opencv(suffix: str, *, dtype: type = np.uint8, gray: bool = False) -> bytes:
    pixels: NDArray[Any] = np.asarray(page_image().convert("L" if gray else "RGB")).astype(dtype)
    return cv2.imencode(suffix, pixels * (257 if dtype is np.uint16 else 1))[1].tobytes()


def without_file_header(bmp: bytes) -> bytes:
    """What a clipboard holds, and some programs save as .dib."""
    return bmp[14:]


def sun_raster(depth: int, kind: int = 1, colors: bytes = b"") -> bytes:
    """A Sun raster: kind 1 is plain, 2 has runs, 3 is RGB; of 1 bit without a table of colors, 1 is black."""
    gray = np.asarray(page_image().convert("L"))
    rows: Picture = {
        1: np.packbits(gray == 0, axis=1),
        8: gray,
        24: np.repeat(gray, 3, axis=1),
        32: np.repeat(gray, 4, axis=1),
    }[depth]
    if rows.shape[1] % 2:
        rows = np.pad(rows, ((0, 0), (0, 1)))
    data = b"".join(bytes([0x80, 0, value]) if value == 0x80 else bytes([value]) for value in rows.tobytes())
    data = data if kind == 2 else rows.tobytes()
    table = (1, len(colors)) if colors else (0, 0)
    return struct.pack(">8L", 0x59A66A95, *SIZE, depth, len(data), kind, *table) + colors + data


def pnm(kind: int, most: int) -> bytes:
    """A PNM of gray or RGB whose white is ``most``, as text (kinds 2 and 3) or binary (5 and 6)."""
    levels = (np.asarray(page_image().convert("RGB" if kind in (3, 6) else "L")) // 255).astype(np.uint32) * most
    head = f"P{kind}\n# a comment\n{SIZE[0]} {SIZE[1]}\n{most}\n".encode()
    if kind in (2, 3):
        return head + "\n".join(map(str, levels.ravel())).encode()
    return head + levels.astype(">u2" if most > 255 else ">u1").tobytes()


def psd() -> bytes:
    """A PSD without layers: a merged image of three planes."""
    planes = np.asarray(page_image()).transpose(2, 0, 1).tobytes()
    header = b"8BPS" + struct.pack(">H6xHLLHH", 1, 3, SIZE[1], SIZE[0], 8, 3)
    return header + struct.pack(">LLL", 0, 0, 0) + struct.pack(">H", 0) + planes


PALETTE = bytes(255 - level for level in range(256)) * 3
"""A table of colors that turns everything into its negative."""

FILES: dict[str, dict[str, Callable[[], bytes]]] = {
    "PNG": {
        **{f"mode {mode}": lambda mode=mode: saved("PNG", mode) for mode in ("1", "L", "P", "LA", "RGB", "RGBA")},  # type: ignore[misc]
        "16 bits": lambda: by_opencv(".png", dtype=np.uint16),
        "gray of 16 bits": lambda: by_opencv(".png", dtype=np.uint16, gray=True),
    },
    "JPEG": {
        "gray": lambda: saved("JPEG", "L", quality=95),
        "RGB": lambda: saved("JPEG", quality=95),
        "CMYK": lambda: saved("JPEG", "CMYK", quality=95),
        "progressive": lambda: saved("JPEG", quality=95, progressive=True),
        "with previews": lambda: saved("MPO", quality=95, save_all=True, append_images=[page_image().resize((20, 10))]),
    },
    "WebP": {"lossy": lambda: saved("WEBP", quality=95), "lossless": lambda: saved("WEBP", lossless=True)},
    "GIF": {"palette": lambda: saved("GIF"), "gray": lambda: saved("GIF", "L"), "1 bit": lambda: saved("GIF", "1")},
    "TIFF": {
        **{f"mode {mode}": lambda mode=mode: saved("TIFF", mode) for mode in ("1", "L", "P", "RGB", "CMYK")},  # type: ignore[misc]
        "16 bits": lambda: by_opencv(".tiff", dtype=np.uint16),
        "gray of 16 bits": lambda: by_opencv(".tiff", dtype=np.uint16, gray=True),
    },
    "AVIF": {"RGB": lambda: saved("AVIF", quality=90), "gray": lambda: saved("AVIF", "L", quality=90)},
    "HEIC": {"of a phone": (PHOTOGRAPHS / "upright.heic").read_bytes},
    "JPEG 2000": {
        "file": lambda: saved("JPEG2000"),
        "codestream": lambda: saved("JPEG2000", no_jp2=True),
        "gray": lambda: saved("JPEG2000", "L"),
        "16 bits": lambda: by_opencv(".jp2", dtype=np.uint16),
    },
    "BMP": {
        **{f"mode {mode}": lambda mode=mode: saved("BMP", mode) for mode in ("1", "L", "P", "RGB")},  # type: ignore[misc]
        **{
            f"mode {mode} without a file header": lambda mode=mode: without_file_header(saved("BMP", mode))  # type: ignore[misc]
            for mode in ("1", "L", "P", "RGB")
        },
    },
    "PNM": {
        "bitmap": lambda: saved("PPM", "1"),
        **{
            f"P{kind} of {most}": lambda kind=kind, most=most: pnm(kind, most)  # type: ignore[misc]
            for kind in (2, 3, 5, 6)
            for most in (15, 100, 255, 1023, 65535)
        },
    },
    "Sun raster": {
        "1 bit": lambda: sun_raster(1),
        "gray": lambda: sun_raster(8),
        "palette": lambda: sun_raster(8, colors=PALETTE),
        "24 bits": lambda: sun_raster(24),
        "32 bits": lambda: sun_raster(32),
        "RGB": lambda: sun_raster(24, kind=3),
        "runs": lambda: sun_raster(8, kind=2),
        "of OpenCV": lambda: by_opencv(".ras"),
        "gray of OpenCV": lambda: by_opencv(".ras", gray=True),
    },
    "PCX": {f"mode {mode}": lambda mode=mode: saved("PCX", mode) for mode in ("1", "L", "P", "RGB")},  # type: ignore[misc]
    "SGI": {f"mode {mode}": lambda mode=mode: saved("SGI", mode) for mode in ("L", "RGB", "RGBA")},  # type: ignore[misc]
    "QOI": {f"mode {mode}": lambda mode=mode: saved("QOI", mode) for mode in ("RGB", "RGBA")},  # type: ignore[misc]
    "TGA": {
        **{f"mode {mode}": lambda mode=mode: saved("TGA", mode) for mode in ("1", "L", "P", "RGB", "RGBA")},  # type: ignore[misc]
        "runs": lambda: saved("TGA", compression="tga_rle"),
    },
    "PSD": {"RGB": psd},
}


def negative(name: str, variant: str, read: Picture) -> Picture:
    return np.bitwise_not(read) if (name, variant) == ("Sun raster", "palette") else read


CASES = [(name, variant) for name, variants in FILES.items() for variant in variants]


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_every_variant_is_read(name: str, variant: str) -> None:
    assert_is_the_page(negative(name, variant, decode(FILES[name][variant](), "x")))


@pytest.mark.parametrize(
    ("name", "suffix"), [(one.name, suffix) for one in FORMATS if one.name != "PDF" for suffix in one.suffixes]
)
def test_every_suffix_is_read_by_name_and_in_a_folder(name: str, suffix: str, tmp_path: Path) -> None:
    content = next(iter(FILES[name].values()))()
    for file_name in (f"page{suffix}", f"PAGE{suffix.upper()}"):
        (tmp_path / file_name).write_bytes(content)
    found = [*pages(tmp_path), *pages(tmp_path / f"page{suffix}")]
    assert len(found) == 3
    for page in found:
        assert_is_the_page(page.read())


def test_every_format_of_the_table_has_its_files_here() -> None:
    assert {one.name for one in FORMATS} - {"PDF"} == FILES.keys()
    assert sum(len(one.suffixes) for one in FORMATS) == len(SUFFIXES), "no suffix in two rows"


@pytest.mark.parametrize("content", [b"PF\n2 2\n-1.0\n" + bytes(48), b"Pf\n2 2\n1.0\n" + bytes(16)])
def test_floats_have_no_defined_white(content: bytes) -> None:
    with pytest.raises(InputError, match=r"^x: "):
        decode(content, "x")


def test_without_a_decoder_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(InputError, match=r"^x: a HEIC photograph: pip install 'ocrzoo\[heic\]', or export it as jpeg$"):
        decode((PHOTOGRAPHS / "upright.heic").read_bytes(), "x")
    monkeypatch.setattr(PIL.features, "check", lambda _feature: False)
    monkeypatch.delitem(PIL.Image.OPEN, "AVIF")
    with pytest.raises(InputError, match=r"^x: an AVIF image: pip install 'pillow>=11.3', or export it as png$"):
        decode(saved("AVIF"), "x")


ENDS_IN_EXTRAS = {("JPEG", "with previews"), ("PCX", "mode L"), ("PCX", "mode P")}
"""Files whose page is complete without their end: previews, or a table of colors."""


@pytest.mark.parametrize(("name", "variant"), [case for case in CASES if case not in ENDS_IN_EXTRAS])
def test_a_file_cut_short_is_an_error_or_reported(name: str, variant: str, caplog: pytest.LogCaptureFixture) -> None:
    """Content that is missing is never taken for white paper in silence."""
    content = FILES[name][variant]()
    for kept in range(1, len(content) * 3 // 4, max(len(content) // 20, 1)):
        caplog.clear()
        try:
            with caplog.at_level(logging.WARNING, "ocrzoo"):
                decode(content[:kept], "x")
        except InputError:
            continue
        assert caplog.messages == ["x: the JPEG is truncated; the missing part is gray"], kept


def test_an_icon_is_no_page() -> None:
    with pytest.raises(InputError, match="x: not a readable image"):
        decode(saved("ICO"), "x")
