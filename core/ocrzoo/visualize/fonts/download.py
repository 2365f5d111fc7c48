"""Fetching PaddleX's font of a script into ``<home>/fonts``, like a model: bounded, staged, checked, renamed."""

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
"""The largest collections of Chinese, Japanese and Korean have 20 to 30 MB."""


class FontSource(HubSource):
    """Opens fonts in the store that the settings name in place of ``*.bcebos.com``."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(endpoint_of(settings))

    def listing(self, name: str) -> Listing:
        """Return a font as the one file of a listing; nothing is asked yet."""
        return Listing(name, (RemoteFile(name, reference=f"{self.endpoint}{urlsplit(TABLE.address).path}{name}"),))

    def list(self, card: ModelCard, file_format: Format) -> None:  # a source's signature
        """Hold no models."""

    @contextmanager
    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> Iterator[Stream]:
        """Open a font at a byte offset.

        Raises:
            SourceError: It cannot be had, or is too large for a font.
        """
        with super().open(listing, file, offset, validator) as stream:
            _check_size(file, stream.size or 0)
            chunks = _bounded(file, stream)
            yield Stream(chunks, stream.offset, stream.size, stream.validator)


def fetch(name: str, settings: Settings) -> Path:
    """Bring a font into ``<home>/fonts`` and return its path; what lay there under its name is replaced.

    Raises:
        SourceError: It cannot be had, or cannot be written.
        IntegrityError: What came is no font.
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
        raise IntegrityError(f"{source.endpoint} sends as {name} what is no font: {error}") from error
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written: {error.strerror or error}") from error
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
        raise SourceError(f"{file.path}: more than {MAX_FONT_BYTES >> 20} MiB are no font")
