"""Searchable PDF: the picture of each page, and its text above it where nobody sees it but everybody finds it."""

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

from ocrzoo.results.exports import blank_font, places
from ocrzoo.results.exports.letters import Letter, Run, layout
from ocrzoo.results.exports.texts import clean, language, main_language, version, written
from ocrzoo.results.page_text import TextPage
from ocrzoo.types import Image
from ocrzoo_registry.errors import UsageError

DPI = 144.0
"""Pixels an inch, unless told otherwise: what PDFs are rendered with here."""

_JPEG_QUALITY = 90
_LONGEST = 14400.0
"""Points a side of a page may have (PDF 1.7, annex C); what would be longer gets more pixels an inch."""
_LARGEST_JPEG = 65_500
"""Pixels a side that libjpeg writes."""
_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for no date, which fpdf2 would not write: the same pages give the same bytes, whenever they are written."""
_FONT = "blank"
_ROWS = 64


@dataclass(frozen=True)
class _Sheet:
    """What is kept of a page until all are seen: its picture compressed, its text placed; pixels."""

    picture: bytes
    width: int
    height: int
    runs: list[Run]


def to_pdf(pages: Iterable[TextPage], dpi: float = DPI) -> bytes:
    """Return a PDF of all pages, a pixel being 72 / ``dpi`` points; the same pages give the same bytes.

    Pages are taken one at a time, and nothing but their compressed pictures and their text is kept. Pictures are
    JPEG of quality 90, or lossless where that is smaller.

    Raises:
        UsageError: ``dpi`` is no positive number.
    """
    if not (math.isfinite(dpi) and dpi > 0):
        raise UsageError(f"dpi: {dpi}: pixels an inch are a positive number, such as {DPI:g}")
    titles: list[str] = []
    languages: list[str | None] = []
    sheets: list[_Sheet] = []
    for page in pages:
        lines = list(written(page))
        titles.append(clean(page.name))
        languages.extend(language(line) for line, _ in lines)
        width, height = places.size(page)
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
        blank_font.save({letter.text for sheet in sheets for run in sheet.runs for letter in run.letters}, font)
        pdf.add_font(_FONT, fname=font)
        added: Any = pdf.fonts[_FONT]
        with closing(added):
            for sheet in sheets:
                _add(pdf, sheet, dpi, tag)
            return bytes(pdf.output())


def _add(pdf: _Document, sheet: _Sheet, dpi: float, main: str | None) -> None:
    """Add one page; lines in another language than the document's say so."""
    scale = min(72 / dpi, _LONGEST / max(sheet.width, sheet.height))
    pdf.add_page(format=(sheet.width * scale, sheet.height * scale))
    pdf.image(io.BytesIO(sheet.picture), 0, 0, sheet.width * scale, sheet.height * scale)
    pdf.set_font(_FONT, size=1)
    pdf.text_mode = TextMode.INVISIBLE
    pdf.text(0, 0, "")  # names font and mode on this page
    for run in sheet.runs:
        pdf.place(run, scale, None if run.language == main else run.language)


class _Document(FPDF):  # type: ignore[misc]  # fpdf2's types are not followed
    """A document that takes a place for each letter; fpdf2 itself places whole texts."""

    def place(self, run: Run, scale: float, language: str | None = None) -> None:
        """Write a line as one text object (within one, readers keep the order), ``scale`` points a pixel."""
        letters = zip(run.moves(), run.letters, strict=True)
        shown = " ".join(
            f"{percent:.2f} Tz [{self._glyphs(group)}] TJ"
            for percent, group in groupby(letters, key=lambda placed: round(100 * placed[1].stretch, 2))
        )
        size = run.frame.height * scale
        turn = math.radians(run.frame.angle)
        along, up = np.array([math.cos(turn), math.sin(turn)]), np.array([-math.sin(turn), math.cos(turn)])
        corner = np.array([run.frame.start[0] * scale, self.h - run.frame.start[1] * scale])
        baseline = corner + up * size * (1 - blank_font.ASCENT / blank_font.EM)
        matrix = np.concatenate([along * size, up * size, baseline])
        text = f"BT {' '.join(f'{value:.4f}' for value in matrix)} Tm {shown} ET"
        self._out(f"/Span <</Lang ({language})>> BDC {text} EMC" if language else text)

    def _glyphs(self, letters: Iterable[tuple[int, Letter]]) -> str:
        """Letters and the steps before them, as PDF writes them."""
        codes = ((move, f"<{self._code(letter.text)}>") for move, letter in letters)
        return "".join(f"{-move}{code}" if move else code for move, code in codes).replace("><", "")

    def _code(self, letter: str) -> str:
        """The letter's number in the font as embedded; a space where the font had no room for it."""
        font: Any = self.current_font
        picked = font.subset.pick(ord(letter))
        return f"{ord(' ') if picked is None else picked:04X}"


def _picture(image: Image) -> bytes:
    """Return a page's picture (BGR) as a JPEG, or as a PNG where fpdf2 would store that in less room."""
    gray = bool((image[:, :, :1] == image[:, :, 1:]).all())
    plane = np.ascontiguousarray(image[:, :, 0] if gray else image[:, :, ::-1])
    if max(image.shape) <= _LARGEST_JPEG:
        options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        jpeg = cv2.imencode(".jpg", plane if gray else image, options)[1].tobytes()
        if not _fits(plane, len(jpeg)):
            return jpeg
    content = io.BytesIO()
    PillowImage.fromarray(plane).save(content, "PNG")
    return content.getvalue()


def _fits(plane: NDArray[np.uint8], room: int) -> bool:
    """Whether a plane compresses, as fpdf2 does it, to less than some bytes; given up as soon as it does not."""
    compressor = zlib.compressobj()
    taken = 0
    for top in range(0, len(plane), _ROWS):
        taken += len(compressor.compress(plane[top : top + _ROWS].tobytes()))
        if taken >= room:
            return False
    return taken + len(compressor.flush()) < room
