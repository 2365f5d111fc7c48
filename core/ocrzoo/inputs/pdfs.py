"""PDF files, page by page, drawn by PDFium under PaddleX's rule, in processes of their own.

PDFium serves one thread at a time, and a kilobyte of PDF can keep it busy for hours and have it take all memory. A
thread inside it can be neither stopped nor left behind, a process can: each file that is open has one to itself, so
that files are also read side by side, and nothing is locked.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any, cast

from ocrzoo.inputs import limits
from ocrzoo.inputs.multipage import Document
from ocrzoo.inputs.pdf_pool import PdfProcess, give_back, take
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError, UsageError

RENDER_SCALE, LEAST_SCALE = 2.0, 0.1
"""Pixels a point, 1/72 inch, and the least that a large page is lowered to (PaddleX's; see :class:`PdfFile`)."""
MAX_DEATHS = 3
"""After so many pages that ended their process, the others of the file are not tried."""

_REASONS = {
    "assword": "encrypted: it opens with a password only: save it without one first",
    "ecurity": "encrypted in a way that cannot be read: save it without encryption first",
    "Success": "a PDF without pages",
    "Data format": "not a PDF that can be read: damaged or cut short",
}
"""In our words, by what is in PDFium's."""


class PdfFile(Document):
    """A PDF file with its pages; form fields and notes are drawn.

    ``PADDLE_PDX_PDF_RENDER_SCALE`` (2.0, that is 144 dots an inch) pixels are drawn a point, fewer where a page would
    have more pixels than are read, down to ``PADDLE_PDX_PDF_MIN_RENDER_SCALE`` (0.1).

    Raises:
        UsageError: One of these variables is no positive number.
    """

    def __init__(self, source: Path | bytes, name: str) -> None:
        super().__init__(source, name)
        self._scale = _positive("PADDLE_PDX_PDF_RENDER_SCALE", RENDER_SCALE)
        self._least = _positive("PADDLE_PDX_PDF_MIN_RENDER_SCALE", LEAST_SCALE)
        self._worker: PdfProcess | None = None
        self._pages = 0
        self._deaths = 0

    def _open(self) -> None:
        if self._worker is not None:
            return
        if self._deaths >= MAX_DEATHS:
            raise InputError(f"{self._name}: not read on: {MAX_DEATHS} of its pages were too much already")
        path = None if isinstance(self._source, bytes) else os.path.abspath(self._source)  # noqa: PTH100
        content = self._source if isinstance(self._source, bytes) else b""
        try:
            worker = take()
        except OSError as error:
            raise InputError(f"{self._name}: no process can be started to read it: {error}") from error
        answer = self._ask(worker, self._name, {"open": path, "size": len(content)}, content)
        self._worker = worker
        self._pages = int(answer["pages"])

    def _close(self) -> None:
        if self._worker is not None:
            give_back(self._worker)
            self._worker = None

    def _count(self) -> int:
        return self._pages

    def _read(self, index: int) -> Image:
        where = f"{self._name}: page {index + 1}"
        worker = cast("PdfProcess", self._worker)
        size = self._ask(worker, where, {"page": index})
        scale = render_scale(size["width"], size["height"], where, wanted=self._scale, least=self._least)
        return cast("Image", self._ask(worker, where, {"render": scale})["image"])

    def _ask(self, worker: PdfProcess, where: str, request: dict[str, Any], content: bytes = b"") -> dict[str, Any]:
        try:
            answer = worker.ask(request, content)
        except (TimeoutError, EOFError) as error:
            self._worker = None
            self._deaths += 1
            raise InputError(f"{where}: {error}") from error
        if "error" in answer:
            if "open" in request:
                give_back(worker)
            said = str(answer["error"])
            words = next((ours for theirs, ours in _REASONS.items() if theirs in said), None)
            raise InputError(f"{where}: {words or f'cannot be read: {said}'}")
        return answer


def render_scale(
    width: float, height: float, name: str, *, wanted: float = RENDER_SCALE, least: float = LEAST_SCALE
) -> float:
    """Choose how many pixels to draw a point: those wanted, or the most with which the page is not too large.

    Raises:
        InputError: It is too large with the least, or has no size.
    """

    def fits(scale: float) -> bool:
        columns, rows = math.ceil(width * scale), math.ceil(height * scale)
        return columns * rows <= limits.MAX_PIXELS and max(columns, rows) <= limits.MAX_SIDE

    if not (0 < width < math.inf and 0 < height < math.inf):
        raise InputError(f"{name}: a page of {width:.0f} x {height:.0f} points has nothing to read")
    if fits(wanted):
        return wanted
    if not fits(least):
        raise InputError(
            f"{name}: too large: {width:.0f} x {height:.0f} points: at most {limits.MAX_PIXELS} pixels, and "
            f"{limits.MAX_SIDE} a side, are read, with no less than {least:g} a point"
        )
    low, high = least, min(wanted, math.sqrt(limits.MAX_PIXELS / (width * height)))
    for _ in range(32):  # as often as PaddleX halves, so that pages come out equally large
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _positive(variable: str, default: float) -> float:
    text = os.environ.get(variable, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise UsageError(f"{variable}={text!r}: a number above 0 is needed")
    return value
