"""File types, detected by the first bytes and never by the name."""

from __future__ import annotations

import re
from typing import Literal

FileType = Literal["pdf", "tiff", "image"]

HEAD_BYTES = 1024
"""Bytes that determine the type; PDF allows other content before its signature within them."""

READABLE = "png, jpeg, webp, bmp, tiff, gif, pnm or pdf"
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

_UNSUPPORTED = {
    rb"....ftyp(hei|hev|mif|msf)": "a HEIC photograph: export it as jpeg or png",
    rb"....ftypavi": "an AVIF image: export it as jpeg or png",
    rb"PK\x03\x04": "a zip archive or an office document: extract it, or export it as PDF",
    rb"\xd0\xcf\x11\xe0": "an office document: export it as PDF",
    rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!": "an archive: extract it",
    rb"%!PS": "a PostScript file: convert it to PDF",
    rb"\s*(<\?xml[^>]*>|<!--.*?-->|<!doctype svg[^>]*>|\s)*<svg": "an SVG drawing: export it as png or PDF",
    rb"\s*<(!doctype html|html|head|body)": "an HTML page: print it to PDF",
    rb"\s*(<\?xml|[{\[<])": "not an image but markup or data",
}
"""Unsupported types by their beginning, and what to do about them."""


def file_type(head: bytes) -> FileType:
    """Return the type of a file by its first bytes; ``image`` is anything but PDF and TIFF."""
    if head.startswith(_TIFFS):
        return "tiff"
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
