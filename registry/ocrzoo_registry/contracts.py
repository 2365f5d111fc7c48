"""What plugins hand to the host: one small frozen record a hook.

Everything heavy is named by its dotted path (``package.module:attribute``) and imported when it is
first used, so that asking what exists costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, runtime_checkable

from ocrzoo_registry.card_files import OfferedCard
from ocrzoo_registry.cards import Format
from ocrzoo_registry.errors import UsageError


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
    locator: str = ""
    """What the source needs to find the file again; means nothing to others."""


@dataclass(frozen=True)
class Listing:
    """What a source holds of one model in one format, all of one revision."""

    revision: str
    files: tuple[RemoteFile, ...]
    archive: bool = False
    """The one file listed is a tar with the model in one folder."""


@dataclass(frozen=True)
class Opened:
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

    def list(self, offered: OfferedCard, file_format: Format) -> Listing | None:
        """Return what the source holds, or ``None`` where it does not have the model.

        Raises:
            SourceError: It should have the model and cannot say so now.
        """
        ...

    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> AbstractContextManager[Opened]:
        """Open a listed file at a byte offset, as chunks of bytes.

        Raises:
            Unreachable: The file cannot be had now; it is asked for again, from where it broke off.
            SourceError: The file cannot be had.
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


@dataclass(frozen=True)
class SourceSpec:
    """A weight source by name."""

    name: str
    factory: str
    """Dotted path of a callable that takes a :class:`~ocrzoo_registry.settings.Settings`."""
    rank: int
    """Sources are tried by ascending rank; the nearest (a local folder) has the lowest."""
    network: bool = True
    """Whether it may open a socket; such a source is passed over when offline."""
    changes: bool = False
    """Whether its models may change in place (a folder of this machine); copies in the store then follow."""
    listing_downloads: bool = False
    """Whether listing a model fetches it (pip's way); such a source is not asked merely to compare."""
    answer_s: float = 14.0
    """Seconds that a source behind the network may take to list a model; then the next one is asked."""
    unnamed: bool = False
    """Whether cards do not name it; it is :class:`Holding`, and asked itself which models are within reach."""
    lacks: str = ""
    """What must be set before it takes part, told to who asks for it by name; empty where nothing is missing."""


@dataclass(frozen=True)
class EngineSpec:
    """An inference engine by name."""

    name: str
    factory: str
    """Dotted path of a class that keeps :class:`ocrzoo.engines.Engine`."""
    formats: tuple[Format, ...]
    """What it reads, best first."""
    module: str
    """The import that must be there."""
    install: str
    """What brings that import, as given to pip."""
    rank: int
    """Fastest first: engines are chosen by ascending rank."""
    accelerated: bool = True
    """Whether it is what ``use_hpip=True`` asks for: another runtime than the models were made with."""

    @property
    def installed(self) -> bool:
        """Whether the engine's module can be imported (it is not imported to find out)."""
        try:
            return find_spec(self.module) is not None
        except Exception:
            return False


@dataclass(frozen=True)
class PredictorSpec:
    """A predictor by the name that cards use in ``running.predictor``."""

    name: str
    factory: str
    """Dotted path of a callable ``(card, model_config, session) -> predictor``."""


@dataclass(frozen=True)
class PipelineSpec:
    """A pipeline by name."""

    name: str
    factory: str
    """Dotted path of a callable ``(config, runtime) -> pipeline``."""
    config: str
    """Dotted path of a callable that returns the pipeline's default configuration."""
    schema: str | None = None
    """Dotted path of a pydantic model: configurations are checked by it, and the factory gets an instance of it."""


def load_attribute(dotted: str) -> Any:
    """Import ``package.module:attribute``.

    Raises:
        UsageError: There is no such attribute, or its module cannot be imported.
    """
    module_name, _, attribute = dotted.partition(":")
    try:
        return getattr(import_module(module_name), attribute)
    except (Exception, SystemExit) as error:
        raise UsageError(f"cannot load {dotted!r}: {type(error).__name__}: {error}") from error
