"""Adding one model to a mirror: from the user's store if it is there, else downloaded by the resolver."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.fields import is_commit
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download.report import failure
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.errors import IntegrityError, SourceError, StoreError
from ocrzoo_registry.files import has_size, move, read_chunks, receive, sync, write_atomically
from ocrzoo_registry.index.records import indexed
from ocrzoo_registry.index.schema import Index, IndexedModel, revision_of
from ocrzoo_registry.mirror.known_files import KnownFiles
from ocrzoo_registry.mirror.plan import PlannedModel
from ocrzoo_registry.mirror.release import MirrorFolder
from ocrzoo_registry.sources.base import RemoteFile
from ocrzoo_registry.store.manifest import Manifest, StoredFile, config_of
from ocrzoo_registry.store.store import Store


@dataclass(frozen=True)
class MirrorCopies:
    """Files that need not be downloaded for a mirror: its own, and those of the user's store."""

    folder: MirrorFolder
    user_store: Store

    def __call__(self, request: DownloadRequest, file: RemoteFile) -> Sequence[Path]:
        """Return where a listed file may be already."""
        known = self._current.find(request.name, request.file_format) if self._current else None
        digests = [file.sha256, *(one.sha256 for one in (known.files if known else ()) if one.path == file.path)]
        return (
            *(self.folder.blobs / digest for digest in dict.fromkeys(digests) if digest),
            self.user_store.folder(request.name, request.file_format) / file.path,
        )

    @cached_property
    def _current(self) -> Index | None:
        release = self.folder.release()
        return None if release is None else release.index


@dataclass(frozen=True)
class Ingester:
    """Adds models to the blobs of one mirror; call it under the mirror's lock."""

    folder: MirrorFolder
    resolver: Resolver
    """Its store is the mirror's own, which holds models until they are in ``blobs``."""
    user_store: Store
    """Complete models in it need no download."""
    current: Index
    offline: bool

    @property
    def blobs(self) -> Blobs:
        """The mirror's files."""
        return Blobs(self.folder.blobs)

    def ingest(self, one: PlannedModel) -> IndexedModel:
        """Add a model's files to ``blobs``, verified and synced.

        Raises:
            SourceError: No source has it, or its download failed.
            IntegrityError: The bytes do not have the expected digests.
            StoreError: The mirror cannot be written.
        """
        request = one.request
        if request.file_format not in request.card.artifacts:
            published = ", ".join(request.card.artifacts)
            raise SourceError(f"{request.name} is not published as {request.file_format}, only as {published}")
        with self.folder.writing():
            for store in (self.resolver.store, self.user_store):
                if manifest := self._reusable(store, one):
                    return self._linked(store, manifest, one)
            if one.state == "unavailable":
                raise self._failure(one)
            files = self.resolver.get(DownloadRequest(request.card, (request.file_format,), refresh=True))
            if files.manifest is None:
                raise StoreError(f"{files.folder}: has no manifest")
            return self._linked(self.resolver.store, files.manifest, one)

    def refreshed(self, model: IndexedModel, card: ModelCard) -> IndexedModel:
        """Return a model that stays, with its present card and the ``inference.yml`` written from that.

        Raises:
            CardError: The card's charset cannot be read.
            StoreError: The mirror cannot be written.
        """
        if model.format not in card.artifacts:
            return model
        changes: dict[str, object] = {"card": card}
        written = [file for file in model.files if file.written_from_card]
        if written and written[0].digest_origin != inference_yml.origin(card):
            with self.folder.writing():
                new = self._config(card)
            files = tuple(sorted([*model.served, new], key=lambda file: file.path))
            changes |= {"files": files, "revision": revision_of(files)}
        return model.model_copy(update=changes)

    def _reusable(self, store: Store, one: PlannedModel) -> Manifest | None:
        """Return a store's manifest of a model, if it is the planned revision and every byte is intact."""
        request = one.request
        folder = store.folder(request.name, request.file_format)
        manifest = store.manifest(folder)
        if manifest is None or (manifest.name, manifest.format) != (request.name, request.file_format):
            return None
        if one.listing is not None:
            matches = (manifest.source, manifest.revision) == (one.source, one.listing.revision) and (
                one.listing.archive or is_commit(manifest.revision)
            )
        else:
            matches = one.state == "unavailable" and any(answer.outcome != "missing" for answer in one.attempts)
        return manifest if matches and store.fault(folder, deep=True) is None else None

    def _linked(self, store: Store, manifest: Manifest, one: PlannedModel) -> IndexedModel:
        """Link or copy the files of a model in a store to the blobs."""
        card, folder = one.request.card, store.folder(manifest.name, manifest.format)
        files = []
        for file in manifest.files:
            if file.written_from_card:
                files.append(self._config(card))
                continue
            if store is self.resolver.store:
                self.blobs.link(file, folder / file.path)
            else:
                self.blobs.copy(file, folder / file.path)
            files.append(file)
        model = indexed(manifest.model_copy(update={"files": tuple(files)}), card)
        current = one.current
        if current is not None and current.revision == model.revision and current.files != model.files:
            return model.model_copy(update={"revision": revision_of(model.files)})
        return model

    def _config(self, card: ModelCard) -> StoredFile:
        """Write a card's ``inference.yml`` as a blob."""
        file, content = config_of(card)
        self.blobs.write(file, content)
        return file

    def _failure(self, one: PlannedModel) -> Exception:
        request = one.request
        folder = self.user_store.folder(request.name, request.file_format)
        faults = {folder: self.user_store.fault(folder, deep=True)} if folder.is_dir() else {}
        return failure(request.name, {request.file_format: folder}, faults, one.attempts, offline=self.offline)


