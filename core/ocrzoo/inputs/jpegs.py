"""JPEG's structure, as far as is needed to know whether a file is complete."""

from __future__ import annotations

import re

END = b"\xff\xd9"
"""The end marker. Where it comes early, decoders leave the rest gray."""

_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_END, _SCAN = 0xD9, 0xDA
_ALONE = {0x01, *range(0xD0, 0xD9)}
"""Markers without a length."""
_IN_SCAN = set(range(0xD0, 0xD8))
"""Restart markers: the scan goes on after them."""


def is_truncated(content: bytes) -> bool:
    """Whether a JPEG ends before its end marker.

    Markers are followed from the start: previews in the header have end markers of their own, and phones append videos
    and notes after the end.
    """
    position, in_scan = 2, False
    while found := _MARKER.search(content, position):
        marker, position = found[1][0], found.end()
        if marker == _END:
            return False
        if marker in _ALONE or (in_scan and marker in _IN_SCAN):
            continue
        length = int.from_bytes(content[position : position + 2], "big")
        position += max(length, 2)
        in_scan = marker == _SCAN
    return True
