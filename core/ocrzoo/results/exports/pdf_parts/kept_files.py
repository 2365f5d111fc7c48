"""PDF files whose pages are kept, read and written in another process, which is limited in time and memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ocrzoo.inputs.pdf_pool import PdfProcess
from ocrzoo.results.exports.content import ExportWord
from ocrzoo.results.exports.pdf_parts.assembly import DocumentJob
from ocrzoo_registry.errors import UsageError

_SCRIPT = Path(__file__).with_name("process.py")
_WRITE_S, _WRITE_PAGE_S = 120.0, 1.0
"""Seconds to write a document, and those added for each page."""
_MAX_WRITE_S = 24 * 3600.0
_SHARE_COVERED = 0.5
"""Share of a word's characters that a page must have as text, for the word not to be added."""


@dataclass(frozen=True)
class KeptPage:
    """A page of a PDF file."""

    corners: NDArray[np.float64]
    """3 x 2: top left, top right and bottom left of the page as shown, in its own coordinates."""
    characters: NDArray[np.float64]
    """N x 2: the middles of the characters that it has as text, from the top left, as shares of width and height."""

    def matrix(self, width: int, height: int) -> list[float]:
        """Return the matrix from pixels, counted from the bottom left of the page as shown, to its coordinates."""
        top_left, top_right, bottom_left = self.corners
        along, up = (top_right - top_left) / width, (top_left - bottom_left) / height
        return [float(value) for value in (*along, *up, *bottom_left)]

    @property
    def turn(self) -> float:
        """The angle of its top edge as shown, in its own coordinates, in degrees counter-clockwise."""
        along = self.corners[1] - self.corners[0]
        return math.degrees(math.atan2(along[1], along[0]))

    def without_text(self, words: Sequence[ExportWord], width: int, height: int) -> list[ExportWord]:
        """Return the words of a line that the page does not have as text yet; polygons are in pixels."""
        if not len(self.characters):
            return list(words)
        places = self.characters * (width, height)
        return [word for word in words if not self._covers(word, places)]

    @staticmethod
    def _covers(word: ExportWord, places: NDArray[np.float64]) -> bool:
        corners = word.word.polygon
        if not len(corners):
            return False
        inside = ((places >= corners.min(axis=0)) & (places <= corners.max(axis=0))).all(axis=1).sum()
        return bool(inside >= max(1, _SHARE_COVERED * len(word.word.text.replace(" ", ""))))


class KeptFiles:
    """The process, started when it is first needed."""

    def __init__(self) -> None:
        self._process: PdfProcess | None = None
        self._opened: Path | None = None
        self._damaged: dict[Path, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def page(self, path: Path, passwords: Sequence[str], index: int, *, visible_only: bool) -> KeptPage:
        """Look at a page.

        Raises:
            ValueError: The file cannot be kept: it is damaged, or takes too much time or memory.
        """
        if path in self._damaged:
            raise ValueError(self._damaged[path])
        try:
            if path != self._opened:
                self._ask({"open": str(path.absolute()), "passwords": list(passwords)})
                self._opened = path
            answer = self._ask({"look": index, "visible_only": visible_only})
        except ValueError as error:
            self._damaged[path] = str(error)
            raise
        return KeptPage(
            np.array(answer["corners"], np.float64), np.array(answer["characters"], np.float64).reshape(-1, 2)
        )

    def write(self, job: DocumentJob) -> list[str]:
        """Write a document and return notes for the user.

        Raises:
            UsageError: It could not be written.
        """
        self._opened = None
        try:
            answer = self._ask({"write": job}, _WRITE_S + _WRITE_PAGE_S * len(job["pages"]))
        except ValueError as error:
            raise UsageError(f"the PDF could not be written: {error}") from error
        return [str(note) for note in answer["notes"]]

    def _ask(self, request: dict[str, Any], seconds: float | None = None) -> dict[str, Any]:
        try:
            if self._process is None:
                self._process = PdfProcess(_SCRIPT, _MAX_WRITE_S)
            answer = self._process.ask(request, seconds=seconds)
        except (TimeoutError, EOFError, OSError) as error:
            self._process = self._opened = None
            raise ValueError(str(error)) from error
        if "error" in answer:
            self._opened = None
            raise ValueError(str(answer["error"]))
        return answer