def discard_downloads(store: Store, keep: Collection[str] = ()) -> None:
    """Remove models from the mirror's own store, complete and partial ones, except the folders to ``keep``.

    Raises:
        StoreError: It cannot be written.
    """
    folders = [path for path in store.root.iterdir() if path.name[0] != "."] if store.root.is_dir() else []
    parts = store.private / "parts"
    for path in [*folders, *(parts.iterdir() if parts.is_dir() else ())]:
        if path.name not in keep:
            store.discard(path)


class Blobs:
    """The folder ``blobs``; one builder at a time writes to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, file: StoredFile) -> bool:
        """Whether the file is there, by its size."""
        return has_size(self.folder / file.sha256, file.size)

    def link(self, file: StoredFile, origin: Path) -> None:
        """Link a file of the same file system that is verified and synced, and that nobody will write to.

        Raises:
            OSError: The folder cannot be written.
        """
        self._add(file, lambda beside: beside.hardlink_to(origin))

    def copy(self, file: StoredFile, origin: Path) -> None:
        """Copy a file that anybody may write to, checking its digest.

        Raises:
            IntegrityError: It is a different file.
            SourceError: It cannot be read.
            OSError: The folder cannot be written.
        """

        def copied(beside: Path) -> None:
            if receive(read_chunks(origin), beside, file.size) != (file.size, file.sha256):
                raise IntegrityError(f"{origin}: changed while it was read")
            sync(beside)

        self._add(file, copied)

    def write(self, file: StoredFile, content: bytes) -> None:
        """Write a small file.

        Raises:
            OSError: The folder cannot be written.
        """
        if not self.has(file):
            write_atomically(self.folder / file.sha256, content)

    def linked(self) -> set[str]:
        """Return the names of files that have other hard links."""
        return {path.name for path in self.folder.iterdir() if path.name[0] != "." and path.stat().st_nlink > 1}

    def discard_damaged(self, files: Iterable[StoredFile], known: KnownFiles) -> Iterator[StoredFile]:
        """Remove and yield the files whose bytes are not those of their names; these and missing ones are noted.

        Raises:
            OSError: One cannot be removed.
        """
        for file in files:
            path = self.folder / file.sha256
            if not known.intact(path, file.sha256):
                known.damaged.add(file.sha256)
                if os.path.lexists(path):
                    path.unlink()
                    yield file

    def sweep(self, keep: set[str]) -> None:
        """Remove all other files, remains of killed builds included; folders are not ours (a NAS creates some).

        Raises:
            OSError: The folder cannot be written.
        """
        for path in self.folder.iterdir():
            if path.name not in keep and not path.is_dir():
                path.unlink()

    def _add(self, file: StoredFile, create: Callable[[Path], object]) -> None:
        """Create a file that is not there yet under another name, and rename it."""
        if self.has(file):
            return
        beside = self.folder / f".{file.sha256}.{os.urandom(4).hex()}"
        try:
            create(beside)
            move(beside, self.folder / file.sha256)
        finally:
            beside.unlink(missing_ok=True)
