"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["pdf", "tiff", "image"]

HEAD_BYTES = 1024
"""So many bytes at the beginning tell what a file is: PDF allows other things before its mark within them."""

READABLE = "png, jpeg, webp, bmp, tiff, gif, pnm or pdf"
"""Named where something else comes."""

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
"""In either order of bytes; the latter two are BigTIFF."""

_FOREIGN = {
    rb"....ftyp(hei|hev|mif|msf)": "a HEIC photograph: export it as jpeg or png",
    rb"....ftypavi": "an AVIF image: export it as jpeg or png",
    rb"PK\x03\x04": "a zip archive or an office document: unpack it, or export it as PDF",
    rb"\xd0\xcf\x11\xe0": "an office document: export it as PDF",
    rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!": "an archive: unpack it",
    rb"%!PS": "a PostScript file: turn it into PDF",
    rb"\s*(<\?xml[^>]*>|<!--.*?-->|<!doctype svg[^>]*>|\s)*<svg": "an SVG drawing: export it as png or PDF",
    rb"\s*<(!doctype html|html|head|body)": "an HTML page: print it to PDF",
    rb"\s*(<\?xml|[{\[<])": "not an image but markup or data",
}
"""What is sometimes taken for a page, by how it begins, and what to do about it."""


def kind_of(head: bytes) -> Kind:
    """Tell which reader a content is for; ``image`` stands for all that is neither PDF nor TIFF."""
    if head.startswith(_TIFFS):
        return "tiff"
    return "pdf" if b"%PDF-" in head[:HEAD_BYTES] and not head.startswith(_IMAGES) else "image"


def describe(content: bytes) -> str:
    """Say what a content is that is no image."""
    head = content[:HEAD_BYTES].removeprefix(b"\xef\xbb\xbf")
    for pattern, words in _FOREIGN.items():
        if re.match(pattern, head, re.DOTALL | re.IGNORECASE):
            return f"{words} ({READABLE} can be read)"
    if not head.startswith(_IMAGES + _TIFFS) and _is_text(head):
        return f"not an image but a text file ({READABLE} can be read)"
    return f"not an image that can be read ({READABLE}), or cut short"


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", errors="ignore")
    return len(text.encode()) > len(head) - 4 and all(c.isprintable() or c.isspace() for c in text)
