"""The manifest: what a model folder of the store holds, and where it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from ocrzoo_registry.cards.inference_yml import WRITTEN_FROM_CARD
from ocrzoo_registry.cards.schema import Format, Name, Record, RelativePath, Sha256, Size, Text


class StoredFile(Record):
    """One verified file."""

    path: RelativePath
    size: Size
    """Bytes."""
    sha256: Sha256
    digest_origin: Text
    """Who vouched for the digest; ``first seen`` where nobody did."""
    mtime_ns: int = 0
    """Modification time when published; the bytes are compared anew when it differs."""
    ctime_ns: int = 0
    """Time of the last change of any kind, which a program cannot set back; likewise."""


class Manifest(Record):
    """The record beside a published model."""

    schema_version: Literal[1] = 1
    name: Name
    format: Format
    source: str
    revision: str
    """Of the source: a commit, a version, a folder."""
    files: Annotated[tuple[StoredFile, ...], Field(min_length=1)]

    def stamped(self, folder: Path) -> Manifest:
        """Return the manifest with the times of the files in a folder."""
        return self.model_copy(update={"files": tuple(_stamp(folder, file) for file in self.files)})

    def unstamped(self) -> Manifest:
        """Return the manifest without what holds for one machine only."""
        files = (file.model_copy(update={"mtime_ns": 0, "ctime_ns": 0}) for file in self.files)
        return self.model_copy(update={"files": tuple(files)})

    @property
    def served(self) -> tuple[StoredFile, ...]:
        """The files that the source served; the others were written from the card."""
        return tuple(file for file in self.files if not file.digest_origin.startswith(WRITTEN_FROM_CARD))


def _stamp(folder: Path, file: StoredFile) -> StoredFile:
    status = (folder / file.path).stat()
    return file.model_copy(update={"mtime_ns": status.st_mtime_ns, "ctime_ns": status.st_ctime_ns})


TRUSTED = "trusted by the user"
"""The source of a folder that was taken as it was, and the origin of its digests."""
