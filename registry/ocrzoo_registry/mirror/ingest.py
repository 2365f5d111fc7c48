"""Bringing one model into a mirror: from the user's own store where that will do, else through the resolver."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.inference_yml import WRITTEN_FROM_CARD
from ocrzoo_registry.cards.schema import ModelCard, is_commit
from ocrzoo_registry.download.report import failure
from ocrzoo_registry.download.request import Order
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.errors import IntegrityError, SourceError, StoreError
from ocrzoo_registry.files import read_chunks, receive, sync, write_at_once
from ocrzoo_registry.index.records import indexed
from ocrzoo_registry.index.schema import Index, IndexedFile, IndexedModel, revision_of
from ocrzoo_registry.mirror.plan import Compared
from ocrzoo_registry.mirror.release import MirrorFolder
from ocrzoo_registry.sources.base import RemoteFile
from ocrzoo_registry.store.manifest import Manifest
from ocrzoo_registry.store.store import Store


@dataclass(frozen=True)
class Bringer:
    """Brings models into the blobs of one mirror; call it under the mirror's lock."""

    folder: MirrorFolder
    resolver: Resolver
    """Its store is the mirror's own, where models lie until they are in ``blobs``."""
    users: Store
    """The user's store: what is whole there need not be fetched."""
    here: Index
    offline: bool

    @property
    def blobs(self) -> Blobs:
        """Where the files go."""
        return Blobs(self.folder.blobs)

    def bring(self, one: Compared) -> IndexedModel:
        """Have a model's files in ``blobs``, verified and synced.

        Raises:
            SourceError: No source has it, or none can deliver it.
            IntegrityError: What came is not what was promised.
            StoreError: The mirror cannot be written.
        """
        wish = one.wish
        if wish.file_format not in wish.card.artifacts:
            published = ", ".join(wish.card.artifacts)
            raise SourceError(f"{wish.name}: published as {published}, but {wish.file_format} is needed")
        try:
            for store in (self.resolver.store, self.users):
                if manifest := self._whole(store, one):
                    return self._taken(store, manifest, one)
            if one.state == "out of reach":
                raise self._failure(one)
            files = self.resolver.fetch(wish.card, wish.file_format)
            if files.manifest is None:
                raise StoreError(f"{files.folder}: has no manifest")
            return self._taken(self.resolver.store, files.manifest, one)
        except OSError as error:
            raise self.folder.unwritable(error) from error

    def renewed(self, model: IndexedModel, card: ModelCard) -> IndexedModel:
        """Return a model that stays, with the card as it is now, and what is written from the card.

        Raises:
            CardError: The card's charset cannot be read.
            StoreError: The mirror cannot be written.
        """
        if model.format not in card.artifacts:
            return model
        changes: dict[str, object] = {"card": card}
        written = [file for file in model.files if file.digest_origin.startswith(WRITTEN_FROM_CARD)]
        if written and written[0].digest_origin != inference_yml.origin(card):
            try:
                new = self._written(card)
            except OSError as error:
                raise self.folder.unwritable(error) from error
            files = tuple(sorted([*(file for file in model.files if file not in written), new], key=_path))
            changes |= {"files": files, "revision": revision_of(files)}
        return model.model_copy(update=changes)

    def at_hand(self, order: Order, file: RemoteFile) -> Sequence[Path]:
        """Tell where a listed file may lie already: among the blobs, or in the user's store."""
        here = self.here.find(order.name, order.file_format)
        digests = [file.sha256, *(one.sha256 for one in (here.files if here else ()) if one.path == file.path)]
        return (
            *(self.folder.blobs / digest for digest in dict.fromkeys(digests) if digest),
            self.users.folder(order.name, order.file_format) / file.path,
        )

    def _whole(self, store: Store, one: Compared) -> Manifest | None:
        """Return what a store has of a model, if it is what is wanted and every byte of it is right."""
        wish = one.wish
        folder = store.folder(wish.name, wish.file_format)
        manifest = store.manifest(folder)
        if manifest is None or (manifest.name, manifest.format) != (wish.name, wish.file_format):
            return None
        if one.listing is not None:
            will_do = (manifest.source, manifest.revision) == (one.source, one.listing.revision) and (
                one.listing.archive or is_commit(manifest.revision)
            )
        else:
            will_do = one.state == "out of reach" and any(answer.outcome != "missing" for answer in one.attempts)
        return manifest if will_do and store.fault(folder, deep=True) is None else None

    def _taken(self, store: Store, manifest: Manifest, one: Compared) -> IndexedModel:
        """Have the files of a model of a store as blobs."""
        card, folder = one.wish.card, store.folder(manifest.name, manifest.format)
        files = []
        for stored in manifest.files:
            if stored.digest_origin.startswith(WRITTEN_FROM_CARD):
                files.append(self._written(card))
                continue
            file = IndexedFile(**stored.model_dump(include=set(IndexedFile.model_fields)))
            if store is self.resolver.store:
                self.blobs.link(file, folder / file.path)
            else:
                self.blobs.copy(file, folder / file.path)
            files.append(file)
        model = indexed(manifest, card, files)
        before = one.here
        if before is not None and before.revision == model.revision and before.files != model.files:
            return model.model_copy(update={"revision": revision_of(model.files)})
        return model

    def _written(self, card: ModelCard) -> IndexedFile:
        """Have the ``inference.yml`` that a card gives as a blob."""
        import hashlib

        content = inference_yml.render(card)
        file = IndexedFile(
            path=inference_yml.FILE_NAME,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            digest_origin=inference_yml.origin(card),
        )
        self.blobs.write(file, content)
        return file

    def _failure(self, one: Compared) -> Exception:
        wish = one.wish
        folder = self.users.folder(wish.name, wish.file_format)
        faults = {folder: self.users.fault(folder, deep=True)} if folder.is_dir() else {}
        return failure(wish.name, {wish.file_format: folder}, faults, one.attempts, offline=self.offline)


def _path(file: IndexedFile) -> str:
    return file.path


def forget(store: Store, keep: Collection[str] = ()) -> None:
    """Remove models from the mirror's own store, whole ones and parts, but for those in folders of certain names.

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
