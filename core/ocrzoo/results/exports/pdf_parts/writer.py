"""PDF pages of pictures and invisible text, written in parts, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Job, Name, Pdf, Stream

from ocrzoo.results.exports.pdf_parts import blank_font
from ocrzoo.results.exports.pdf_parts.glyph_layout import GlyphRun
from ocrzoo.results.exports.pdf_parts.pictures import Picture
from ocrzoo.results.exports.pdf_parts.text import FONT, TextBlock, text_operators

_PART_BYTES = 64 << 20
"""Compressed pictures that are kept in memory."""
_PART_PAGES = 500

_TURNS = {
    1: (1, 0, 0, 1, 0, 0),
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1),
    6: (0, -1, 1, 0, 0, 1),
    7: (0, 1, 1, 0, 0, 0),
    8: (0, 1, -1, 0, 1, 0),
}
"""EXIF's orientations as matrices that turn the unit square."""


class PageWriter:
    """Writes pages into a PDF file in a folder, which is there after :meth:`close`; pages are numbered from 0."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "written.pdf"
        self._codes = blank_font.Codes()
        self._parts: list[Path] = []
        self._pages = 0
        self._pdf: Pdf | None = None
        self._font: Any = None
        self._bytes = 0

    def add_picture(
        self,
        picture: Picture,
        size: tuple[float, float],
        pixels: tuple[int, int],
        blocks: Sequence[TextBlock],
        language: str | None,
        turned: int = 0,
    ) -> int:
        """Add a page of ``size`` points with a picture and text, and return its number.

        ``pixels`` are width and height of the page as read, in which the text is. ``language`` is the document's.
        ``turned`` is how far to turn the page for its text to be upright, in degrees counter-clockwise.
        """
        pdf = self._part()
        width, height = size
        a, b, c, d, e, f = _TURNS[picture.orientation]
        place = (a * width, b * height, c * width, d * height, e * width, f * height)
        text = text_operators(blocks, pixels[1], self._codes, language)
        shown = f"q {_numbers(place)} cm /Picture Do Q"
        operators = [f"/Artifact BMC\n{shown}\nEMC" if any(block.tag for block in blocks) else shown]
        if text:
            operators.append(f"q {_numbers((width / pixels[0], 0, 0, height / pixels[1], 0, 0))} cm\n{text}\nQ")
        resources = Dictionary(XObject=Dictionary(Picture=_image(pdf, picture)))
        self._bytes += len(picture.data)
        return self._add(pdf, size, resources, "\n".join(operators), has_text=bool(text), turned=turned)

    def add_text(self, pixels: tuple[int, int], runs: Sequence[GlyphRun]) -> int:
        """Add a page of nothing but text, a point a pixel, and return its number; each line states its language."""
        text = text_operators([TextBlock(None, [*runs])], pixels[1], self._codes, None)
        return self._add(self._part(), pixels, Dictionary(), text, has_text=True)

    def close(self) -> None:
        """Write the file, unless there are no pages."""
        self._close_part()
        if len(self._parts) == 1:
            self._parts[0].replace(self.path)
        elif self._parts:
            # The job leaves pictures on disk; pages that are appended to a Pdf have theirs in memory.
            files = [{"file": str(part), "range": "1-z"} for part in self._parts]
            Job({"inputFile": str(self._parts[0]), "pages": files, "outputFile": str(self.path)}).run()

    def _close_part(self) -> None:
        if self._pdf is None:
            return
        _embed(self._font, self._pdf, self._codes)
        self._parts.append(self.path.with_name(f"part-{len(self._parts)}.pdf"))
        self._pdf.save(self._parts[-1], object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
        self._pdf.close()
        self._pdf, self._bytes = None, 0

    def _part(self) -> Pdf:
        if self._pdf is not None and (self._bytes > _PART_BYTES or len(self._pdf.pages) >= _PART_PAGES):
            self._close_part()
        if self._pdf is None:
            self._pdf = Pdf.new()
            self._font = self._pdf.make_indirect(Dictionary(Type=Name.Font))
        return self._pdf

    def _add(
        self, pdf: Pdf, size: tuple[float, float], resources: Any, operators: str, *, has_text: bool, turned: int = 0
    ) -> int:
        if has_text:
            resources.Font = Dictionary({f"/{FONT}": self._font})
        page = Dictionary(
            Type=Name.Page,
            MediaBox=Array([0, 0, *(round(side, 4) for side in size)]),
            Resources=resources,
            Contents=Stream(pdf, operators.encode("ascii")),
        )
        if turned:
            page.Rotate = -turned % 360
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        self._pages += 1
        return self._pages - 1


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.5f}".rstrip("0").rstrip(".") for value in values)


def _image(pdf: Pdf, picture: Picture) -> Any:
    stream = Stream(pdf, picture.data)
    stream.Type, stream.Subtype = Name.XObject, Name.Image
    stream.Width, stream.Height = picture.width, picture.height
    stream.Filter = Name(f"/{picture.filter}")
    stream.BitsPerComponent = picture.bits
    stream.ColorSpace = _color_space(pdf, picture)
    if picture.parms:
        stream.DecodeParms = Dictionary({f"/{key}": value for key, value in picture.parms.items()})
    if picture.inverted:
        stream.Decode = Array([1, 0] * picture.channels)
    if picture.color_key:
        stream.Mask = Array(picture.color_key)
    if picture.alpha:
        stream.SMask = _image(pdf, picture.alpha)
    return stream


def _color_space(pdf: Pdf, picture: Picture) -> Any:
    channels = 3 if picture.palette else picture.channels
    space: Any = Name(f"/{picture.space}") if not picture.palette else Name.DeviceRGB
    if picture.profile:
        profile = Stream(pdf, picture.profile)
        profile.N, profile.Alternate = channels, space
        space = Array([Name.ICCBased, profile])
    if picture.palette:
        entries = min(len(picture.palette) // 3, 1 << picture.bits)
        space = Array([Name.Indexed, space, entries - 1, pikepdf.String(picture.palette[: 3 * entries])])
    return space


def _embed(font: Any, pdf: Pdf, codes: blank_font.Codes) -> None:
    """Complete the font: only now all characters are known."""
    ascent, descent = blank_font.ASCENT, blank_font.ASCENT - blank_font.EM
    program = blank_font.program()
    file = Stream(pdf, program)
    file.Length1 = len(program)
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name.Blank,
        Flags=4,
        FontBBox=Array([0, descent, blank_font.EM, ascent]),
        ItalicAngle=0,
        Ascent=ascent,
        Descent=descent,
        CapHeight=ascent,
        StemV=80,
        FontFile2=file,
    )
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name.Blank,
        CIDSystemInfo=Dictionary(Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor),
        CIDToGIDMap=Stream(pdf, codes.glyphs()),
        W=Array([1, Array(codes.widths())]),
    )
    font.Subtype, font.BaseFont, font.Encoding = Name.Type0, Name.Blank, Name("/Identity-H")
    font.DescendantFonts = Array([pdf.make_indirect(descendant)])
    font.ToUnicode = Stream(pdf, codes.to_unicode())
