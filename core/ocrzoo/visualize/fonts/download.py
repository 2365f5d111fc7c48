"""Download of PaddleX's font of a script to ``<home>/fonts``: size-limited, checked, and moved atomically."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from ocrzoo.visualize.fonts import charmap
from ocrzoo.visualize.fonts.files import TABLE
from ocrzoo_registry.cards.schema import Format, ModelCard
from ocrzoo_registry.download.transfer import Job, run_all
from ocrzoo_registry.errors import IntegrityError, SourceError, StoreError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing, RemoteFile, Stream
from ocrzoo_registry.sources.bos import endpoint_of
from ocrzoo_registry.sources.hub import HubSource

MAX_FONT_BYTES = 64 << 20
"""The largest CJK collections have 20 to 30 MB."""


class FontSource(HubSource):
    """Opens fonts at the endpoint that the settings use instead of ``*.bcebos.com``."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(endpoint_of(settings))

    def listing(self, name: str) -> Listing:
        """Return a listing of one font; nothing is requested yet."""
        return Listing(name, (RemoteFile(name, reference=f"{self.endpoint}{urlsplit(TABLE.address).path}{name}"),))

    def list(self, card: ModelCard, file_format: Format) -> None:  # a source's signature
        """Provide no models."""

    @contextmanager
    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> Iterator[Stream]:
        """Open a font at a byte offset.

        Raises:
            SourceError: It is unavailable, or too large for a font.
        """
        with super().open(listing, file, offset, validator) as stream:
            _check_size(file, stream.size or 0)
            chunks = _bounded(file, stream)
            yield Stream(chunks, stream.offset, stream.size, stream.validator)


def download_font(name: str, settings: Settings) -> Path:
    """Download a font to ``<home>/fonts``, replacing a file of its name, and return its path.

    Raises:
        SourceError: It is unavailable, or cannot be written.
        IntegrityError: The downloaded file is not a font.
    """
    folder = settings.home / "fonts"
    staged = folder / f".{uuid.uuid4().hex}.part"
    source = FontSource(settings)
    listing = source.listing(name)
    try:
        run_all([Job(source, listing, listing.files[0], staged)])
        charmap.read(str(staged))
        return staged.replace(folder / name)
    except ValueError as error:
        raise IntegrityError(f"{name} from {source.endpoint} is invalid: {error}") from error
    except OSError as error:
        raise StoreError(f"{folder} could not be written: {error.strerror or error}") from error
    finally:
        for left in (staged, staged.with_suffix(".validator")):
            with suppress(OSError):
                left.unlink()


def _bounded(file: RemoteFile, stream: Stream) -> Iterator[bytes]:
    size = stream.offset
    for chunk in stream.chunks:
        size += len(chunk)
        _check_size(file, size)
        yield chunk


def _check_size(file: RemoteFile, size: int) -> None:
    if size > MAX_FONT_BYTES:
        raise SourceError(f"{file.path} is too large for a font: more than {MAX_FONT_BYTES >> 20} MiB")
