"""File types: what is read, and how a type is detected, by the first bytes and never by the name.

The suffixes of :data:`FORMATS` decide which files of a folder are read; a file given by name may have any.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

FileType = Literal["pdf", "tiff", "heif", "image"]

HEAD_BYTES = 1024
"""Bytes that determine the type; PDF allows other content before its signature within them."""


@dataclass(frozen=True)
class FileFormat:
    """A format that is read."""

    name: str
    suffixes: tuple[str, ...]
    decoder: Literal["OpenCV", "Pillow", "pi-heif", "PDFium"]
    pillow: tuple[str, ...] = ()
    """Pillow's names of it."""
    note: str = ""
    """For the documentation."""


FORMATS = (
    FileFormat("PDF", (".pdf",), "PDFium", note="each page"),
    FileFormat("PNG", (".png", ".apng"), "OpenCV", ("PNG",), "APNG: frames"),
    FileFormat("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), "OpenCV", ("JPEG", "MPO"), "MPO: frames"),
    FileFormat("TIFF", (".tif", ".tiff"), "Pillow", ("TIFF",), "each page; reduced copies and masks are not pages"),
    FileFormat("WebP", (".webp",), "OpenCV", ("WEBP",), "animations: frames"),
    FileFormat("GIF", (".gif",), "Pillow", ("GIF",), "animations: frames"),
    FileFormat("AVIF", (".avif", ".avifs"), "Pillow", ("AVIF",), "sequences: frames; Pillow 11.3 or later"),
    FileFormat("HEIC", (".heic", ".heif", ".hif"), "pi-heif", note="needs the extra `heic`; sequences: frames"),
    FileFormat("JPEG 2000", (".jp2", ".j2k", ".jpf", ".jpx", ".jpc", ".j2c"), "Pillow", ("JPEG2000",)),
    FileFormat("BMP", (".bmp", ".dib"), "OpenCV", ("BMP", "DIB"), "with or without a file header"),
    FileFormat("PNM", (".pbm", ".pgm", ".ppm", ".pnm"), "Pillow", ("PPM",)),
    FileFormat("Sun raster", (".ras", ".sr", ".sun"), "OpenCV", ("SUN",)),
    FileFormat("PCX", (".pcx",), "Pillow", ("PCX",)),
    FileFormat("SGI", (".sgi",), "Pillow", ("SGI",)),
    FileFormat("QOI", (".qoi",), "Pillow", ("QOI",)),
    FileFormat("PSD", (".psd",), "Pillow", ("PSD",), "the merged image"),
    FileFormat("TGA", (".tga",), "Pillow", ("TGA",)),  # the last one: it has no signature
)
"""Pillow has more; these are left out: icons and textures, formats without pixels, and some that start programs."""

SUFFIXES = frozenset(suffix for one in FORMATS for suffix in one.suffixes)
"""Suffixes, in lower case, of the files of a folder that are read."""

PILLOW_FORMATS = tuple(name for one in FORMATS if one.name != "TIFF" for name in one.pillow)
"""Pillow's formats of one page that are allowed."""

READABLE = ", ".join(sorted(one.name for one in FORMATS))
"""Supported types, for error messages."""

_IMAGES = (
    b"\x89PNG",
    b"\xff\xd8",
    b"RIFF",
    b"BM",
    b"GIF8",
    b"P1",
    b"P2",
    b"P3",
    b"P4",
    b"P5",
    b"P6",
    b"\x59\xa6\x6a\x95",
)
_TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""In either byte order; the latter two are BigTIFF."""

_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")

_UNSUPPORTED = {
    rb"....ftyp(iso|mp4|m4v|qt|3g|avc1)": "a video: save a frame as png",
    rb"\xff\x0a|....JXL ": "a JPEG XL image: export it as png",
    rb"P7\s": "a PAM image: convert it to png",
    rb"PK\x03\x04": "a zip archive or an office document: extract it, or export it as PDF",
    rb"\xd0\xcf\x11\xe0": "an office document: export it as PDF",
    rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!": "an archive: extract it",
    rb"%!PS|\xc5\xd0\xd3\xc6": "a PostScript file: convert it to PDF",
    rb"AT&TFORM": "a DjVu document: convert it to PDF",
    rb"\s*(<\?xml[^>]*>|<!--.*?-->|<!doctype svg[^>]*>|\s)*<svg": "an SVG drawing: export it as png or PDF",
    rb"\s*<(!doctype html|html|head|body)": "an HTML page: print it to PDF",
    rb"\s*(<\?xml|[{\[<])": "not an image but markup or data",
    rb"\0\x05\x16\x07": "not an image but a Mac's notes about one (AppleDouble): use the file without ._",
}
"""Unsupported types by their beginning, and what to do about them."""


def file_type(head: bytes) -> FileType:
    """Return the type of a file by its first bytes; ``image`` is anything but PDF, TIFF and HEIF."""
    if head.startswith(_TIFFS):
        return "tiff"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS and b"avif" not in head[: int.from_bytes(head[:4], "big")]:
        return "heif"
    return "pdf" if b"%PDF-" in head[:HEAD_BYTES] and not head.startswith(_IMAGES) else "image"


def describe_unreadable(content: bytes) -> str:
    """Return why content is not a readable image."""
    head = content[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")
    for pattern, words in _UNSUPPORTED.items():
        if re.match(pattern, head, re.DOTALL | re.IGNORECASE):
            return f"{words} ({READABLE} can be read)"
    if not head.startswith(_IMAGES + _TIFFS) and _is_text(head):
        return f"not an image but a text file ({READABLE} can be read)"
    return f"not a readable image ({READABLE}), or truncated"


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", errors="ignore")
    return len(text.encode()) > len(head) - 4 and all(c.isprintable() or c.isspace() for c in text)
