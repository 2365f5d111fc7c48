"""How much a build will download and write: said beforehand, and compared with the free space."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ocrzoo_registry.cards.size import size_mb
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.files import has_size
from ocrzoo_registry.index.schema import BLOBS
from ocrzoo_registry.mirror.layouts import bos
from ocrzoo_registry.mirror.plan import PlannedModel
from ocrzoo_registry.sources.base import RemoteFile


@dataclass(frozen=True)
class Estimate:
    """Bytes of a build; files that the mirror has are not counted."""

    download: int
    files: int
    """Written as files, downloaded or copied."""
    archives: int
    """Written again, as archives for clients of BOS."""
    free: int
    """Free space of the mirror's disk."""
    approximate: tuple[str, ...] = ()
    """Models without known file sizes: the size on their card is used, or nothing."""

    @property
    def disk(self) -> int:
        """All that is written."""
        return self.files + self.archives


def estimate(root: Path, planned: Sequence[PlannedModel], resolver: Resolver, *, archives: bool) -> Estimate:
    """Return what a build of planned models needs in the folder of a mirror; ``archives``: with those for BOS."""
    specs = resolver.sources.specs
    download = files = archived = 0
    approximate: list[str] = []
    seen: set[str] = set()
    for one in planned:
        if one.state not in {"new", "changed", "unavailable"}:
            continue
        known = list(_files(one))
        if not known or any(file.size is None for file in known):
            approximate.append(one.request.name)
            whole = round((size_mb(one.request.card) or 0) * 1e6)
            known = [RemoteFile("", whole)]
        size = sum(file.size or 0 for file in known)
        archived += size if bos.place(one.request.card, one.request.file_format) else 0
        for file in known:
            remote = one.source is None or specs.get(one.source).network
            place = _place(one, resolver, file, root / BLOBS) or (None if remote else "machine")
            if file.sha256 in seen or place == "mirror":
                continue
            seen.update([file.sha256] if file.sha256 else [])
            files += file.size or 0
            download += file.size or 0 if place is None else 0
    free = shutil.disk_usage(next(path for path in (root, *root.parents) if path.exists())).free
    return Estimate(download, files, archived if archives else 0, free, tuple(dict.fromkeys(approximate)))


def _files(one: PlannedModel) -> Iterator[RemoteFile]:
    """The files of a model, as a source lists them, or else as its card does."""
    request = DownloadRequest(one.request.card, (one.request.file_format,))
    if one.listing is not None:
        for file in one.listing.files:
            try:
                yield request.expect(file)
            except IntegrityError:
                yield file
        return
    artifact = one.request.card.artifacts.get(one.request.file_format)
    for pinned in artifact.files if artifact else ():
        yield RemoteFile(pinned.path, pinned.size, pinned.sha256)


def _place(one: PlannedModel, resolver: Resolver, file: RemoteFile, blobs: Path) -> str | None:
    """Where a file is that need not be downloaded: in the ``mirror``, or on this ``machine``; ``None`` if nowhere."""
    request = DownloadRequest(one.request.card, (one.request.file_format,))
    copies = resolver.events.local_copies
    for path in copies(request, file) if copies is not None and file.path and file.size else ():
        if has_size(path, file.size or 0):
            return "mirror" if path.parent == blobs else "machine"
    return None
