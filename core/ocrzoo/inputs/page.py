"""One page of an input, and the name of its results."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError

UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
"""Characters that some system forbids in file names."""
_MAX_STEM_BYTES = 200
"""Bytes of a stem; a file name may have 255, including suffixes."""
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])\s*\.", re.IGNORECASE)
"""How no file name may begin on Windows."""
_DIGEST = 8
"""Hexadecimal digits of a SHA-256 that tell names apart that were shortened."""


@dataclass(frozen=True, repr=False)
class Origin:
    """The file that a page is from, for formats that keep what is in it.

    Pickled, it has neither passwords nor content: a file in memory is in each of its pages.
    """

    file: Path | bytes
    """Its path, or its content."""
    passwords: tuple[str, ...] = ()
    """Those given, of which one may open it."""
    number: int | None = None
    """Of the page among all images of a TIFF, or all frames, from 0; ``None`` if the file has one, and in PDFs."""

    def __reduce__(self) -> tuple[type[Origin], tuple[Path | bytes, tuple[str, ...], int | None]]:
        """Leave out what is secret or large."""
        return Origin, (self.file if isinstance(self.file, Path) else b"", (), self.number)


@dataclass(frozen=True)
class Page:
    """One page, not yet decoded."""

    input_path: str | None
    """As given by the user, or a file's path in a folder; ``-`` for standard input, ``None`` for arrays and bytes."""
    read: Callable[[], Image]
    """Decode the page: H x W x 3, uint8, BGR. It may be called at any time, from any thread, and repeatedly.

    Raises :class:`InputError`.
    """
    page_index: int | None = None
    """Index from 0 in PDF and TIFF files, as in PaddleX also in a TIFF of one page; ``None`` for all others."""
    origin: Origin | None = None
    """``None`` for arrays."""

    @property
    def stem(self) -> str:
        """The base name of saved results, the same for all pages of a file."""
        if self.input_path is None:
            return "array"
        if self.input_path == "-":
            return "stdin"
        url = is_url(self.input_path)
        path = _path_of(self.input_path) if url else self.input_path
        stem = UNSAFE.sub("_", Path(path).stem)
        return shortened(f"_{stem}" if _RESERVED.match(stem) else stem) or ("download" if url else "page")


def _path_of(url: str) -> str:
    """The path of a URL; empty if it is not a valid one."""
    try:
        return unquote(urlsplit(url).path)
    except ValueError:
        return ""


def shortened(stem: str) -> str:
    """Return a stem that fits a file name; one that is too long ends in a digest of the whole."""
    whole = stem.encode("utf-8", "surrogatepass")
    if len(whole) <= _MAX_STEM_BYTES:
        return stem
    kept = stem
    while len(kept.encode("utf-8", "surrogatepass")) > _MAX_STEM_BYTES - _DIGEST - 1:
        kept = kept[:-1]
    return f"{kept}~{hashlib.sha256(whole).hexdigest()[:_DIGEST]}"


class PageError(InputError):
    """A page that could not be read."""

    def __init__(self, message: str, page: Page) -> None:
        super().__init__(message, page)
        self.page = page

    def __str__(self) -> str:
        return str(self.args[0])


def failing(input_path: str | None, error: InputError | str) -> Page:
    """Return the page of an input that cannot be read; reading it raises the error."""

    def read() -> Image:
        raise InputError(str(error)) from (error if isinstance(error, InputError) else None)

    return Page(input_path, read)


def is_url(name: str) -> bool:
    """Whether a name is an http or https URL."""
    return name.lower().startswith(("http://", "https://"))
