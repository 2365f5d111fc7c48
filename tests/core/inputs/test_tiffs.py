"""TIFF files: each page on its own, with Pillow's pixels as in PaddleX."""

from __future__ import annotations

import io
import struct
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import PIL.TiffImagePlugin
import pytest
from numpy.typing import NDArray

from ocrzoo.inputs import InputOptions, count_pages, decode, limits, pages, tiffs
from ocrzoo_registry.errors import InputError

Picture = NDArray[np.uint8]
Encoder = Callable[..., bytes]
GREYS = (10, 120, 240)


@pytest.fixture
def sheets(through_pillow: Encoder) -> bytes:
    """Three pages of different sizes."""
    return through_pillow("TIFF", images=[np.full((20 + i, 30, 3), gray, np.uint8) for i, gray in enumerate(GREYS)])


def test_each_page_is_one(sheets: bytes, tmp_path: Path) -> None:
    (tmp_path / "sheets.tif").write_bytes(sheets)
    found = list(pages(tmp_path / "sheets.tif"))
    assert [(page.page_index, page.stem) for page in found] == [(0, "sheets"), (1, "sheets"), (2, "sheets")]
    for i in (1, 0, 2, 1):
        np.testing.assert_array_equal(found[i].read(), np.full((20 + i, 30, 3), GREYS[i]))


def test_a_single_page_has_a_number_too_as_in_paddlex(through_pillow: Encoder, picture: Picture) -> None:
    (page,) = pages(through_pillow("TIFF"))
    assert page.page_index == 0
    np.testing.assert_array_equal(page.read(), picture)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "YCbCr", "LAB"])
def test_every_mode_has_the_pixels_of_pillow(mode: str, through_pillow: Encoder) -> None:
    content = through_pillow("TIFF", mode)
    expected = np.asarray(PIL.Image.open(io.BytesIO(content)).convert("RGB"))[:, :, ::-1]
    np.testing.assert_array_equal(decode(content, "x"), expected)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits", "group4", "jpeg"])
def test_compressions(compression: str, through_pillow: Encoder) -> None:
    content = through_pillow("TIFF", "1" if compression == "group4" else "RGB", compression=compression)
    assert decode(content, "x").shape == (20, 30, 3)


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_grey_of_sixteen_bits_is_not_washed_out(order: str, picture: Picture) -> None:
    content = io.BytesIO()
    PIL.Image.fromarray((picture[:, :, 0].astype(np.uint16) * 256 + 99).astype(order)).save(content, "TIFF")
    np.testing.assert_array_equal(decode(content.getvalue(), "x"), np.dstack([picture[:, :, 0]] * 3))


def test_colour_of_sixteen_bits(encoded: Encoder, picture: Picture) -> None:
    np.testing.assert_array_equal(decode(encoded(".tiff", picture.astype(np.uint16) * 256 + 99), "x"), picture)


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_pixels_without_a_defined_white_are_an_error(kind: Any) -> None:
    content = io.BytesIO()
    PIL.Image.fromarray(np.ones((20, 30), kind)).save(content, "TIFF")
    with pytest.raises(InputError, match=r"x: page 1: 32-bit and signed pixels .*save it with 8 bits"):
        decode(content.getvalue(), "x")


def test_rotation_is_applied(through_pillow: Encoder, picture: Picture) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    np.testing.assert_array_equal(decode(through_pillow("TIFF", exif=exif), "x"), np.rot90(picture, -1))


