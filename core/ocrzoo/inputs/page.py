"""One page of an input, and the name that its results go by."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
"""What some system does not allow in a file's name."""
_MAX_STEM, _MAX_STEM_BYTES = 60, 200
"""Characters, and bytes: a file's name may have 255, and more is appended."""


@dataclass(frozen=True)
class Page:
    """One page, not yet decoded."""

    input_path: str | None
    """As the user wrote it, or the path below a folder; ``-`` for standard input, ``None`` for arrays and bytes."""
    read: Callable[[], Image]
    """Decodes the page: H x W x 3, uint8, BGR. May be called later, from any thread, and again.

    Raises :class:`InputError`.
    """
    page_index: int | None = None
    """Counted from 0 in PDF and TIFF files, a TIFF of one page too, as PaddleX does; ``None`` for all others."""

    @property
    def stem(self) -> str:
        """The name that results are saved under, the same for all pages of a file."""
        if self.input_path is None:
            return "array"
        if self.input_path == "-":
            return "stdin"
        address = is_url(self.input_path)
        path = _path_of(self.input_path) if address else self.input_path
        return _cut(_UNSAFE.sub("_", Path(path).stem)) or ("download" if address else "page")


def _path_of(address: str) -> str:
    """The path of an address; none where it is no address after all."""
    try:
        return unquote(urlsplit(address).path)
    except ValueError:
        return ""


def _cut(stem: str) -> str:
    """As much of a stem as a file's name has room for, whole characters of it."""
    kept = stem[:_MAX_STEM]
    while len(kept.encode("utf-8", "surrogatepass")) > _MAX_STEM_BYTES:
        kept = kept[:-1]
    return kept


def failing(input_path: str | None, error: InputError | str) -> Page:
    """Make the page of an input that cannot be read: it says so when its turn comes."""

    def read() -> Image:
        raise InputError(str(error)) from (error if isinstance(error, InputError) else None)

    return Page(input_path, read)


def is_url(name: str) -> bool:
    """Tell addresses from paths."""
    return name.lower().startswith(("http://", "https://"))
