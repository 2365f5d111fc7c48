"""The manifest: THE record of a model's files, in the store, in a lock file and in an index."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.fields import Format, Name, Record, Sha256, Size, Text, is_commit
from ocrzoo_registry.cards.schema import FileRecord, ModelCard

TRUSTED = "trusted by the user"
"""The source of a model that was registered unverified, and the origin of its digests."""


class StoredFile(FileRecord):
    """One verified file: nothing about it is optional, unlike in its base."""

    size: Size  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleVariableOverride]
    sha256: Sha256  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleVariableOverride]
    digest_origin: Text  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleVariableOverride]
    """Where the digest comes from; ``first use`` if no source stated one."""
    mtime_ns: int = 0
    """Modification time when published; the file is hashed again when it differs."""
    ctime_ns: int = 0
    """Time of the last change of any kind, which a program cannot set back; likewise."""

    @property
    def written_from_card(self) -> bool:
        """Whether ocrzoo wrote the file; no source served it."""
        return self.digest_origin.startswith(inference_yml.WRITTEN_FROM_CARD)


def config_of(card: ModelCard) -> tuple[StoredFile, bytes]:
    """Return the ``inference.yml`` written from a card, and its content.

    Raises:
        CardError: The card's charset cannot be read.
    """
    content = inference_yml.render(card)
    sha256, origin = hashlib.sha256(content).hexdigest(), inference_yml.origin(card)
    return StoredFile(path=inference_yml.FILE_NAME, size=len(content), sha256=sha256, digest_origin=origin), content


class Manifest(Record):
    """The files of one model in one format, and where they came from."""

    schema_version: Literal[1] = 1
    name: Name
    format: Format
    source: str
    revision: str
    """Of the source: a commit, a version, a folder."""
    address: Text | None = None
    """What the user named the model by, where no plugin has its card (``hf://org/name``)."""
    files: Annotated[tuple[StoredFile, ...], Field(min_length=1)]
    publisher: str = ""
    """The distribution of the card that the model was installed for; empty for ocrzoo's own, or if not known."""

    def is_for(self, card: ModelCard) -> bool:
        """Whether the model may be used for a card: not with another publisher's card of the same name."""
        return self.publisher in {"", card.publisher}

    def stamped(self, folder: Path) -> Manifest:
        """Return the manifest with the times of the files in a folder."""
        return self.model_copy(update={"files": tuple(stamp(folder, file) for file in self.files)})

    def unstamped(self) -> Manifest:
        """Return the manifest without the times, which hold for one machine only."""
        files = (file.model_copy(update={"mtime_ns": 0, "ctime_ns": 0}) for file in self.files)
        return self.model_copy(update={"files": tuple(files)})

    @property
    def served(self) -> tuple[StoredFile, ...]:
        """The files that the source served; the others were written from the card."""
        return tuple(file for file in self.files if not file.written_from_card)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def has_commit(self) -> bool:
        """Whether the revision is a commit, which can be requested later and may be removed upstream."""
        return is_commit(self.revision)

    def differing(self, files: Iterable[FileRecord], *, common_only: bool = False) -> list[str]:
        """Return the paths of files that other records do not have, or have with another SHA-256.

        ``common_only``: ignore files in only one of the two, and those without a digest.
        """
        own = {file.path: file.sha256 for file in self.files}
        other = {file.path: file.sha256 for file in files if not (common_only and file.sha256 is None)}
        paths = own.keys() & other.keys() if common_only else own.keys() | other.keys()
        return sorted(path for path in paths if own.get(path) != other.get(path))


def stamp(folder: Path, file: StoredFile) -> StoredFile:
    """Return the record of a file with the times that it has in a folder.

    Raises:
        OSError: It cannot be read.
    """
    status = (folder / file.path).stat()
    return file.model_copy(update={"mtime_ns": status.st_mtime_ns, "ctime_ns": status.st_ctime_ns})
