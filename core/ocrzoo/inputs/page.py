"""One page of an input, and the name that its results go by."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ocrzoo.tasks.quads import Image
from ocrzoo_registry.errors import InputError

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
"""What some system does not allow in a file's name."""
_MAX_STEM = 60
"""Characters; four bytes each, and room for what is appended, make the 255 bytes of a name."""


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
        path = unquote(urlsplit(self.input_path).path) if address else self.input_path
        return _UNSAFE.sub("_", Path(path).stem)[:_MAX_STEM] or ("download" if address else "page")


def failing(input_path: str | None, error: InputError | str) -> Page:
    """Make the page of an input that cannot be read: it says so when its turn comes."""

    def read() -> Image:
        raise InputError(str(error)) from (error if isinstance(error, InputError) else None)

    return Page(input_path, read)


def is_url(name: str) -> bool:
    """Tell addresses from paths."""
    return name.lower().startswith(("http://", "https://"))
