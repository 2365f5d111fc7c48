"""Fetching one model from one source: transfer, check, put together, publish."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.formats import is_complete, wanted_files
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download import tar, verify
from ocrzoo_registry.download.request import Order, check_listing
from ocrzoo_registry.download.transfer import Job, blamed_on_source, run_all
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.files import read_chunks, receive
from ocrzoo_registry.sources.base import Listing, RemoteFile, Source
from ocrzoo_registry.store import provenance
from ocrzoo_registry.store.manifest import TRUSTED, StoredFile
from ocrzoo_registry.store.store import ModelFiles, Store

Watch = Callable[[str, int | None, int], AbstractContextManager[Callable[[int], object]]]
"""Told what is fetched, its size in bytes where known, and how many are here; gives what is told of each piece."""

AtHand = Callable[[Order, RemoteFile], Sequence[Path]]
"""Tells which files of this machine may be a listed one: each is compared with what is promised before it is taken."""

Way = Callable[[Order, Source, Listing], ModelFiles | None]
"""What is done with what a source lists."""


def unwatched(_what: str, _total: int | None, _done: int) -> AbstractContextManager[Callable[[int], object]]:
    """Watch nothing."""
    return nullcontext(lambda _count: None)


def nothing_at_hand(_order: Order, _file: RemoteFile) -> Sequence[Path]:
    """Know of no copies."""
    return ()


@dataclass
class Fetcher:
    """Fetches into a store; call it under the store's lock of the model."""

    store: Store
    watch: Watch = unwatched
    cancelled: Event = field(default_factory=Event)
    """Set it to end all transfers."""
    at_hand: AtHand = nothing_at_hand

    def fetch(self, order: Order, source: Source, listing: Listing) -> ModelFiles:
        """Bring what a source lists into the store.

        Files that lie in the store already and keep the promise are not fetched again.

        Raises:
            SourceError: It cannot be had.
            IntegrityError: It is not what was promised.
            StoreError: The store cannot be written.
        """
        with blamed_on_source():
            check_listing(listing)
        with self.store.staging() as stage:
            if listing.archive:
                files = self._unpacked(order, source, listing, stage)
            else:
                files = self._files(order, source, listing, stage)
            files = _configured(order, listing, stage, files)
            files = [verify.corroborated(order.card, order.file_format, file) for file in files]
            manifest = order.manifest(listing.revision, files)
            published = self.store.publish(stage, manifest)
        self.store.remove_parts(order.name, order.file_format)
        provenance.compare(self.store.private, manifest)
        return published

    def adopt(self, order: Order, _source: Source, listing: Listing) -> ModelFiles | None:
        """Take what lies in the store without a manifest, if every file is what the source lists.

        Raises:
            SourceError: The listing makes no sense.
            IntegrityError: The folder is another model's, or not what was expected.
            StoreError: The store cannot be written.
        """
        with blamed_on_source():
            check_listing(listing)
        return adopt(self.store, order, listing)

    def _files(self, order: Order, source: Source, listing: Listing, stage: Path) -> list[StoredFile]:
        """Put the files into the stage: those at hand are copied, the others come from the source."""
        promised = [order.promise(file) for file in listing.files]
        if not is_complete(order.file_format, [file.path for file in promised]):
            raise SourceError(f"incomplete: {listing.revision} has only {_names(promised)}")
        folder = self.store.folder(order.name, order.file_format)
        copies_of = {file: (folder / file.path, *self.at_hand(order, file)) for file in promised}
        stored = {file.path: copy for file in promised if (copy := _copied(file, copies_of[file], stage))}
        missing = [file for file in promised if file.path not in stored]
        for file, part in self._transferred(order, source, listing, missing).items():
            (stage / file.path).parent.mkdir(parents=True, exist_ok=True)
            part.rename(stage / file.path)
            stored[file.path] = file
        return [stored[file.path] for file in promised]

    def _unpacked(self, order: Order, source: Source, listing: Listing, stage: Path) -> list[StoredFile]:
        """Bring an archive, and put the model's files that are in it into the stage."""
        [(archive, part)] = self._transferred(order, source, listing, listing.files).items()
        wanted = wanted_files(order.card, order.file_format)
        files = tar.unpack(part, stage, wanted, archive.digest_origin)
        files = [_pinned(order, file, stage) for file in files]
        if not is_complete(order.file_format, [file.path for file in files]):
            raise SourceError(f"incomplete: the archive has only {_names(files)}")
        return files

    def _transferred(
        self, order: Order, source: Source, listing: Listing, files: Sequence[RemoteFile]
    ) -> dict[StoredFile, Path]:
        """Bring files into parts, all of them complete and verified."""
        if not files:
            return {}
        sizes = [file.size for file in files]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        parts = [self._part(order, listing, file) for file in files]
        done = sum(part.stat().st_size for part in parts if part.exists())
        with self.watch(f"{order.name} from {order.source_name}", total, done) as advance:
            jobs = [
                Job(source, listing, file, part, advance, self.cancelled)
                for file, part in zip(files, parts, strict=True)
            ]
            return dict(zip(run_all(jobs), parts, strict=True))

    def _part(self, order: Order, listing: Listing, file: RemoteFile) -> Path:
        """Where a file grows: by its digest where that is known, so that any source can go on with it."""
        key = file.sha256 or repr((order.source_name, listing.revision, file.git_sha1, file.md5))
        name = hashlib.sha256(f"{file.path} {key}".encode()).hexdigest()[:24]
        return self.store.parts(order.name, order.file_format) / f"{name}.part"


