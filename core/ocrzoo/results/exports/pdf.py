"""Searchable PDF: the image of each page with an invisible text layer."""

from __future__ import annotations

import io
import math
import tempfile
import zlib
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from fpdf import FPDF
from fpdf.enums import TextMode
from numpy.typing import NDArray
from PIL import Image as PillowImage

from ocrzoo.results.exports import blank_font, geometry
from ocrzoo.results.exports.content import language_tag, lines_with_text, main_language, sanitize, version
from ocrzoo.results.exports.glyph_layout import GlyphRun, PlacedGlyph, layout
from ocrzoo.results.page_text import TextPage
from ocrzoo.types import Image
from ocrzoo_registry.errors import UsageError

DPI = 144.0
"""Default pixels per inch; PDF input is rendered with the same."""

_JPEG_QUALITY = 90
_MAX_SIDE_PT = 14400.0
"""Longest side of a page, in points (PDF 1.7, annex C); larger pages get more pixels per inch."""
_MAX_JPEG_SIDE = 65_500
"""Longest side that libjpeg writes, in pixels."""
_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""A fixed date, since fpdf2 always writes one; the output is deterministic."""
_FONT = "blank"
_ROWS = 64


@dataclass(frozen=True)
class _Sheet:
    """The compressed image and positioned text of a page, in pixels, kept until all pages are read."""

    picture: bytes
    width: int
    height: int
    runs: list[GlyphRun]


def to_pdf(pages: Iterable[TextPage], dpi: float = DPI) -> bytes:
    """Return a PDF of all pages, a pixel being 72 / ``dpi`` points; the output is deterministic.

    Pages are consumed one at a time; only their compressed images and text are kept. Images are JPEG of quality 90,
    or lossless if that is smaller.

    Raises:
        UsageError: ``dpi`` is not a positive number.
    """
    if not (math.isfinite(dpi) and dpi > 0):
        raise UsageError(f"dpi must be a positive number such as {DPI:g}, not {dpi}")
    titles: list[str] = []
    languages: list[str | None] = []
    sheets: list[_Sheet] = []
    for page in pages:
        lines = list(lines_with_text(page))
        titles.append(sanitize(page.name))
        languages.extend(language_tag(line) for line, _ in lines)
        width, height = geometry.page_size(page)
        runs = [layout(page, line, found) for line, found in lines]
        sheets.append(_Sheet(_picture(page.image), width, height, runs))
    return _written(sheets, dpi, titles[0] if titles else "", main_language(languages))


def _written(sheets: list[_Sheet], dpi: float, title: str, tag: str | None) -> bytes:
    """Write the file."""
    pdf = _Document(unit="pt")
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.set_title(title)
    pdf.set_producer(f"ocrzoo {version()}")
    pdf.set_creation_date(_DATE)
    if tag:
        pdf.set_lang(tag)
    with tempfile.TemporaryDirectory() as folder:
        font = Path(folder, "blank.ttf")
        blank_font.save({glyph.text for sheet in sheets for run in sheet.runs for glyph in run.glyphs}, font)
        pdf.add_font(_FONT, fname=font)
        added: Any = pdf.fonts[_FONT]
        with closing(added):
            for sheet in sheets:
                _add(pdf, sheet, dpi, tag)
            return bytes(pdf.output())


def _add(pdf: _Document, sheet: _Sheet, dpi: float, main: str | None) -> None:
    """Add one page; lines in another language than the document's are marked."""
    scale = min(72 / dpi, _MAX_SIDE_PT / max(sheet.width, sheet.height))
    pdf.add_page(format=(sheet.width * scale, sheet.height * scale))
    pdf.image(io.BytesIO(sheet.picture), 0, 0, sheet.width * scale, sheet.height * scale)
    pdf.set_font(_FONT, size=1)
    pdf.text_mode = TextMode.INVISIBLE
    pdf.text(0, 0, "")  # sets font and mode on this page
    for run in sheet.runs:
        pdf.place(run, scale, None if run.language == main else run.language)


class _Document(FPDF):  # type: ignore[misc]  # fpdf2's types are not followed
    """A document with individually positioned glyphs; fpdf2 itself positions whole texts."""

    def place(self, run: GlyphRun, scale: float, language: str | None = None) -> None:
        """Write a line as one text object, in which readers keep the order; ``scale`` is points per pixel."""
        glyphs = zip(run.moves(), run.glyphs, strict=True)
        shown = " ".join(
            f"{percent:.2f} Tz [{self._glyphs(group)}] TJ"
            for percent, group in groupby(glyphs, key=lambda placed: round(100 * placed[1].stretch, 2))
        )
        size = run.frame.height * scale
        turn = math.radians(run.frame.angle)
        along, up = np.array([math.cos(turn), math.sin(turn)]), np.array([-math.sin(turn), math.cos(turn)])
        corner = np.array([run.frame.start[0] * scale, self.h - run.frame.start[1] * scale])
        baseline = corner + up * size * (1 - blank_font.ASCENT / blank_font.EM)
        matrix = np.concatenate([along * size, up * size, baseline])
        text = f"BT {' '.join(f'{value:.4f}' for value in matrix)} Tm {shown} ET"
        self._out(f"/Span <</Lang ({language})>> BDC {text} EMC" if language else text)

    def _glyphs(self, glyphs: Iterable[tuple[int, PlacedGlyph]]) -> str:
        """Glyphs and the moves before them, in PDF syntax."""
        codes = ((move, f"<{self._code(glyph.text)}>") for move, glyph in glyphs)
        return "".join(f"{-move}{code}" if move else code for move, code in codes).replace("><", "")

    def _code(self, glyph: str) -> str:
        """The glyph's number in the embedded font; a space if the font has no glyph for it."""
        font: Any = self.current_font
        picked = font.subset.pick(ord(glyph))
        return f"{ord(' ') if picked is None else picked:04X}"


def _picture(image: Image) -> bytes:
    """Return a page's image (BGR) as JPEG, or as PNG if fpdf2 stores that in fewer bytes."""
    gray = bool((image[:, :, :1] == image[:, :, 1:]).all())
    plane = np.ascontiguousarray(image[:, :, 0] if gray else image[:, :, ::-1])
    if max(image.shape) <= _MAX_JPEG_SIDE:
        options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        jpeg = cv2.imencode(".jpg", plane if gray else image, options)[1].tobytes()
        if not _fits(plane, len(jpeg)):
            return jpeg
    content = io.BytesIO()
    PillowImage.fromarray(plane).save(content, "PNG")
    return content.getvalue()


def _fits(plane: NDArray[np.uint8], room: int) -> bool:
    """Whether fpdf2's compression of a plane is below a size; stops as soon as it is not."""
    compressor = zlib.compressobj()
    taken = 0
    for top in range(0, len(plane), _ROWS):
        taken += len(compressor.compress(plane[top : top + _ROWS].tobytes()))
        if taken >= room:
            return False
    return taken + len(compressor.flush()) < room
