"""Fetching one model from one source: list, transfer, check, put together, publish."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event

from ocrzoo_registry import archives, copies, inference_config, promises, seen
from ocrzoo_registry.card_files import OfferedCard
from ocrzoo_registry.cards import RELATIVE_PATH, File, Format
from ocrzoo_registry.contracts import Listing, RemoteFile, Source
from ocrzoo_registry.digests import receive
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.lockfile import check_same
from ocrzoo_registry.manifest import WRITTEN_FROM_CARD, Manifest, StoredFile
from ocrzoo_registry.model_files import is_complete, wanted_files
from ocrzoo_registry.sources import read_chunks
from ocrzoo_registry.store import MANIFEST_NAME, ModelFiles, Store
from ocrzoo_registry.transfer import Job, blamed_on_source, run_all

TRUSTED = "trusted by the user"
"""The source of a folder that was taken as it was, and the origin of its digests."""

Watch = Callable[[str, int | None], AbstractContextManager[Callable[[int], object]]]
"""Told what is being fetched and its size in bytes, where known; gives what is told of each piece that comes."""

Bring = Callable[[Sequence[RemoteFile]], dict[StoredFile, Path]]


def unwatched(_what: str, _total: int | None) -> AbstractContextManager[Callable[[int], object]]:
    """Watch nothing."""
    return nullcontext(lambda _count: None)


@dataclass(frozen=True)
class Order:
    """One model to fetch in one format."""

    offered: OfferedCard
    file_format: Format
    source_name: str
    expected: Manifest | None = None
    """What must come, to the byte (a lock file says so)."""

    @property
    def pins(self) -> Mapping[str, File]:
        """What the card says of each file."""
        return {file.path: file for file in self.offered.card.artefacts[self.file_format].files}


@dataclass
class Fetcher:
    """Fetches into a store; call it under the store's lock of the model."""

    store: Store
    watch: Watch = unwatched
    cancelled: Event = field(default_factory=Event)
    """Set it to end all transfers."""

    def fetch(self, order: Order, source: Source, listing: Listing) -> ModelFiles:
        """Bring what a source lists into the store.

        Files that lie in the store already and keep the promise are not fetched again.

        Raises:
            SourceError: It cannot be had.
            IntegrityError: It is not what was promised.
            StoreError: The store cannot be written.
        """
        with blamed_on_source():
            _check_listing(listing)
        if adopted := self.adopt(order, listing):
            return adopted
        bring = partial(self._transferred, order, source, listing)
        with self.store.staging() as stage:
            put = self._unpacked if listing.archive else self._files
            files = put(order, listing, bring, stage)
            manifest = self._manifest(order, listing, stage, files)
            published = self.store.publish(stage, manifest)
        self.store.remove_parts(manifest.name, manifest.format)
        seen.compare(self.store.private, manifest)
        return published

    def _files(self, order: Order, listing: Listing, bring: Bring, stage: Path) -> list[StoredFile]:
        """Put the files into the stage: those at hand are copied, the others come from the source."""
        promised = [_with_pin(file, order.pins.get(file.path)) for file in listing.files]
        if not is_complete(order.file_format, [file.path for file in promised]):
            raise SourceError(f"incomplete: {listing.revision} has only {_names(promised)}")
        folder = self.store.folder(order.offered.card.name, order.file_format)
        stored = {file.path: copy for file in promised if (copy := _copied(file, folder, stage))}
        missing = [file for file in promised if file.path not in stored]
        for file, part in bring(missing).items():
            (stage / file.path).parent.mkdir(parents=True, exist_ok=True)
            part.rename(stage / file.path)
            stored[file.path] = file
        return [stored[file.path] for file in promised]

    def _unpacked(self, order: Order, listing: Listing, bring: Bring, stage: Path) -> list[StoredFile]:
        """Bring an archive, and put the model's files that are in it into the stage."""
        [(archive, part)] = bring(listing.files).items()
        wanted = wanted_files(order.offered.card, order.file_format)
        files = archives.unpack(part, stage, wanted, archive.digest_origin)
        for file in files:
            pinned = _with_pin(RemoteFile(file.path), order.pins.get(file.path))
            promises.check(pinned, stage / file.path, file.size, file.sha256)
        if not is_complete(order.file_format, [file.path for file in files]):
            raise SourceError(f"incomplete: the archive has only {_names(files)}")
        return files

    def _transferred(
        self, order: Order, source: Source, listing: Listing, files: Sequence[RemoteFile]
    ) -> dict[StoredFile, Path]:
        """Bring files into parts, all of them complete and verified."""
        sizes = [file.size for file in files]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        if not files:
            return {}
        name = order.offered.card.name
        with self.watch(f"{name} from {order.source_name}", total) as advance:
            jobs = [
                Job(source, listing, file, self._part(order, listing, file), advance, self.cancelled) for file in files
            ]
            return dict(zip(run_all(jobs), (job.part_path for job in jobs), strict=True))

    def _part(self, order: Order, listing: Listing, file: RemoteFile) -> Path:
        """Where a file grows: by its digest where that is known, so that any source can go on with it."""
        key = file.sha256 or repr((order.source_name, listing.revision, file.path, file.git_sha1, file.md5))
        name = hashlib.sha256(f"{file.path} {key}".encode()).hexdigest()[:24]
        return self.store.parts(order.offered.card.name, order.file_format) / f"{name}.part"

    def _manifest(self, order: Order, listing: Listing, stage: Path, files: list[StoredFile]) -> Manifest:
        """Complete the stage with its ``inference.yml``, and write down what it holds."""
        card = order.offered.card
        if inference_config.FILE_NAME in [file.path for file in files]:
            inference_config.check_name(inference_config.read(stage), card.name, listing.revision)
        else:
            files = [*files, _write_config(order.offered, stage)]
        files = [copies.corroborated(order.offered, order.file_format, file) for file in files]
        manifest = _manifest_of(order, listing, files)
        if order.expected is not None:
            check_same(manifest, order.expected)
        return manifest

    def adopt(self, order: Order, listing: Listing) -> ModelFiles | None:
        """Take a folder that lies there without a manifest (PaddleX's), if every file keeps the source's promise."""
        folder = self.store.folder(order.offered.card.name, order.file_format)
        if listing.archive or self.store.manifest(folder) is not None or not folder.is_dir():
            return None
        promised = [_with_pin(file, order.pins.get(file.path)) for file in listing.files]
        paths = [file.path for file in promised]
        if inference_config.FILE_NAME not in paths or not is_complete(order.file_format, paths):
            return None
        files = [promises.kept(file, folder / file.path) for file in promised]
        complete = [file for file in files if file is not None]
        if len(complete) < len(files):
            return None
        inference_config.check_name(inference_config.read(folder), order.offered.card.name, listing.revision)
        manifest = _manifest_of(order, listing, complete)
        if order.expected is not None:
            check_same(manifest, order.expected)
        return self.store.adopt(manifest)

    def trust(self, offered: OfferedCard, file_format: Format) -> ModelFiles | None:
        """Take a folder that lies there as it is; ``None`` if there is none, or a verified one.

        Raises:
            IntegrityError: It is another model's, or incomplete.
        """
        folder = self.store.folder(offered.card.name, file_format)
        if not folder.is_dir() or self.store.manifest(folder) is not None:
            return None
        wanted = sorted(wanted_files(offered.card, file_format))
        files = [promises.as_it_is(folder, path, TRUSTED) for path in wanted if (folder / path).is_file()]
        paths = [file.path for file in files]
        if not is_complete(file_format, paths) or inference_config.FILE_NAME not in paths:
            raise IntegrityError(f"{folder} holds only {_names(files)}: that is not a whole model")
        inference_config.check_name(inference_config.read(folder), offered.card.name, str(folder))
        return self.store.adopt(
            Manifest(name=offered.card.name, format=file_format, source=TRUSTED, revision="unknown", files=tuple(files))
        )


