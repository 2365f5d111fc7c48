"""What goes into a searchable PDF comes out: sheet, pixels, depth and compression, with the text on its ink."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytest
from tests.core.results.exports import scans

from ocrzoo.results.exports.pdf import to_pdf

HELD: dict[str, list[tuple[int | None, str | None]]] = {
    "1-bit G4 TIFF": [(1, "/CCITTFaxDecode")],
    "gray JPEG": [(8, "/DCTDecode")],
    "color JPEG": [(24, "/DCTDecode")],
    "CMYK JPEG": [(32, "/DCTDecode")],
    "16-bit PNG": [(48, "/FlateDecode")],
    "palette PNG": [(4, "/FlateDecode")],
    "TIFF of 3 pages": [(1, "/CCITTFaxDecode"), (8, "/FlateDecode"), (24, "/FlateDecode")],
    "scanned PDF, JPEG": [(24, "/DCTDecode")],
    "scanned PDF, 1-bit": [(1, "/CCITTFaxDecode")],
    "PDF with fonts": [(None, None)],
    "rotated PDF": [(24, "/DCTDecode")],
    "UserUnit PDF": [(24, "/DCTDecode")],
    "alpha PNG": [(8, "/FlateDecode")],
}
"""Bits a pixel and compression of each page's picture."""
ADDED = 3000
"""Bytes that the text and its font may add to a page of five lines."""


@pytest.mark.parametrize("kind", scans.KINDS)
def test_a_scan_keeps_its_sheet_its_pixels_and_its_bytes(tmp_path: Path, kind: str) -> None:
    path = scans.make(tmp_path, kind)
    content = to_pdf(scans.read(path))
    with pikepdf.open(io.BytesIO(content)) as document:
        assert document.check_pdf_syntax() == []
    found = scans.held(content)
    assert len(found) == len(HELD[kind])
    for page, (bits, compression) in zip(found, HELD[kind], strict=True):
        assert page.size_mm == pytest.approx(scans.A4_MM, abs=0.5)
        assert page.text.splitlines() == scans.TEXTS
        assert page.on_ink == 1
        assert page.bits == bits
        if compression is not None:
            assert page.pixels == (scans.WIDTH, scans.HEIGHT)
            assert page.filters == (compression,)
    if kind != "alpha PNG":  # whose color and alpha are compressed apart
        assert len(content) <= path.stat().st_size + ADDED


@pytest.mark.parametrize("kind", scans.KINDS)
def test_a_scan_looks_as_it_did(tmp_path: Path, kind: str) -> None:
    path = scans.make(tmp_path, kind)
    before = list(scans.read(path))
    with pypdfium2.PdfDocument(to_pdf(iter(before))) as document:
        for page, was in zip(document, before, strict=True):
            scale = was.image.shape[1] / page.get_width()
            drawn = page.render(scale=scale).to_numpy()
            shown = np.broadcast_to(drawn.reshape(*drawn.shape[:2], -1), (*drawn.shape[:2], 3))
            resized = cv2.resize(np.ascontiguousarray(shown), was.image.shape[1::-1])
            assert np.abs(resized.astype(int) - was.image).mean() < 1


@pytest.mark.parametrize(("kind", "start"), [("gray JPEG", b"\xff\xd8"), ("CMYK JPEG", b"\xff\xd8")])
def test_the_bytes_of_a_jpeg_are_taken_over(tmp_path: Path, kind: str, start: bytes) -> None:
    path = scans.make(tmp_path, kind)
    content = path.read_bytes()
    path.write_bytes(content + b"a film that a camera appended" * 1000)
    made = to_pdf(scans.read(path))
    assert content.startswith(start)
    assert content in made
    assert len(made) < len(content) + ADDED


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="Poppler's pdftotext is not installed")
@pytest.mark.parametrize("kind", scans.KINDS)
def test_poppler_reads_the_lines(tmp_path: Path, kind: str) -> None:
    (tmp_path / "made.pdf").write_bytes(to_pdf(scans.read(scans.make(tmp_path, kind))))
    run = ["pdftotext", "-raw", "-l", "1", str(tmp_path / "made.pdf"), "-"]
    told = subprocess.run(run, capture_output=True, timeout=60, check=True).stdout.decode()
    assert [line for line in told.replace("\f", "").splitlines() if line] == scans.TEXTS
