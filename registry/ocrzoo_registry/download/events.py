"""What downloads report while they run, and how they are cancelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocrzoo_registry.download.request import DownloadRequest
    from ocrzoo_registry.sources.base import RemoteFile

Advance = Callable[[int], object]
"""Called with the bytes that arrived, or, negative, that were discarded."""


def no_progress(_what: str, _total: int | None, _done: int) -> AbstractContextManager[Advance]:
    """Show no progress."""
    return nullcontext(lambda _count: None)


def no_messages(_message: str) -> None:
    """Show no messages."""


def no_local_copies(_request: DownloadRequest, _file: RemoteFile) -> Sequence[Path]:
    """Know of no local copies."""
    return ()


LocalCopies = Callable[["DownloadRequest", "RemoteFile"], Sequence[Path]]
"""From a request and a listed file to local files that may have its bytes."""


@dataclass(frozen=True)
class DownloadEvents:
    """Callbacks of a resolver, given at its construction; each may be called from several threads."""

    progress: Callable[[str, int | None, int], AbstractContextManager[Advance]] = no_progress
    """Called with what is done, its bytes (``None`` if unknown) and those already here; entered meanwhile."""
    message: Callable[[str], object] = no_messages
    """Called with what a waiting user should know: a source failed, another process holds the lock."""
    local_copies: LocalCopies = no_local_copies
    """Returns local files that may replace a download; each is verified before use."""
    cancelled: Event = field(default_factory=Event)
    """Set it to end all downloads."""