def _manifest_of(order: Order, listing: Listing, files: Sequence[StoredFile]) -> Manifest:
    return Manifest(
        name=order.offered.card.name,
        format=order.file_format,
        source=order.source_name,
        revision=str(listing.revision),
        files=tuple(files),
    )


def _check_listing(listing: Listing) -> None:
    """Refuse paths that leave the model's folder, or that cannot all be files of one."""
    if not isinstance(listing, Listing):
        raise SourceError(f"lists a {type(listing).__name__} where a Listing is due")
    paths = [file.path for file in listing.files]
    for path in paths:
        if not re.fullmatch(RELATIVE_PATH, path) or path == MANIFEST_NAME:
            raise SourceError(f"lists a file under the path {path!r}, which is refused")
        if paths.count(path) > 1 or any(other.startswith(f"{path}/") for other in paths):
            raise SourceError(f"lists {path!r} more than once, or as a file and a folder")
    if listing.archive and len(paths) != 1:
        raise SourceError(f"lists {len(paths)} files where one archive is due")


def _with_pin(file: RemoteFile, pin: File | None) -> RemoteFile:
    """What the card pins outranks what the source states."""
    if pin is None:
        return file
    if pin.sha256 is not None:
        file = replace(file, sha256=pin.sha256, digest_origin=pin.digest_origin)
    return file if pin.size is None else replace(file, size=pin.size)


def _copied(file: RemoteFile, folder: Path, stage: Path) -> StoredFile | None:
    """Copy a file that lies in the store into the stage, if its bytes keep the promise."""
    origin, target = folder / file.path, stage / file.path
    if not promises.is_vouched_for(file) or not origin.is_file() or file.size not in {None, origin.stat().st_size}:
        return None
    with suppress(SourceError):
        receive(read_chunks(origin), target)
    stored = promises.kept(file, target)
    if stored is None:
        target.unlink(missing_ok=True)
    return stored


def _names(files: Sequence[RemoteFile | StoredFile]) -> str:
    return ", ".join(file.path for file in files) or "nothing"


def config_origin(offered: OfferedCard) -> str:
    """What tells one ``inference.yml`` written from a card from another: a digest of all that goes into it."""
    card = offered.card
    charset = (offered.root / card.charset).read_bytes() if card.charset is not None else b""
    content = card.name.encode() + card.running.model_dump_json().encode() + charset
    return f"{WRITTEN_FROM_CARD}, state {hashlib.sha256(content).hexdigest()[:16]}"


def _write_config(offered: OfferedCard, stage: Path) -> StoredFile:
    content = inference_config.render(offered)
    (stage / inference_config.FILE_NAME).write_bytes(content)
    return StoredFile(
        path=inference_config.FILE_NAME,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        digest_origin=config_origin(offered),
    )
