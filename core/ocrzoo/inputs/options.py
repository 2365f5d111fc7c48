"""How inputs are read, beyond what their content says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ocrzoo.types import Frames


@dataclass(frozen=True)
class InputOptions:
    """Options of :func:`~ocrzoo.inputs.pages`."""

    frames: Frames = "first"
    passwords: Sequence[str] = ()
    """Passwords of encrypted PDFs, each of which is tried."""
    report: bool = True
    """Whether the files of a folder that are left out are logged."""
    most_pixels: int | None = None
    """Pixels of the largest page that is decoded, below a ceiling of memory."""
    page_s: float | None = None
    """Seconds that opening a PDF or rendering a page may take; ``None``: :data:`~ocrzoo.inputs.pdf_pool.PAGE_S`."""
    paddlex_quirks: bool = False
    """Transparency is dropped, and EXIF rotation is applied in JPEG, PNG and TIFF only, as in PaddleX."""


DEFAULTS = InputOptions()
