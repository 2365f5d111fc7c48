"""Damaged files on the command line: every line on standard error is ours."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageDraw
import pytest

pytestmark = pytest.mark.weights


@pytest.fixture
def fax(tmp_path: Path) -> Path:
    """A page as fax machines compress it, with wrong bytes in the middle."""
    page = PIL.Image.new("1", (600, 200), 1)
    PIL.ImageDraw.Draw(page).text((20, 60), "Damaged on the way", fill=0, font_size=48)
    file = io.BytesIO()
    page.save(file, "TIFF", compression="group4")
    content = bytearray(file.getvalue())
    content[300:316] = b"\x5a\xa5\x33\x11" * 4
    path = tmp_path / "fax.tif"
    path.write_bytes(content)
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A PNG with a color profile that libpng rejects."""
    path = tmp_path / "profile.png"
    file = io.BytesIO()
    PIL.Image.new("RGB", (200, 80), "white").save(file, "PNG")
    content, chunk = file.getvalue(), b"iCCPx\0\0" + zlib.compress(b"no profile" * 40)
    size, checksum = (len(chunk) - 4).to_bytes(4, "big"), zlib.crc32(chunk).to_bytes(4, "big")
    path.write_bytes(content[:33] + size + chunk + checksum + content[33:])
    return path


@pytest.mark.parametrize("options", [[], ["--output", "all.pdf"], ["--save_path", "saved", "--save_as", "pdf,img"]])
def test_what_decoders_print_is_not_on_standard_error(
    start: Callable[..., Any], fax: Path, picture: Path, options: list[str]
) -> None:
    done = start("ocr", fax.name, picture.name, *options, cwd=fax.parent)
    assert done.returncode == 0
    said = [line for line in done.stderr.splitlines() if not line.startswith(("downloading ", "copying "))]
    assert said == [
        "warning: fax.tif: page 1: damaged: a part of it may be missing or wrong (-v shows what the decoder says)"
    ]
