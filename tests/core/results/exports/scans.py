"""Scans of one page in many kinds of file, and what a searchable PDF of them holds."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pikepdf
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pypdfium2
from fpdf import FPDF
from numpy.typing import NDArray
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from ocrzoo.inputs import pages
from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo.text.words import Word

DPI = 200
WIDTH, HEIGHT = 1654, 2339
"""A4, in pixels."""
A4_MM = (210, 297)
TEXTS = [
    "Rental agreement",
    "between Harbour Mills Ltd",
    "and Amara Okonkwo",
    "Monthly rent 1,250.00",
    "Signed 14 March",
]
_FONT = PIL.ImageFont.load_default(size=48)


def places() -> list[tuple[str, list[tuple[str, tuple[float, float, float, float]]]]]:
    """The lines with their words and the boxes of these, in pixels of the scan."""
    found = []
    for row, text in enumerate(TEXTS):
        left, top, words = 200.0, 250.0 + 300 * row, []
        for word in text.split():
            box = _FONT.getbbox(word)
            words.append((word, (left + box[0], top + box[1], left + box[2], top + box[3])))
            left += _FONT.getlength(word + " ")
        found.append((text, words))
    return found


def scan(mode: str = "RGB", ink: Any = None) -> PIL.Image.Image:
    """The page with its words drawn."""
    drawn = PIL.Image.new("L", (WIDTH, HEIGHT), 255)
    pen = PIL.ImageDraw.Draw(drawn)
    for _, words in places():
        for word, box in words:
            pen.text((box[0] - _FONT.getbbox(word)[0], box[1] - _FONT.getbbox(word)[1]), word, fill=0, font=_FONT)
    return drawn.point(lambda level: 255 if level > 127 else 0).convert("1") if mode == "1" else drawn.convert(mode)


def saved(path: Path, image: PIL.Image.Image, **options: Any) -> Path:
    image.save(path, dpi=(DPI, DPI), **options)
    return path


def sixteen_bits(path: Path) -> Path:
    """A 16-bit color PNG with its resolution, of which Pillow keeps only 8 bits."""
    pixels = np.asarray(scan("RGB")).astype(np.uint16) * 256 + 77
    encoded = cv2.imencode(".png", pixels)[1].tobytes()
    per_meter = round(DPI / 0.0254)
    chunk = b"pHYs" + per_meter.to_bytes(4, "big") * 2 + b"\x01"
    import zlib

    path.write_bytes(encoded[:33] + b"\0\0\0\x09" + chunk + zlib.crc32(chunk).to_bytes(4, "big") + encoded[33:])
    return path


def pictured(path: Path, data: bytes, *, rotate: int = 0, user_unit: float = 1, **keys: Any) -> Path:
    """A scanned PDF: one picture, as it is, on a sheet of A4."""
    with Pdf.new() as pdf:
        stream = Stream(pdf, data)
        stream.Type, stream.Subtype, stream.Width, stream.Height = Name.XObject, Name.Image, WIDTH, HEIGHT
        for key, value in keys.items():
            stream[f"/{key}"] = value
        width, height = (round(72 * side / DPI / user_unit, 3) for side in (WIDTH, HEIGHT))
        box, matrix = [0, 0, width, height], f"{width} 0 0 {height} 0 0"
        if rotate == 90:  # the sheet lies on its side, and is shown upright
            box, matrix = [0, 0, height, width], f"0 {width} {-height} 0 {height} 0"
        page = Dictionary(Type=Name.Page, MediaBox=Array(box), Resources=Dictionary(XObject=Dictionary(Im=stream)))
        page.Contents = Stream(pdf, f"{matrix} cm /Im Do".encode())
        if rotate:
            page.Rotate = rotate
        if user_unit != 1:
            page.UserUnit = user_unit
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
        pdf.save(path, force_version="1.6" if user_unit != 1 else "1.4")
    return path


def jpeg(mode: str = "RGB") -> bytes:
    content = io.BytesIO()
    scan(mode).save(content, "JPEG", quality=85)
    return content.getvalue()


def group4() -> bytes:
    content = io.BytesIO()
    scan("1").save(content, "TIFF", compression="group4", tiffinfo={278: HEIGHT})
    with PIL.Image.open(content) as image:
        tags = image.tag_v2  # type: ignore[attr-defined]
        return content.getvalue()[tags[273][0] : tags[273][0] + tags[279][0]]


def vector(path: Path) -> Path:
    """A page with its text as text, in a font of its own."""
    pdf = FPDF(unit="pt", format=(72 * WIDTH / DPI, 72 * HEIGHT / DPI))
    pdf.add_page()
    pdf.set_font("helvetica", size=48 * 72 / DPI)
    for text, words in places():
        pdf.text(words[0][1][0] * 72 / DPI, words[0][1][3] * 72 / DPI, text)
    path.write_bytes(bytes(pdf.output()))
    return path


def with_alpha() -> PIL.Image.Image:
    image = scan("L").convert("RGBA")
    image.putalpha(PIL.Image.eval(scan("L"), lambda level: 255 - level))
    return image


def pages_of_tiff(path: Path) -> Path:
    first, second, third = scan("1"), scan("L"), scan("RGB")
    first.save(path, "TIFF", save_all=True, append_images=[second, third], dpi=(DPI, DPI), compression="tiff_lzw")
    return path


G4_KEYS: dict[str, Any] = {
    "Filter": Name.CCITTFaxDecode,
    "DecodeParms": Dictionary(K=-1, Columns=WIDTH, Rows=HEIGHT, BlackIs1=True),
    "BitsPerComponent": 1,
    "ColorSpace": Name.DeviceGray,
}
JPEG_KEYS: dict[str, Any] = {"Filter": Name.DCTDecode, "BitsPerComponent": 8, "ColorSpace": Name.DeviceRGB}

KINDS: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "1-bit G4 TIFF": ("tif", lambda path: saved(path, scan("1"), compression="group4")),
    "gray JPEG": ("jpg", lambda path: saved(path, scan("L"), quality=85)),
    "color JPEG": ("jpg", lambda path: saved(path, scan("RGB"), quality=85)),
    "CMYK JPEG": ("jpg", lambda path: saved(path, scan("CMYK"), quality=85)),
    "16-bit PNG": ("png", sixteen_bits),
    "palette PNG": ("png", lambda path: saved(path, scan("L").quantize(8))),
    "TIFF of 3 pages": ("tif", pages_of_tiff),
    "scanned PDF, JPEG": ("pdf", lambda path: pictured(path, jpeg(), **JPEG_KEYS)),
    "scanned PDF, 1-bit": ("pdf", lambda path: pictured(path, group4(), **G4_KEYS)),
    "PDF with fonts": ("pdf", vector),
    "rotated PDF": ("pdf", lambda path: pictured(path, jpeg(), rotate=90, **JPEG_KEYS)),
    "UserUnit PDF": ("pdf", lambda path: pictured(path, jpeg(), user_unit=2.0, **JPEG_KEYS)),
    "alpha PNG": ("png", lambda path: saved(path, with_alpha())),
}


def make(folder: Path, kind: str) -> Path:
    suffix, maker = KINDS[kind]
    return maker(folder / f"scan.{suffix}")


def read(path: Path, **options: Any) -> Iterator[TextPage]:
    """The pages of a file, as they would be read without a mistake."""
    for page in pages(path, **options):
        image = page.read()
        scale = np.array([image.shape[1] / WIDTH, image.shape[0] / HEIGHT] * 2)
        lines = []
        for text, words in places():
            boxes = [np.array(box) * scale for _, box in words]
            found = tuple(Word(word, _quad(box), 0.9) for (word, _), box in zip(words, boxes, strict=True))
            whole = np.concatenate([np.min(boxes, axis=0)[:2], np.max(boxes, axis=0)[2:]])
            lines.append(TextLine(text, _quad(whole), 0.9, words=found))
        yield TextPage(page.stem, image, tuple(lines), page.input_path, page.page_index, page.origin)


def _quad(box: NDArray[np.float64]) -> NDArray[np.float32]:
    left, top, right, bottom = box
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


@dataclass(frozen=True)
class Held:
    """What a page of a PDF holds."""

    size_mm: tuple[float, float]
    pixels: tuple[int, int] | None
    bits: int | None
    """Of a picture, over all channels."""
    filters: tuple[str, ...]
    text: str
    on_ink: float
    """Share of the characters that lie on ink."""


def held(content: bytes) -> list[Held]:
    with Pdf.open(io.BytesIO(content)) as pdf, pypdfium2.PdfDocument(content) as shown:
        return [_held(page, shown[number]) for number, page in enumerate(pdf.pages)]


def _held(page: pikepdf.Page, shown: Any) -> Held:
    unit = float(page.obj.get(Name.UserUnit, 1))
    box = [float(side) for side in page.mediabox]
    sides = [round((high - low) * unit * 25.4 / 72, 1) for low, high in ((box[0], box[2]), (box[1], box[3]))]
    if int(page.obj.get(Name.Rotate, 0)) % 180:
        sides.reverse()
    pictures: list[Any] = list(page.get_images(recursive=False).values())
    picture = pikepdf.PdfImage(pictures[0]) if pictures else None
    channels = {"/DeviceRGB": 3, "/DeviceCMYK": 4}
    text = shown.get_textpage()
    return Held(
        (sides[0], sides[1]),
        None if picture is None else (picture.width, picture.height),
        None
        if picture is None
        else picture.bits_per_component * (1 if picture.indexed else channels.get(picture.colorspace or "", 1)),
        () if picture is None else tuple(picture.filters),
        text.get_text_range().replace("\r\n", "\n").strip(),
        _share_on_ink(shown, text),
    )


def _share_on_ink(shown: Any, text: Any) -> float:
    scale = 2.0
    drawn = shown.render(scale=scale, grayscale=True).to_numpy().squeeze()
    from pypdfium2 import raw

    hits = []
    for index in range(text.count_chars()):
        if text.get_text_range(index, 1).isspace():
            continue
        left, bottom, right, top = text.get_charbox(index)
        corners = []
        for x, y in ((left, bottom), (right, top)):
            column, row = raw.c_int(), raw.c_int()
            raw.FPDF_PageToDevice(shown, 0, 0, drawn.shape[1], drawn.shape[0], 0, x, y, column, row)
            corners.append((column.value, row.value))
        (first, one), (last, other) = corners
        part = drawn[min(one, other) : max(one, other) + 1, min(first, last) : max(first, last) + 1]
        hits.append(bool(part.size) and part.min() < 140)
    return sum(hits) / len(hits) if hits else 0.0
