"""Download of PaddleX's font of a script to ``<home>/fonts``: size-limited, checked, and moved atomically."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from ocrzoo.visualize.fonts import charmap
from ocrzoo.visualize.fonts.files import TABLE
from ocrzoo_registry.download.transfer import Job, run_all
from ocrzoo_registry.errors import IntegrityError, SourceError, StoreError
from ocrzoo_registry.network.http import Web
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import RemoteFile, Stream
from ocrzoo_registry.sources.bos import endpoint_of
from ocrzoo_registry.sources.hub import open_at

MAX_FONT_BYTES = 64 << 20
"""The largest CJK collections have 20 to 30 MB."""


def download_font(name: str, settings: Settings) -> Path:
    """Download a font to ``<home>/fonts``, replacing a file of its name, and return its path.

    Raises:
        SourceError: It is unavailable, or cannot be written.
        IntegrityError: The downloaded file is not a font.
    """
    folder = settings.home / "fonts"
    staged = folder / f".{uuid.uuid4().hex}.part"
    endpoint = endpoint_of(settings)
    opener = partial(_open, Web(endpoint), f"{endpoint}{urlsplit(TABLE.address).path}{name}")
    try:
        run_all([Job(opener, RemoteFile(name), staged)])
        charmap.read(str(staged))
        return staged.replace(folder / name)
    except ValueError as error:
        raise IntegrityError(f"{name} from {endpoint} is invalid: {error}") from error
    except OSError as error:
        raise StoreError(f"{folder} could not be written: {error.strerror or error}") from error
    finally:
        for left in (staged, staged.with_suffix(".validator")):
            with suppress(OSError):
                left.unlink()


@contextmanager
def _open(web: Web, url: str, offset: int, validator: str | None) -> Iterator[Stream]:
    with open_at(web, url, offset, validator) as stream:
        _check_size(url, stream.size or 0)
        yield replace(stream, chunks=_bounded(url, stream))


def _bounded(url: str, stream: Stream) -> Iterator[bytes]:
    size = stream.offset
    for chunk in stream.chunks:
        size += len(chunk)
        _check_size(url, size)
        yield chunk


def _check_size(url: str, size: int) -> None:
    if size > MAX_FONT_BYTES:
        raise SourceError(f"{url.rpartition('/')[2]} is too large for a font: more than {MAX_FONT_BYTES >> 20} MiB")
