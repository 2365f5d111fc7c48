"""The process that reads PDF files whose pages are kept; :mod:`ocrzoo.results.exports.pdf_parts.kept_files` starts it.

Requests and responses are as in :mod:`ocrzoo.inputs.pdf_worker`:

==================================  ==========================================================================
``{"open": path, "passwords": []}`` open a file, replacing the last; responds ``{"pages": count}``
``{"look": index}``                 responds with the corners of a page as shown (top left, top right, bottom left;
                                    in its own coordinates) and the middles of its characters (shares of its sides)
``{"write": job}``                  write a document; responds ``{"notes": [...]}``
==================================  ==========================================================================
"""

from __future__ import annotations

import json
import os
import signal
import sys
import unicodedata
from typing import Any

import pikepdf
from pypdfium2 import raw

from ocrzoo.inputs.pdf_worker import ends_after, limit_resources, opened
from ocrzoo.results.exports.pdf_parts.assembly import INVISIBLE, assemble, opened_to_keep

_SIDE = 1 << 20
"""Pixels of a page's sides, to have its places in whole numbers."""
_MAX_DECODED = 1 << 30
"""Bytes of one decompressed stream."""


class Reader:
    """The open file."""

    def __init__(self) -> None:
        self._document: Any = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Handle a request."""
        if "look" in request:
            return self._look(int(request["look"]), visible_only=bool(request["visible_only"]))
        if "write" in request:
            self._close()
            return {"notes": assemble(request["write"])}
        self._close()
        self._document = opened(request["open"], request["passwords"])
        with opened_to_keep(request["open"], request["passwords"]) as kept:
            if len(kept.pages) != len(self._document):
                raise ValueError("damaged: its pages cannot be counted")
        return {"pages": len(self._document)}

    def _close(self) -> None:
        if self._document is not None:
            self._document.close()
            self._document = None

    def _look(self, index: int, *, visible_only: bool) -> dict[str, Any]:
        page = self._document[index]
        try:
            corners = [_in_page(page, *corner) for corner in ((0, 0), (_SIDE, 0), (0, _SIDE))]
            return {"corners": corners, "characters": _characters(page, visible_only=visible_only)}
        finally:
            page.close()


def _in_page(page: Any, column: int, row: int) -> tuple[float, float]:
    """A place in the page as shown, in the page's own coordinates."""
    x, y = raw.c_double(), raw.c_double()
    raw.FPDF_DeviceToPage(page, 0, 0, _SIDE, _SIDE, 0, column, row, x, y)
    return x.value, y.value


def _characters(page: Any, *, visible_only: bool) -> list[tuple[float, float]]:
    """The middles of the characters that a page has as text; those without a meaning are left out."""
    text = page.get_textpage()
    try:
        found = []
        for index in range(text.count_chars()):
            if raw.FPDFText_IsGenerated(text, index) == 1 or not _is_text(raw.FPDFText_GetUnicode(text, index)):
                continue
            shown = raw.FPDFText_GetTextObject(text, index)
            if visible_only and raw.FPDFTextObj_GetTextRenderMode(shown) == INVISIBLE:
                continue
            left, bottom, right, top = text.get_charbox(index)
            column, row = raw.c_int(), raw.c_int()
            middle = (left + right) / 2, (bottom + top) / 2
            raw.FPDF_PageToDevice(page, 0, 0, _SIDE, _SIDE, 0, *middle, column, row)
            found.append((column.value / _SIDE, row.value / _SIDE))
        return found
    finally:
        text.close()


def _is_text(code: int) -> bool:
    """Whether a character has a meaning: no space, control or code of private use, as broken fonts have."""
    return 0 < code < 0x110000 and unicodedata.category(chr(code))[0] not in "CZ" and code != 0xFFFD


def serve(max_bytes: int, max_seconds: int) -> None:
    """Handle requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # keeps other output out of the responses
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    limit_resources(memory=max_bytes)
    pikepdf.settings.set_qpdf_limits(flate_max_memory=_MAX_DECODED, run_length_max_memory=_MAX_DECODED)
    reader = Reader()
    for line in sys.stdin.buffer:
        with ends_after(max_seconds):
            try:
                answer = reader.answer(json.loads(line))
            except Exception as error:  # noqa: BLE001  # reported by the parent
                answer = {"error": " ".join(str(error).split()) or type(error).__name__}
            answers.write(json.dumps(answer).encode() + b"\n")
            answers.flush()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
