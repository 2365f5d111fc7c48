"""SHA-256 of files and streams; hashlib (OpenSSL) is loaded by the first of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ocrzoo_registry.plain_files import open_regular

CHUNK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file.

    Raises:
        OSError: It cannot be read, or is a pipe or device.
    """
    import hashlib

    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def receive(chunks: Iterable[bytes], target: Path, limit: int | None = None) -> tuple[int, str]:
    """Write chunks to a new file and return its size and SHA-256; stops past ``limit`` bytes."""
    import hashlib

    digest, size = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        for chunk in chunks:
            size += len(chunk)
            digest.update(chunk)
            file.write(chunk)
            if limit is not None and size > limit:
                break
    return size, digest.hexdigest()
