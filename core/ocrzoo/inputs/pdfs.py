"""PDF files, rendered page by page by PDFium at PaddleX's scale, in separate processes.

PDFium is not thread-safe, and a kilobyte of PDF can occupy it for hours and exhaust memory. A thread in it cannot be
stopped, but a process can: each open file has its own, so files are also read in parallel without locks.
"""

from __future__ import annotations

import logging
import math
import os
from pathlib import Path
from typing import Any, cast

from ocrzoo.inputs import limits
from ocrzoo.inputs.multipage import Document
from ocrzoo.inputs.options import DEFAULTS, InputOptions
from ocrzoo.inputs.page import Origin
from ocrzoo.inputs.pdf_pool import PdfProcess, give_back, take
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError, UsageError

RENDER_SCALE, MIN_SCALE = 2.0, 0.1
"""Pixels per point (1/72 inch), and the minimum for large pages (PaddleX's; see :class:`PdfFile`)."""
MAX_CRASHES = 3
"""Pages that may end their process before the rest of the file is skipped."""

_REASONS = {
    "ecurity": "unsupported encryption: save it without encryption first",
    "without pages": "a PDF without pages",
    "Data format": "not a readable PDF: damaged or truncated",
}
"""Messages by a part of PDFium's."""

HOW_PASSWORD = "--password or --password_file; in Python, password="  # noqa: S105  # a text
"""How a password is given, in messages."""
_NO_PASSWORD = f"encrypted with a password: give it with {HOW_PASSWORD}"
_WRONG_PASSWORD = f"encrypted, and no password given opens it: check {HOW_PASSWORD}"


log = logging.getLogger("ocrzoo")


class PdfFile(Document):
    """A PDF file; form fields and annotations are rendered.

    An encrypted file is opened without a password if it needs none, else with the first of ``passwords`` that is its
    user's or its owner's.

    The scale is ``PADDLE_PDX_PDF_RENDER_SCALE`` pixels per point (2.0: 144 dpi), reduced for pages above the size
    limit, down to ``PADDLE_PDX_PDF_MIN_RENDER_SCALE`` (0.1).

    Raises:
        UsageError: One of these variables is not a positive number.
    """

    def __init__(self, source: Path | bytes, name: str, options: InputOptions = DEFAULTS) -> None:
        super().__init__(source, name, options)
        self._passwords = [*options.passwords]
        self._scale = pixels_per_point()
        self._least = _positive("PADDLE_PDX_PDF_MIN_RENDER_SCALE", MIN_SCALE)
        self._worker: PdfProcess | None = None
        self._pages = 0
        self._crashes = 0

    def origin(self, index: int) -> Origin:  # noqa: ARG002  # pages are numbered as in the file
        """Return the file, with the passwords given."""
        return Origin(self._source, tuple(self._passwords))

    def _open(self) -> None:
        if self._worker is not None:
            return
        if self._crashes >= MAX_CRASHES:
            raise InputError(f"{self._name}: skipped after {MAX_CRASHES} pages that could not be rendered")
        path = None if isinstance(self._source, bytes) else os.path.abspath(self._source)  # noqa: PTH100
        content = self._source if isinstance(self._source, bytes) else b""
        try:
            worker = take()
        except OSError as error:
            raise InputError(f"{self._name}: could not be read: no process could be started: {error}") from error
        request = {"open": path, "size": len(content), "passwords": self._passwords}
        answer = self._ask(worker, self._name, request, content)
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
            answer = worker.ask(request, content, self._options.page_s)
        except (TimeoutError, EOFError) as error:
            self._worker = None
            self._crashes += 1
            raise InputError(f"{where}: {error}") from error
        finally:
            for message in worker.new_messages():
                log.debug("%s: %s", where, message)
        if "error" in answer:
            if "open" in request:
                give_back(worker)
            message = str(answer["error"])
            reasons = {**_REASONS, "assword": _WRONG_PASSWORD if self._passwords else _NO_PASSWORD}
            reason = next((ours for theirs, ours in reasons.items() if theirs in message), None)
            raise InputError(f"{where}: {reason or f'could not be read: {message}'}")
        return answer


def render_scale(
    width: float, height: float, name: str, *, wanted: float = RENDER_SCALE, least: float = MIN_SCALE
) -> float:
    """Return the pixels per point: those wanted, or the most at which the page is within the size limit.

    Raises:
        InputError: The page is too large even at the minimum, or has no size.
    """
    most = limits.most_pixels()

    def fits(scale: float) -> bool:
        columns, rows = math.ceil(width * scale), math.ceil(height * scale)
        return columns * rows <= most and max(columns, rows) <= limits.MAX_SIDE

    if not (0 < width < math.inf and 0 < height < math.inf):
        raise InputError(f"{name}: an empty page of {width:.0f} x {height:.0f} points")
    if fits(wanted):
        return wanted
    if not fits(least):
        raise InputError(
            f"{name}: too large: {width:.0f} x {height:.0f} points: the limit is {most} pixels, and "
            f"{limits.MAX_SIDE} per side, at {least:g} pixels per point or more"
        )
    low, high = least, min(wanted, math.sqrt(most / (width * height)))
    for _ in range(32):  # as many steps as PaddleX, for equal sizes
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def pixels_per_point() -> float:
    """Return the scale at which pages are rendered that are not too large.

    Raises:
        UsageError: ``PADDLE_PDX_PDF_RENDER_SCALE`` is not a positive number.
    """
    return _positive("PADDLE_PDX_PDF_RENDER_SCALE", RENDER_SCALE)


def _positive(variable: str, default: float) -> float:
    text = os.environ.get(variable, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise UsageError(f"{variable} must be a positive number, not {text!r}")
    return value
