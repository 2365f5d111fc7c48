"""What a source of weights is: it lists the files of a model and opens one at an offset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ocrzoo_registry.cards.schema import Format, ModelCard
from ocrzoo_registry.store.manifest import Manifest


@dataclass(frozen=True)
class RemoteFile:
    """One file that a source can deliver."""

    path: str
    """Path inside the model's folder, ``/`` between parts."""
    size: int | None = None
    """Bytes, where the source knows."""
    sha256: str | None = None
    git_sha1: str | None = None
    """What git calls the file: of its bytes, or of the LFS pointer that stands for it."""
    md5: str | None = None
    """32 hexadecimal digits, where the source states nothing better."""
    digest_origin: str | None = None
    """Who vouches for the digests."""
    reference: str = ""
    """What the source needs to find the file again; means nothing to others."""


@dataclass(frozen=True)
class Listing:
    """What a source holds of one model in one format, all of one revision."""

    revision: str
    files: tuple[RemoteFile, ...]
    archive: bool = False
    """The one file listed is a tar with the model in one folder."""


@dataclass(frozen=True)
class Stream:
    """A file that a source has begun to deliver."""

    chunks: Iterator[bytes]
    offset: int = 0
    """Where the chunks begin: the offset asked for, or 0 where the source cannot go on from there."""
    size: int | None = None
    """Bytes of the whole file, where the source knows."""
    validator: str | None = None
    """A strong ETag or a date: given back to ``open``, so that bytes of two states are never joined."""


class Source(Protocol):
    """Where weights come from: it lists files, and opens one at an offset."""

    def list(self, card: ModelCard, file_format: Format) -> Listing | None:
        """Return what the source holds, or ``None`` where it does not have the model.

        Raises:
            SourceError: It should have the model and cannot say so now.
        """
        ...

    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> AbstractContextManager[Stream]:
        """Open a listed file at a byte offset, as chunks of bytes.

        Raises:
            Unreachable: The file cannot be had now; it is asked for again, from where it broke off.
            SourceError: The file cannot be had.
        """
        ...


@runtime_checkable
class Versioned(Protocol):
    """A source that can list an earlier revision of a model."""

    def list_expected(self, card: ModelCard, file_format: Format, expected: Manifest) -> Listing | None:
        """Return the revision that a manifest names, or the one that has its files; ``None`` if there is none.

        Raises:
            SourceError: The source cannot answer now.
        """
        ...


@runtime_checkable
class Holding(Protocol):
    """A source that holds models whose cards do not name it, and can say which."""

    def holds(self, name: str) -> bool:
        """Whether it has the model in some format; not, where it cannot say so now."""
        ...


@dataclass(frozen=True)
class Health:
    """How a source is."""

    answer: str
    """What it answered, in a few words."""
    latency_s: float | None = None
    """Seconds until it answered, where it was asked over a network."""
    reachable: bool | None = True
    """``None`` where it was not asked."""


@runtime_checkable
class Checkable(Protocol):
    """A source that can say how it is (``ocrzoo sources check``)."""

    def check(self) -> Health:
        """Ask it.

        Raises:
            SourceError: It does not answer.
        """
        ...
