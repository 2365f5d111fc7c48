"""The process that opens PDF files, so that a hang, a memory leak or a crash affects nothing else.

It is a separate program that imports nothing of ocrzoo: ``python pdf_worker.py BYTES SECONDS``, the limits of memory
and of the time of a request (if the system supports them). A request is one line of JSON on standard input, the
response one line on standard output:

==================================  ==========================================================================
``{"open": path, "passwords": []}`` open a file, replacing the last; responds ``{"pages": count}``
``{"open": null, "size": n, ...}``  the same for the n bytes that follow
``{"page": index}``                 load a page; responds ``{"width": points, "height": points}``
``{"render": scale}``               render it; responds ``{"columns": w, "rows": h}`` and h * w * 3 bytes, BGR
``{"close": true}``                 close the file; no response
==================================  ==========================================================================

``{"error": message}`` is the response to a failed request.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from typing import IO, Any

import pypdfium2
from pypdfium2 import raw

MAX_PRINTED = 1 << 20
"""Bytes that may be printed to standard error, a file of the parent; nothing else is written."""

NO_PAGES = "a PDF without pages"


class Reader:
    """The open file and page."""

    def __init__(self, requests: IO[bytes]) -> None:
        self._requests = requests
        self._document: Any = None
        self._page: Any = None

    def answer(self, request: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """Handle a request; return the response, and pixels or nothing."""
        if "render" in request:
            return self._render(float(request["render"]))
        self._close_page()
        if "page" in request:
            self._page = self._document[int(request["page"])]
            width, height = self._page.get_size()
            return {"width": width, "height": height}, b""
        self._close_document()
        source = self._requests.read(request["size"]) if request["open"] is None else request["open"]
        self._document = opened(source, request["passwords"])
        self._document.init_forms()
        return {"pages": len(self._document)}, b""

    def close(self) -> None:
        """Close the page and the file."""
        self._close_page()
        self._close_document()

    def _render(self, scale: float) -> tuple[dict[str, Any], Any]:
        bitmap = self._page.render(scale=scale)
        self._close_page()
        if bitmap.n_channels != 3 or bitmap.stride != bitmap.width * 3:
            raise RuntimeError(f"rendered as {bitmap.mode}, not as BGR")
        return {"columns": bitmap.width, "rows": bitmap.height}, bitmap.buffer

    def _close_page(self) -> None:
        if self._page is not None:
            self._page.close()
            self._page = None

    def _close_document(self) -> None:
        if self._document is not None:
            self._document.close()
            self._document = None


def opened(source: str | bytes, passwords: list[str]) -> Any:
    """Open a file without a password, or with the first one that is right."""
    for password in (None, *passwords[:-1]):
        try:
            return opened_with(source, password)
        except pypdfium2.PdfiumError as error:
            if not passwords or "assword" not in str(error):
                raise
    return opened_with(source, passwords[-1])


def opened_with(source: str | bytes, password: str | None) -> Any:
    """Open a file; where it has no pages, pypdfium2 would name the error of an earlier file, which PDFium keeps."""
    try:
        return pypdfium2.PdfDocument(source, password)
    except pypdfium2.PdfiumError as error:
        if has_no_pages(source, password):
            raise ValueError(NO_PAGES) from error
        raise


def has_no_pages(source: str | bytes, password: str | None) -> bool:
    """Whether PDFium can open a file that pypdfium2 refuses."""
    secret = None if password is None else password.encode() + b"\0"
    if isinstance(source, bytes):
        document = raw.FPDF_LoadMemDocument64(source, len(source), secret)
    else:
        document = raw.FPDF_LoadDocument(os.fsencode(source) + b"\0", secret)
    if document:
        raw.FPDF_CloseDocument(document)
    return bool(document)


def serve(max_bytes: int, max_seconds: int) -> None:
    """Handle requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # keeps other output out of the responses
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    limit_resources(memory=max_bytes, file=MAX_PRINTED)
    reader = Reader(sys.stdin.buffer)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if "close" in request:
            reader.close()
            continue
        pixels: Any = b""
        with ends_after(max_seconds):
            try:
                answer, pixels = reader.answer(request)
            except Exception as error:  # noqa: BLE001  # reported by the parent
                answer = {"error": " ".join(str(error).split()) or type(error).__name__}
            answers.write(json.dumps(answer).encode() + b"\n")
            answers.write(pixels)
            answers.flush()


def limit_resources(*, memory: int, file: int | None = None) -> None:
    """Limit the bytes of this process's memory, and of each file it writes, if the system can."""
    if sys.platform != "win32":
        with contextlib.suppress(ImportError, ValueError, OSError):  # unsupported, or a lower limit is set
            import resource

            if file is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file, file))
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


@contextlib.contextmanager
def ends_after(seconds: int) -> Any:
    """End the process if a request takes longer, in case the parent no longer exists to do so."""
    if sys.platform != "win32":
        signal.alarm(seconds)
    yield
    if sys.platform != "win32":
        signal.alarm(0)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