def _configured(order: Order, listing: Listing, stage: Path, files: list[StoredFile]) -> list[StoredFile]:
    """Check the model's ``inference.yml``, or write the one that did not come with it."""
    if inference_yml.FILE_NAME not in [file.path for file in files]:
        return [*files, write(order.card, stage)]
    inference_yml.check_name(inference_yml.read(stage), order.name, listing.revision)
    return files


def _pinned(order: Order, file: StoredFile, stage: Path) -> StoredFile:
    """Compare a file that came in an archive with what the card pins of it; the card then vouches."""
    pinned = order.promise(RemoteFile(file.path))
    origin = verify.check(pinned, stage / file.path, file.size, file.sha256)
    return file.model_copy(update={"digest_origin": origin}) if verify.has_digest(pinned) else file


def _copied(file: RemoteFile, origins: Sequence[Path], stage: Path) -> StoredFile | None:
    """Copy a file that lies on this machine into the stage, if its bytes keep the promise."""
    target = stage / file.path
    for origin in origins if verify.has_digest(file) else ():
        if not origin.is_file() or file.size not in {None, origin.stat().st_size}:
            continue
        with suppress(SourceError):
            receive(read_chunks(origin), target)
        stored = verify.kept(file, target)
        if stored is not None:
            return stored
        target.unlink(missing_ok=True)
    return None


def _names(files: Sequence[RemoteFile | StoredFile]) -> str:
    return ", ".join(file.path for file in files) or "nothing"


def adopt(store: Store, order: Order, listing: Listing) -> ModelFiles | None:
    """Take a folder without a manifest if every file keeps its promise; ``None`` if there is none, or one does not.

    Call it under the model's lock.

    Raises:
        IntegrityError: It is another model's, or not what was expected.
        StoreError: The manifest cannot be written.
    """
    folder = store.folder(order.name, order.file_format)
    paths = [file.path for file in listing.files]
    if listing.archive or store.manifest(folder) is not None or not folder.is_dir():
        return None
    if inference_yml.FILE_NAME not in paths or not is_complete(order.file_format, paths):
        return None
    kept = [verify.kept(order.promise(file), folder / file.path) for file in listing.files]
    files = [file for file in kept if file is not None]
    if len(files) < len(kept):
        return None
    inference_yml.check_name(inference_yml.read(folder), order.name, listing.revision)
    return store.adopt(order.manifest(listing.revision, files))


def trust(store: Store, order: Order) -> ModelFiles | None:
    """Take a folder without a manifest as it is; ``None`` if there is none. Call it under the model's lock.

    Raises:
        IntegrityError: It is another model's, or incomplete.
        StoreError: The manifest cannot be written.
    """
    folder = store.folder(order.name, order.file_format)
    if store.manifest(folder) is not None or not folder.is_dir():
        return None
    wanted = sorted(wanted_files(order.card, order.file_format))
    paths = [path for path in wanted if (folder / path).is_file()]
    if not is_complete(order.file_format, paths) or inference_yml.FILE_NAME not in paths:
        raise IntegrityError(f"{folder} holds only {', '.join(paths) or 'nothing'}: that is not a whole model")
    inference_yml.check_name(inference_yml.read(folder), order.name, str(folder))
    return store.adopt(order.manifest("unknown", [verify.as_it_is(folder, path, TRUSTED) for path in paths]))


def write(card: ModelCard, folder: Path) -> StoredFile:
    """Write a model's ``inference.yml`` from its card into a folder.

    Raises:
        CardError: The card's charset cannot be read.
        OSError: The folder cannot be written.
    """
    import hashlib

    content = inference_yml.render(card)
    (folder / inference_yml.FILE_NAME).write_bytes(content)
    return StoredFile(
        path=inference_yml.FILE_NAME,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        digest_origin=inference_yml.origin(card),
    )
