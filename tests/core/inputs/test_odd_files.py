"""Odd files of every format that Pillow and OpenCV write, and damaged ones: each is a page or its own error."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from tests.core.inputs.odd_files import ODD

from ocrzoo.inputs import Page, pages
from ocrzoo.pipelines.executor import run_pages
from ocrzoo_registry.errors import InputError

PIL.Image.init()

GOOD = cv2.imencode(".png", np.full((4, 5, 3), 77, np.uint8))[1].tobytes()
GRAY = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8)
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16", "I;16B")
LEFT_OUT = {"EPS", "PDF", "IM"}
"""PDF has its own tests; the others are deprecated, or read by a program."""

OPENCV = {
    suffix: kinds
    for suffix, kinds in {
        ".pfm": ("f4", "f4x3"),
        ".hdr": ("f4x3",),
        ".tiff": ("u1", "u2", "f4", "f8", "u1x4", "u2x3", "f4x3"),
        ".png": ("u1", "u2", "u1x4", "u2x4"),
        ".jp2": ("u1", "u2", "u1x3", "u2x3"),
        ".pam": ("u1", "u2", "u1x3", "u1x4"),
        ".pgm": ("u1", "u2"),
        ".ppm": ("u1x3", "u2x3"),
        ".pbm": ("u1",),
        ".ras": ("u1", "u1x3"),
        ".bmp": ("u1", "u1x3", "u1x4"),
        ".webp": ("u1x3", "u1x4"),
        ".avif": ("u1x3", "u2x3"),
    }.items()
    if cv2.haveImageWriter(f"x{suffix}")
}


def read_with_a_good_one(content: bytes, tmp_path: Path | None = None) -> list[str]:
    """Run a file and then a good one; returns the errors of the first, whose pages are fit for a pipeline."""
    source: Any = content
    if tmp_path is not None:
        source = tmp_path / "odd"
        source.write_bytes(content)

    def check(_source: Any, image: Any) -> int:
        assert (image.ndim, image.shape[2], image.dtype) == (3, 3, np.uint8)
        assert image.size
        return int(image[0, 0, 0])

    failed: list[InputError] = []
    found: Iterator[Page] = pages([source, GOOD])
    assert [*run_pages(found, [check], failed.append)][-1] == 77
    messages = [str(error) for error in failed]
    assert all(message and "\n" not in message for message in messages)
    return messages


def by_pillow(image_format: str, mode: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image = PIL.Image.fromarray(GRAY)
    image = image.convert("I").convert(mode) if mode.startswith("I;16") else image.convert("RGB").convert(mode)
    image.save(file, image_format, **options)
    return file.getvalue()


@pytest.mark.parametrize("image_format", sorted(set(PIL.Image.SAVE) - LEFT_OUT))
def test_every_format_and_mode_that_pillow_writes(image_format: str, tmp_path: Path) -> None:
    written = 0
    for mode in MODES:
        try:
            content = by_pillow(image_format, mode)
        except (OSError, ValueError, KeyError, SystemError, AttributeError, TypeError, RuntimeError):
            continue  # the format has no such mode
        written += 1
        read_with_a_good_one(content)
        read_with_a_good_one(content, tmp_path)
    if not written:
        pytest.skip("this Pillow does not write it")


@pytest.mark.parametrize(("suffix", "kind"), [(suffix, kind) for suffix, kinds in OPENCV.items() for kind in kinds])
def test_every_format_and_type_that_opencv_writes(suffix: str, kind: str, tmp_path: Path) -> None:
    scalar, _, channels = kind.partition("x")
    image = np.repeat(GRAY[:, :, None], int(channels or 1), axis=2).astype(scalar)
    try:
        content = cv2.imencode(suffix, image)[1].tobytes()
    except cv2.error:
        pytest.skip("this OpenCV does not write it")
    read_with_a_good_one(content)
    read_with_a_good_one(content, tmp_path)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_does_not_stop_the_next(name: str, tmp_path: Path) -> None:
    read_with_a_good_one(ODD[name])
    read_with_a_good_one(ODD[name], tmp_path)


WHOLE = {
    **{f"{fmt} {mode}": (fmt, mode) for fmt in ("PNG", "TIFF", "GIF", "BMP") for mode in ("1", "P", "L", "RGB")},
    **{f"PPM {mode}": ("PPM", mode) for mode in ("1", "L", "RGB")},
    **{f"{fmt} {mode}": (fmt, mode) for fmt in ("JPEG", "WEBP", "JPEG2000") for mode in ("L", "RGB")},
    **{f"TIFF {mode}": ("TIFF", mode) for mode in ("I;16", "I;16B", "I", "F", "LA", "CMYK")},
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_cut_anywhere_does_not_stop_the_next(name: str) -> None:
    content = by_pillow(*WHOLE[name])
    for length in sorted({*range(60), *np.linspace(0, len(content), 40, dtype=int).tolist()}):
        read_with_a_good_one(content[:length])


@pytest.mark.parametrize(
    "error",
    [
        IndexError("tuple index"),
        RecursionError("too deep"),
        MemoryError(),
        struct.error("short"),
        KeyError(1),
        SystemError(),
    ],
)
def test_whatever_a_decoder_raises_is_its_file_s_error(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[[bytes, str], Any] = cv2.imdecode  # type: ignore[assignment]
    odd = by_pillow("PNG", "L")

    def decoder(content: Any, flags: int) -> Any:
        if content.tobytes() == odd:
            raise error
        return real(content, flags)  # type: ignore[arg-type]

    monkeypatch.setattr(cv2, "imdecode", decoder)
    (message,) = read_with_a_good_one(odd)
    assert message.startswith("the ")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits memory")
def test_too_little_memory_is_called_so(tmp_path: Path) -> None:
    """The size is allowed, and the machine has less."""
    page = PIL.Image.new("L", (13_000, 13_000), 255)
    for name, options in {"page.png": {}, "page.tif": {"compression": "tiff_adobe_deflate"}, "page.gif": {}}.items():
        page.save(tmp_path / name, **options)
    (tmp_path / "small.png").write_bytes(GOOD)
    done = subprocess.run(
        [sys.executable, "-c", LITTLE_MEMORY], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    first, second, third, last = done.stdout.splitlines()
    assert "page.png: decoding it needs more memory than there is" in first
    assert "page.tif: page 1: decoding it needs more memory than there is" in second
    assert "page.gif: decoding it needs more memory than there is" in third
    assert last == "(4, 5, 3)"


LITTLE_MEMORY = """
import resource
from ocrzoo.inputs import pages
from ocrzoo_registry.errors import InputError
next(pages("small.png")).read()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (250 << 20),) * 2)
for page in pages(["page.png", "page.tif", "page.gif", "small.png"]):
    try:
        print(page.read().shape)
    except InputError as error:
        print(error)
"""


class TestLists:
    """Lists of inputs may be nested, within bounds."""

    def test_one_that_contains_itself_is_an_error_and_the_others_go_on(self) -> None:
        circle: list[Any] = [GOOD]
        circle.append([circle, circle])
        circle.append(GOOD)
        first, *failing, last = pages(circle)
        assert first.read()[0, 0, 0] == last.read()[0, 0, 0] == 77
        for page in failing:
            with pytest.raises(InputError, match="contain themselves"):
                page.read()

    def test_one_that_is_nested_deep_is_an_error(self) -> None:
        deep: list[Any] = [GOOD]
        for _ in range(3000):
            deep = [deep]
        with pytest.raises(InputError, match="nested more than"):
            next(pages(deep)).read()
