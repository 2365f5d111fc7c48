"""The protocol of sources: list the files of a model, and open one of them at an offset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.store.manifest import Manifest


@dataclass(frozen=True)
class RemoteFile:
    """One file of a source."""

    path: str
    """Path inside the model's folder, ``/`` between parts."""
    size: int | None = None
    """Bytes, if known."""
    sha256: str | None = None
    git_sha1: str | None = None
    """The git blob ID of the file, or of its LFS pointer."""
    md5: str | None = None
    """32 hexadecimal digits, if the source states no better digest."""
    digest_origin: str | None = None
    """Where the digests come from."""
    reference: str = ""
    """What the source needs to open the file, e.g. its URL; opaque to others."""


@dataclass(frozen=True)
class Listing:
    """The files of one model in one format, all of one revision."""

    revision: str
    files: tuple[RemoteFile, ...]
    archive: bool = False
    """Whether the only file is a tar archive with the model in one folder."""
    others: tuple[str, ...] = ()
    """Paths of further files there, which the model does not need, as far as the source says."""
    source: str = ""
    """The source that the files and the revision are from, where this one only keeps copies; else empty."""


@dataclass(frozen=True)
class Stream:
    """An open file: its chunks from an offset on."""

    chunks: Iterator[bytes]
    offset: int = 0
    """Offset of the first chunk: the requested one, or 0 if the source cannot resume."""
    size: int | None = None
    """Bytes of the whole file, if known."""
    validator: str | None = None
    """A strong ETag or a date, passed to ``open`` on resume so that bytes of two versions are never joined."""


class Source(Protocol):
    """A source of weights."""

    def list(self, card: ModelCard, file_format: Format) -> Listing | None:
        """Return the files of a model, or ``None`` if the source does not have it.

        Raises:
            SourceError: The source failed.
        """
        ...

    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> AbstractContextManager[Stream]:
        """Open a listed file at a byte offset, as chunks of bytes.

        Raises:
            Unreachable: No answer, or a broken connection; the transfer retries from the last byte.
            SourceError: The file could not be opened.
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
class Explaining(Protocol):
    """A source that knows where it looked for a model that it does not have."""

    def why_absent(self, card: ModelCard, file_format: Format) -> str:
        """Return where it looked and what it lacks there; empty if there is nothing to say."""
        ...


@runtime_checkable
class Keeping(Protocol):
    """A source that keeps copies of other sources' files (``SourceSpec.keeps_copies``)."""

    def copies(self, card: ModelCard, file_format: Format, file: RemoteFile) -> Sequence[Path]:
        """Return where a file that another source lists may be already; each is verified before it is used."""
        ...


@runtime_checkable
class Holding(Protocol):
    """A source of models whose cards do not name it."""

    def holds(self, name: str) -> bool:
        """Whether it has the model in some format; ``False`` if it does not answer."""
        ...


@runtime_checkable
class Offering(Protocol):
    """A source that has the cards of its models, and knows which plugins they are from."""

    def cards(self) -> Sequence[ModelCard]:
        """Return the cards.

        Raises:
            SourceError: The source failed.
        """
        ...

    def offer(self, name: str) -> str | None:
        """Return how to get the card of a model that the source has, in a clause; ``None`` if it does not have it."""
        ...


@dataclass(frozen=True)
class Health:
    """The state of a source."""

    answer: str
    """The answer in a few words."""
    latency_s: float | None = None
    """Seconds until the answer, over a network."""
    reachable: bool | None = True
    """``None`` if it was not asked."""


@runtime_checkable
class Checkable(Protocol):
    """A source that can be checked (``ocrzoo sources check``)."""

    def check(self) -> Health:
        """Ask the source.

        Raises:
            SourceError: No answer.
        """
        ...
