"""JPEG files: what was appended to one does not make it truncated, and what is missing is reported."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from ocrzoo.inputs import decode, pages
from ocrzoo.inputs.jpegs import is_truncated
from ocrzoo_registry.errors import InputError

Encoder = Callable[..., bytes]
TRUNCATED = "x: the JPEG is truncated; the missing part is gray"


def photograph(size: tuple[int, int] = (400, 300), **options: Any) -> bytes:
    noise = np.random.default_rng(2).integers(0, 256, (size[1], size[0], 3), np.uint8)
    content = io.BytesIO()
    PIL.Image.fromarray(noise).save(content, "JPEG", **options)
    return content.getvalue()


KINDS = {
    "baseline": photograph(),
    "progressive": photograph(progressive=True),
    "gray": photograph(quality=30),
    "with restart markers": photograph(restart_marker_blocks=4),
    "with a preview": photograph(exif=b"Exif\0\0" + photograph((40, 30))),
}
TAILS = {
    "nothing": b"",
    "a video": b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 400,
    "another JPEG": photograph((60, 40)),
    "half a JPEG": photograph((60, 40))[:500],
    "zeros": bytes(100_000),
    "a line": b"\r\n",
}


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_appended_does_not_count(kind: str, tail: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        decode(KINDS[kind] + TAILS[tail], "x")
    assert caplog.messages == []


@pytest.mark.parametrize("tail", ["nothing", "zeros"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_end_is_reported(kind: str, tail: str) -> None:
    whole = KINDS[kind]
    assert not is_truncated(whole)
    for kept in (len(whole) - 2, len(whole) * 9 // 10, len(whole) // 2):
        assert is_truncated(whole[:kept] + TAILS[tail]), kept


def test_a_truncated_one_is_read_as_far_as_it_goes_as_in_paddlex(caplog: pytest.LogCaptureFixture) -> None:
    whole = KINDS["baseline"]
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        read = decode(whole[: len(whole) // 2], "x")
    assert read.shape == (300, 400, 3)
    np.testing.assert_array_equal(read[:100], decode(whole, "x")[:100])
    assert caplog.messages == [TRUNCATED]


@pytest.mark.parametrize("content", [b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0", b"\xff\xd8\xff\xe0\0\0" * 9])
def test_a_beginning_alone_is_truncated(content: bytes) -> None:
    assert is_truncated(content)


def test_pixels_are_those_of_the_photograph_alone(encoded: Encoder, picture: NDArray[np.uint8]) -> None:
    whole = encoded(".jpg")
    np.testing.assert_array_equal(decode(whole + TAILS["a video"], "x"), decode(whole, "x"))


@pytest.mark.parametrize("kind", ["baseline", "gray", "with restart markers", "gray, one channel"])
def test_what_is_missing_is_gray_and_nothing_of_other_images(kind: str, tmp_path: Path) -> None:
    """OpenCV leaves rows that it has no data for as the memory was, which other pages used before."""
    whole = KINDS.get(kind) or one_channel()
    for kept in (len(whole) - 2, len(whole) * 9 // 10, len(whole) // 2):
        (tmp_path / "page.jpg").write_bytes(whole[:kept])
        read = []
        for left_behind in (0xA7, 0x00, 0xFF):
            used = [np.full((300, 400, 3), left_behind, np.uint8) for _ in range(50)]
            del used
            for source in (str(tmp_path / "page.jpg"), (tmp_path / "page.jpg").read_bytes()):
                (page,) = pages(source)
                read.append(page.read())
        for other in read[1:]:
            np.testing.assert_array_equal(read[0], other)
    np.testing.assert_array_equal(read[0][-100:], np.full((100, 400, 3), 128, np.uint8))


def one_channel() -> bytes:
    content = io.BytesIO()
    PIL.Image.open(io.BytesIO(KINDS["baseline"])).convert("L").save(content, "JPEG")
    return content.getvalue()


def test_a_progressive_one_cut_short_is_an_error() -> None:
    """Of its first scans, there would be a blurred page."""
    whole = KINDS["progressive"]
    with pytest.raises(InputError, match=r"^x: not a readable image .*, or truncated$"):
        decode(whole[: len(whole) // 2], "x")
