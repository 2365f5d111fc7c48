"""Frames: the first is read and the others are reported, or with ``frames="all"`` each is a page."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from ocrzoo.inputs import InputOptions, count_pages, decode, frames, limits, pages
from ocrzoo.inputs.by_pillow import open_image
from ocrzoo.inputs.frames import frame_numbers

Picture = NDArray[np.uint8]
PHOTOGRAPHS = Path(__file__).parents[2] / "data" / "photographs"
ALL = InputOptions(frames="all")
GRAYS = (0, 100, 250)
SAVED: dict[str, dict[str, Any]] = {
    "GIF": {"duration": 40},
    "PNG": {"duration": 40},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 90},
    "MPO": {"quality": 95},
}


def animation(file_format: str, grays: Sequence[int] = GRAYS, size: tuple[int, int] = (48, 32)) -> bytes:
    first, *others = [PIL.Image.new("RGB", size, (gray,) * 3) for gray in grays]
    content = io.BytesIO()
    first.save(content, file_format, save_all=True, append_images=others, **SAVED[file_format])
    return content.getvalue()


def reported(count: int) -> str:
    return f"the file: has {count} frames, of which only the first is read: use --frames all to read all"


@pytest.mark.parametrize("file_format", SAVED)
def test_the_first_is_read_and_the_others_are_reported(
    file_format: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "moving").write_bytes(animation(file_format))
    (page,) = pages(tmp_path / "moving")
    assert page.page_index is None
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        np.testing.assert_allclose(decode(animation(file_format), "the file"), GRAYS[0], atol=3)
    assert caplog.messages == [reported(3)]


@pytest.mark.parametrize("file_format", SAVED)
def test_all_are_pages_if_they_are_asked_for(
    file_format: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "moving").write_bytes(animation(file_format))
    for source in (tmp_path / "moving", animation(file_format)):
        found = list(pages(source, ALL))
        assert [page.page_index for page in found] == [0, 1, 2]
        assert count_pages(source, ALL) == 3
        for i in (2, 0, 1):
            np.testing.assert_allclose(found[i].read(), np.full((32, 48, 3), GRAYS[i]), atol=3)
    assert caplog.messages == []


def test_photographs_of_a_phone(caplog: pytest.LogCaptureFixture) -> None:
    content = (PHOTOGRAPHS / "three.heic").read_bytes()
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        first = decode(content, "the file")
    assert caplog.messages == [reported(3)]
    found = [page.read() for page in pages(content, ALL)]
    np.testing.assert_array_equal(found[0], first)
    black, red, blue = [(one[8, 12] > 128).tolist() for one in found]
    assert (black, red, blue) == ([False] * 3, [False, False, True], [True, False, False])


def test_previews_of_a_photograph_are_not_frames(caplog: pytest.LogCaptureFixture) -> None:
    photograph, preview = (PIL.Image.new("RGB", size, "gray") for size in ((400, 300), (100, 75)))
    content = io.BytesIO()
    photograph.save(content, "MPO", save_all=True, append_images=[preview])
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        assert decode(content.getvalue(), "x").shape == (300, 400, 3)
    assert caplog.messages == []
    (page,) = pages(content.getvalue(), ALL)
    assert page.page_index is None


@pytest.mark.parametrize("options", [InputOptions(), ALL])
@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "jpg"])
def test_a_still_image_is_a_page_without_a_number(suffix: str, options: InputOptions, tmp_path: Path) -> None:
    PIL.Image.new("RGB", (30, 20), "gray").save(tmp_path / f"still.{suffix}")
    (page,) = pages(tmp_path, options)
    assert page.page_index is None
    assert page.read().shape == (20, 30, 3)


def test_each_frame_has_its_own_ground() -> None:
    frames = [PIL.Image.new("RGBA", (60, 40)) for _ in range(2)]
    for frame, ink in zip(frames, (0, 255), strict=True):
        frame.paste((ink, ink, ink, 255), (20, 10, 40, 20))
    content = io.BytesIO()
    frames[0].save(content, "PNG", save_all=True, append_images=frames[1:], blend=0, disposal=1)
    assert [int(page.read()[0, 0, 0]) for page in pages(content.getvalue(), ALL)] == [255, 0]


def test_rotation_is_applied_to_each_frame() -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    frames = [PIL.Image.new("RGB", (60, 40), gray) for gray in ("black", "white")]
    content = io.BytesIO()
    frames[0].save(content, "WEBP", save_all=True, append_images=frames[1:], exif=exif)
    assert [page.read().shape for page in pages(content.getvalue(), ALL)] == [(60, 40, 3)] * 2


def test_pages_of_documents_are_not_frames() -> None:
    """Every page of a TIFF is read, whatever is asked for."""
    first = PIL.Image.new("L", (30, 20))
    content = io.BytesIO()
    first.save(content, "TIFF", save_all=True, append_images=[first, first])
    assert len(list(pages(content.getvalue()))) == len(list(pages(content.getvalue(), ALL))) == 3


def test_what_is_damaged_is_one_failing_page() -> None:
    content = animation("GIF")
    assert len(list(pages(content[:20], ALL))) == 1


def test_counting_the_frames_of_a_gif_ends(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """One in pieces of a byte each would take minutes; the first frame is read all the same."""
    content = animation("GIF")
    frame = content[content.rindex(b",") :]
    crumbs = frame[:11] + b"\1\0" * 500 + b"\0"
    monkeypatch.setattr(frames, "MAX_READS", 1000)
    assert list(frame_numbers(open_image(content, "small"))) == [0, 1, 2]
    assert len(frame_numbers(open_image(content[:-1] + crumbs + b";", "crumbs"))) == limits.MAX_PAGES + 1
    (page,) = pages(content[:-1] + crumbs + b";")
    np.testing.assert_allclose(page.read(), GRAYS[0], atol=3)
