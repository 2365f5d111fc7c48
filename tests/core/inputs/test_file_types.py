"""Kinds of content: told by the first bytes, and named where they are no page."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from ocrzoo.inputs import decode
from ocrzoo.inputs.file_types import READABLE, file_type
from ocrzoo_registry.errors import InputError


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("page.txt", "hello")
    return content.getvalue()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".ppm", ".ras"])
def test_images_even_if_they_speak_of_pdf(suffix: str, encoded: Callable[..., bytes]) -> None:
    assert file_type(encoded(suffix)[:100] + b"%PDF-1.7") == "image"


@pytest.mark.parametrize("mark", [b"II*\0", b"MM\0*", b"II+\0\x08\0", b"MM\0+\0\x08"])
def test_tiff_in_either_order_of_bytes(mark: bytes) -> None:
    assert file_type(mark + bytes(20)) == "tiff"


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_pdf_with_something_before_it(before: bytes, pdf: Any) -> None:
    assert file_type(before + pdf.pages(0)) == "pdf"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "not a readable image"),
        (b"\0\0\0\x1cftypmp42\0\0\0\0", "a video: save a frame as png"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL image: export it as png"),
        (b"AT&TFORM\0\0\0\0DJVU", "a DjVu document: convert it to PDF"),
        (b"\0\x05\x16\x07\0\2\0\0Mac OS X", "not an image but a Mac's notes about one"),
        (zipped(), "a zip archive or an office document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "an office document"),
        (b"\x1f\x8b\x08\0", "an archive"),
        (b"%!PS-Adobe-3.0\n", "a PostScript file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?>\n<!-- made by hand -->\n<svg/>", "an SVG drawing"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html>", "an HTML page"),
        (b"\n<html><body>404</body></html>", "an HTML page"),
        (b'{"error": "no such page"}', "not an image but markup or data"),
        (b"Dear reader, this is a letter.\n", "not an image but a text file"),
        ("Любезный читатель! ".encode() * 100, "not an image but a text file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not a readable image"),
        (bytes(range(128, 256)), "not a readable image"),
    ],
)
def test_unsupported_files_are_described(content: bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        decode(content, "x")
    message = str(caught.value)
    assert message.startswith(f"x: {words}")
    assert READABLE in message