def test_a_page_too_large_costs_itself(sheets: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_PIXELS", 630)
    *good, large = pages(sheets)
    assert [page.read().shape[0] for page in good] == [20, 21]
    with pytest.raises(InputError, match="page 3: too large: 30 x 22"):
        large.read()


def test_a_file_cut_short_gives_the_pages_before(through_pillow: Encoder, picture: Picture, tmp_path: Path) -> None:
    content = through_pillow("TIFF", images=[picture, picture])
    for length in (len(content) - 1000, len(content) - 100):
        (tmp_path / "cut.tiff").write_bytes(content[:length])
        first, second = pages(tmp_path / "cut.tiff")
        np.testing.assert_array_equal(first.read(), picture)
        with pytest.raises(InputError, match=r"cut\.tiff: page 2: damaged or truncated"):
            second.read()


@pytest.mark.parametrize("content", [b"II*\0", b"II*\0" + b"\xff" * 50, b"MM\0*" + bytes(50)])
def test_a_mark_and_nothing_behind_it(content: bytes, the_error: Callable[[Any], str]) -> None:
    assert the_error(content) == "the bytes given: an unsupported or truncated TIFF"


def test_more_pages_than_are_read(
    sheets: bytes, the_error: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_PAGES", 2)
    assert "the limit is 2" in the_error(sheets)


def test_the_file_is_closed_when_its_pages_are_done_or_dropped(sheets: bytes, tmp_path: Path) -> None:
    """A file left open would be a ResourceWarning, which fails a test; Windows would not remove it either."""
    path = tmp_path / "sheets.tif"
    path.write_bytes(sheets)
    found = pages(path)
    page = next(found)
    del found
    assert page.read().shape == (20, 30, 3), "opened once more"
    path.unlink()
    with pytest.raises(InputError, match="No such file"):
        page.read()


def test_pages_within_each_other_are_not_counted_for_hours(tmp_path: Path) -> None:
    """Each directory begins an entry after the one before, and has nearly all that it has."""
    pages_in_it, entries = 2_000, 20_000
    tags = [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, 1)]
    content = bytearray(b"II*\0" + struct.pack("<L", 8) + bytes(2))
    for number in range(pages_in_it + entries + 9):
        tag, value = tags[number % len(tags)]
        content += struct.pack("<HHLL", tag, 3, 1, value)
    for number in range(pages_in_it):
        struct.pack_into("<H", content, 8 + 12 * number, entries)
        struct.pack_into("<L", content, 10 + 12 * (number + entries), 8 + 12 * (number + 1))
    (tmp_path / "a.tif").write_bytes(content)
    started = time.monotonic()
    (page,) = pages(tmp_path / "a.tif")
    with pytest.raises(InputError, match="a TIFF with overlapping or truncated pages"):
        page.read()
    assert time.monotonic() - started < 5


class TestSubfiles:
    """A TIFF may hold copies of a page for a quick look, and masks; they are not pages."""

    REDUCED, MASK = {254: 1}, {254: 4}

    @staticmethod
    def written(*images: tuple[tuple[int, int], dict[int, int]]) -> bytes:
        """A TIFF of images of a size, with the tags of each; the first sides tell them apart."""
        content = io.BytesIO()
        with PIL.TiffImagePlugin.AppendingTiffWriter(content, new=True) as writer:
            for size, tags in images:
                PIL.Image.new("L", size).save(writer, "TIFF", tiffinfo=tags)
                writer.newFrame()
        return content.getvalue()

    @staticmethod
    def widths(content: bytes, **options: Any) -> list[int]:
        found = list(pages(content, InputOptions(**options)))
        assert [page.page_index for page in found] == list(range(len(found)))
        assert count_pages(content, InputOptions(**options)) == len(found)
        return [page.read().shape[1] for page in reversed(found)][::-1]

    def test_overviews_behind_each_page(self) -> None:
        content = self.written(
            ((400, 300), {}),
            ((200, 150), self.REDUCED),
            ((100, 75), self.REDUCED),
            ((410, 300), {}),
            ((205, 150), {255: 2}),
        )
        assert self.widths(content) == [400, 410]
        assert [page.origin.number for page in pages(content) if page.origin] == [0, 3], "for formats that keep them"
        assert decode(content, "x").shape == (300, 400, 3)

    def test_a_thumbnail_before_its_page(self) -> None:
        content = self.written(((40, 30), self.REDUCED), ((400, 300), {}))
        assert self.widths(content) == [400]
        assert decode(content, "x").shape == (300, 400, 3)

    def test_a_mask(self) -> None:
        assert self.widths(self.written(((400, 300), {}), ((400, 300), self.MASK), ((200, 150), {254: 5}))) == [400]

    def test_pages_say_that_they_are_pages(self) -> None:
        assert self.widths(self.written(((400, 300), {254: 2}), ((200, 150), {254: 2}), ((100, 75), {255: 3}))) == [
            400,
            200,
            100,
        ]

    def test_a_copy_that_is_not_smaller_is_a_page(self) -> None:
        """Some programs set the bit on every page."""
        assert self.widths(self.written(((400, 300), self.REDUCED), ((401, 300), self.REDUCED))) == [400, 401]
        assert self.widths(self.written(((400, 300), {}), ((400, 301), self.REDUCED))) == [400, 400]
        assert self.widths(self.written(((400, 300), self.MASK))) == [400]

    def test_images_below_a_page_are_not_in_the_chain(self) -> None:
        """SubIFDs: Pillow writes the offset of the first directory, which is followed once."""
        below = self.written(((400, 300), {}))
        (first,) = struct.unpack_from("<L", below, 4)
        assert self.widths(self.written(((410, 300), {330: first}), ((420, 300), {}))) == [410, 420]

    def test_with_paddlex_quirks_each_is_a_page(self) -> None:
        content = self.written(((400, 300), {}), ((200, 150), self.REDUCED), ((400, 300), self.MASK))
        assert self.widths(content, paddlex_quirks=True) == [400, 200, 400]


def test_each_page_has_its_own_rotation() -> None:
    content = io.BytesIO()
    with PIL.TiffImagePlugin.AppendingTiffWriter(content, new=True) as writer:
        for turned in (1, 6, 3):
            page = PIL.Image.new("L", (30, 20), 255)
            page.paste(0, (0, 0, 8, 8))
            page.save(writer, "TIFF", tiffinfo={0x0112: turned})
            writer.newFrame()
    read = [page.read() for page in pages(content.getvalue())]
    assert [one.shape for one in read] == [(20, 30, 3), (30, 20, 3), (20, 30, 3)]
    assert [np.argwhere(one[:, :, 0] == 0).min(axis=0).tolist() for one in read] == [[0, 0], [0, 12], [12, 22]]


@pytest.mark.parametrize("big", [False, True])
def test_a_chain_in_either_size_is_gone_along(through_pillow: Encoder, big: bool) -> None:
    content = through_pillow("TIFF", images=[np.zeros((9, 9, 3), np.uint8)] * 3, big_tiff=big)
    assert len(list(pages(content))) == 3


def test_a_chain_that_ends_in_itself(through_pillow: Encoder) -> None:
    content = bytearray(through_pillow("TIFF"))
    (first,) = struct.unpack_from("<L", content, 4)
    (count,) = struct.unpack_from("<H", content, first)
    struct.pack_into("<L", content, first + 2 + 12 * count, first)
    assert len(list(pages(bytes(content)))) == 1


def test_suppressed_warnings_do_not_affect_other_code(
    through_pillow: Encoder, recwarn: pytest.WarningsRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads leave in the order in which they came."""
    first_is_in, second_is_in = threading.Event(), threading.Event()
    content = through_pillow("TIFF")

    def slow(*_: object, **__: object) -> Picture:
        warnings.warn("damaged", stacklevel=1)
        if not first_is_in.is_set():
            first_is_in.set()
            assert second_is_in.wait(10)
        else:
            second_is_in.set()
            first.join(10)
        return np.zeros((9, 9, 3), np.uint8)

    monkeypatch.setattr(tiffs, "to_bgr", slow)
    first, second = (threading.Thread(target=decode, args=(content, name)) for name in "ab")
    first.start()
    assert first_is_in.wait(10)
    second.start()
    second.join(10)
    assert not recwarn.list
    warnings.warn("heard", stacklevel=1)
    assert [str(one.message) for one in recwarn.list] == ["heard"]
