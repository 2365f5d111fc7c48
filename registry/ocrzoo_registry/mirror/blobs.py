"""The files of a mirror, each once, under its SHA-256: put there whole and synced, or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from ocrzoo_registry.digests import receive
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.files_at_once import sync, write_at_once
from ocrzoo_registry.mirror.index import IndexedFile
from ocrzoo_registry.sources import read_chunks


class Blobs:
    """The folder ``blobs``; one builder at a time writes to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, file: IndexedFile) -> bool:
        """Whether the file is there, by its size."""
        try:
            return (self.folder / file.sha256).stat().st_size == file.size
        except OSError:
            return False

    def link(self, file: IndexedFile, origin: Path) -> None:
        """Take a file of the same file system that was verified and synced, and that nobody will write to.

        Raises:
            OSError: The folder cannot be written.
        """
        if self.has(file):
            return
        beside = self._beside(file)
        try:
            beside.hardlink_to(origin)
            beside.replace(self.folder / file.sha256)
        finally:
            beside.unlink(missing_ok=True)

    def copy(self, file: IndexedFile, origin: Path) -> None:
        """Copy a file of anybody's, comparing every byte.

        Raises:
            IntegrityError: It is another one.
            SourceError: It cannot be read.
            OSError: The folder cannot be written.
        """
        if self.has(file):
            return
        beside = self._beside(file)
        try:
            if receive(read_chunks(origin), beside, file.size) != (file.size, file.sha256):
                raise IntegrityError(f"{origin}: changed while it was read")
            sync(beside)
            beside.replace(self.folder / file.sha256)
        finally:
            beside.unlink(missing_ok=True)

    def write(self, file: IndexedFile, content: bytes) -> None:
        """Write a small file.

        Raises:
            OSError: The folder cannot be written.
        """
        if not self.has(file):
            write_at_once(self.folder / file.sha256, content)

    def linked(self) -> set[str]:
        """Return the names of files that have other names too."""
        return {path.name for path in self.folder.iterdir() if path.name[0] != "." and path.stat().st_nlink > 1}

    def sweep(self, keep: set[str]) -> None:
        """Remove what is not to be kept, and what a killed build left; folders are somebody else's (a NAS has some).

        Raises:
            OSError: The folder cannot be written.
        """
        for path in self.folder.iterdir():
            if path.name not in keep and not path.is_dir():
                path.unlink()

    def _beside(self, file: IndexedFile) -> Path:
        return self.folder / f".{file.sha256}.{os.urandom(4).hex()}"
