"""Bringing one model into a mirror: from the user's own store where that will do, else through the resolver."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ocrzoo_registry import inference_config
from ocrzoo_registry.attempts import failure
from ocrzoo_registry.card_files import OfferedCard
from ocrzoo_registry.contracts import RemoteFile
from ocrzoo_registry.errors import SourceError, StoreError
from ocrzoo_registry.manifest import WRITTEN_FROM_CARD, Manifest
from ocrzoo_registry.mirror.blobs import Blobs
from ocrzoo_registry.mirror.comparing import Compared
from ocrzoo_registry.mirror.folder import MirrorFolder
from ocrzoo_registry.mirror.index import Index, IndexedFile, IndexedModel, revision_of
from ocrzoo_registry.mirror.indexing import indexed
from ocrzoo_registry.orders import Order
from ocrzoo_registry.resolver import Resolver
from ocrzoo_registry.sources.hub import is_commit
from ocrzoo_registry.store import Store


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
        if wish.file_format not in wish.offered.card.artefacts:
            published = ", ".join(wish.offered.card.artefacts)
            raise SourceError(f"{wish.name}: published as {published}, but {wish.file_format} is needed")
        try:
            for store in (self.resolver.store, self.users):
                if manifest := self._whole(store, one):
                    return self._taken(store, manifest, one)
            if one.state == "out of reach":
                raise self._failure(one)
            files = self.resolver.fetch(wish.offered, wish.file_format)
            if files.manifest is None:
                raise StoreError(f"{files.folder}: has no manifest")
            return self._taken(self.resolver.store, files.manifest, one)
        except OSError as error:
            raise self.folder.unwritable(error) from error

    def renewed(self, model: IndexedModel, offered: OfferedCard) -> IndexedModel:
        """Return a model that stays, with the card as it is now, and what is written from the card.

        Raises:
            CardError: The card's charset cannot be read.
            StoreError: The mirror cannot be written.
        """
        if model.format not in offered.card.artefacts:
            return model
        changes: dict[str, object] = {"card": offered.card}
        written = [file for file in model.files if file.digest_origin.startswith(WRITTEN_FROM_CARD)]
        if written and written[0].digest_origin != inference_config.origin(offered):
            try:
                new = self._written(offered)
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
        offered, folder = one.wish.offered, store.folder(manifest.name, manifest.format)
        files = []
        for stored in manifest.files:
            if stored.digest_origin.startswith(WRITTEN_FROM_CARD):
                files.append(self._written(offered))
                continue
            file = IndexedFile(**stored.model_dump(include=set(IndexedFile.model_fields)))
            if store is self.resolver.store:
                self.blobs.link(file, folder / file.path)
            else:
                self.blobs.copy(file, folder / file.path)
            files.append(file)
        model = indexed(manifest, offered.card, files)
        before = one.here
        if before is not None and before.revision == model.revision and before.files != model.files:
            return model.model_copy(update={"revision": revision_of(model.files)})
        return model

    def _written(self, offered: OfferedCard) -> IndexedFile:
        """Have the ``inference.yml`` that a card gives as a blob."""
        import hashlib

        content = inference_config.render(offered)
        file = IndexedFile(
            path=inference_config.FILE_NAME,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            digest_origin=inference_config.origin(offered),
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
