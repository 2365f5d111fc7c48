"""What ``ocrzoo ocr`` reads in files as people have them: transparent, turned, animated, appended to, in folders."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
from PIL.TiffImagePlugin import AppendingTiffWriter

pytestmark = pytest.mark.weights

Run = Callable[..., Any]
BLACK, WHITE = (0, 0, 0, 255), (255, 255, 255, 255)


def page(*lines: tuple[str, tuple[int, ...]], ground: tuple[int, ...] = WHITE) -> PIL.Image.Image:
    """A page of 420 pixels with a line below another, each in its ink (RGBA)."""
    image = PIL.Image.new("RGBA", (420, 30 + 50 * len(lines)), ground)
    draw = PIL.ImageDraw.Draw(image)
    for i, (text, ink) in enumerate(lines):
        draw.text((20, 20 + 50 * i), text, ink, PIL.ImageFont.load_default(26))
    return image


def opaque(*texts: str) -> PIL.Image.Image:
    return page(*[(text, BLACK) for text in texts]).convert("RGB")


@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_ink_on_a_transparent_ground_is_read(suffix: str, run: Run, tmp_path: Path) -> None:
    lines = {"black": [("Delivery note 5521", BLACK)], "white": [("Delivery note 5521", WHITE)]}
    lines["both"] = [*lines["black"], ("Paid in full", WHITE)]
    for name, drawn in lines.items():
        page(*drawn, ground=(0, 0, 0, 0)).save(tmp_path / f"{name}.{suffix}")
        ran = run("ocr", tmp_path / f"{name}.{suffix}")
        assert (ran.code, ran.err) == (0, "")
        assert [line for line in ran.out.splitlines() if "==>" not in line] == [text for text, _ in drawn]
    assert "Delivery" not in run("ocr", "--paddlex_quirks", "True", tmp_path / f"black.{suffix}").out


def test_a_photograph_on_its_side_is_read(run: Run, tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = 8
    for suffix in ("webp", "avif", "jpe"):
        turned = opaque("Platform 9, track 4", "Departure 17:45").transpose(PIL.Image.Transpose.ROTATE_270)
        turned.save(tmp_path / f"turned.{suffix}", quality=95, exif=exif)
    ran = run("ocr", tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("Platform 9, track 4\nDeparture 17:45\n") == 3


def test_a_folder_reports_what_it_leaves_out(run: Run, tmp_path: Path) -> None:
    opaque("Scan one").save(tmp_path / "1.gif")
    opaque("Scan two").save(tmp_path / "2.jfif", "JPEG", quality=95)
    (tmp_path / "._2.jfif").write_bytes(b"\0\x05\x16\x07\0\x02\0\0Mac OS X        ")
    (tmp_path / "letter.docx").touch()
    ran = run("ocr", tmp_path)
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if "==>" not in line] == ["Scan one", "Scan two"]
    assert ran.err == f"warning: {tmp_path}: 1 file is left out, of no type that is read: letter.docx\n"


def test_frames_are_pages_if_they_are_asked_for(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "screen.gif"
    opaque("First screen").save(path, save_all=True, append_images=[opaque("Second screen")], duration=500)
    ran = run("ocr", path)
    assert (ran.code, ran.out) == (0, "First screen\n")
    assert ran.err == f"warning: {path}: has 2 frames, of which only the first is read: use --frames all to read all\n"
    ran = run("ocr", path, "--frames", "all")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"==> {path}, page 1 <==\nFirst screen\n==> {path}, page 2 <==\nSecond screen\n"


def test_a_reduced_copy_is_no_page(run: Run, tmp_path: Path) -> None:
    path, whole = tmp_path / "scan.tif", opaque("Minutes of the meeting")
    with AppendingTiffWriter(str(path), new=True) as writer:
        for image, kind in ((whole, 0), (whole.resize((210, 40)), 1), (opaque("Approved 17 March"), 0)):
            image.save(writer, "TIFF", tiffinfo={254: kind})
            writer.newFrame()
    ran = run("ocr", path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"==> {path}, page 1 <==\nMinutes of the meeting\n==> {path}, page 2 <==\nApproved 17 March\n"


def test_a_photograph_with_a_video_behind_it_is_whole(run: Run, tmp_path: Path) -> None:
    content = io.BytesIO()
    opaque("Summer at the lake").save(content, "JPEG", quality=95)
    (tmp_path / "moving.jpg").write_bytes(content.getvalue() + b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 100)
    ran = run("ocr", tmp_path / "moving.jpg")
    assert (ran.code, ran.out, ran.err) == (0, "Summer at the lake\n", "")
