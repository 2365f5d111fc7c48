"""The weight sources that come with ocrzoo, one a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ocrzoo_registry.digests import CHUNK_BYTES
from ocrzoo_registry.errors import SourceError
from ocrzoo_registry.plain_files import open_regular, reason


def read_chunks(path: Path, offset: int = 0) -> Iterator[bytes]:
    """Read a local file as chunks, from a byte offset.

    Raises:
        SourceError: The file cannot be read.
    """
    try:
        with open_regular(path) as file:
            file.seek(offset)
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise SourceError(f"{path}: {reason(error)}") from error
