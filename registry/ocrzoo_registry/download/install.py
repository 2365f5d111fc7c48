"""Installing one model from one source: download, verify, assemble, publish."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.formats import wanted_files
from ocrzoo_registry.cards.weights import missing_data, weights_fault
from ocrzoo_registry.download import tar, verify
from ocrzoo_registry.download.events import DownloadEvents, LocalCopies, no_local_copies
from ocrzoo_registry.download.request import DownloadRequest, check_listing
from ocrzoo_registry.download.transfer import Job, blamed_on_source, run_all
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.files import move, read_chunks, receive
from ocrzoo_registry.sources.base import Listing, RemoteFile, Source
from ocrzoo_registry.store import provenance
from ocrzoo_registry.store.manifest import TRUSTED, StoredFile, config_of
from ocrzoo_registry.store.store import ModelFiles, Store

_LOCAL = {
    "wheel": "an installed package",
    "directory": "a folder",
    "bundle": "the bundle",
    "cache": "the cache of another program",
}
"""Sources that copy files of this machine."""


@dataclass(frozen=True)
class Installer:
    """Puts one requested model into a store; call it under the store's lock of the model."""

    store: Store
    events: DownloadEvents
    request: DownloadRequest
    """For one format."""
    kept: LocalCopies = no_local_copies
    """Returns local files that may replace a download, besides those of ``events``."""
    is_mutable: Callable[[str], bool] = lambda _name: False
    """Whether the files of a source may change in place: they are read there, whatever copies there are."""

    @property
    def folder(self) -> Path:
        """The model's folder in the store."""
        return self.store.folder(self.request.name, self.request.file_format)

    def install(self, source_name: str, source: Source, listing: Listing) -> ModelFiles:
        """Download what a source lists, and publish it in the store.

        Stored files and local copies that have the expected digest are not downloaded.

        Raises:
            SourceError: It cannot be downloaded.
            IntegrityError: A file does not have the expected digest.
            StoreError: The store cannot be written.
        """
        request = self.request
        with blamed_on_source():
            check_listing(listing)
        with self.store.staging() as stage:
            assemble = self._unpack if listing.archive else self._collect
            files = _configured(request, listing, stage, assemble(source_name, source, listing, stage))
            files = [verify.corroborated(request.card, request.file_format, file) for file in files]
            manifest = request.manifest(listing.source or source_name, listing.revision, files)
            published = self.store.publish(stage, manifest)
        self.store.remove_partials(request.name, request.file_format)
        provenance.compare(self.store.private, manifest)
        return published

    def register(self, source_name: str, _source: Source | None, listing: Listing) -> ModelFiles | None:
        """Register a folder without a manifest if every listed file has its digest; ``None`` otherwise.

        Raises:
            SourceError: The listing is invalid.
            IntegrityError: The folder is another model's, or not the expected one.
            StoreError: The manifest cannot be written.
        """
        request, folder = self.request, self.folder
        with blamed_on_source():
            check_listing(listing)
        paths = [file.path for file in listing.files]
        if listing.archive or self.store.manifest(folder) is not None or not folder.is_dir():
            return None
        if inference_yml.FILE_NAME not in paths or not request.is_complete(paths):
            return None
        matching = [verify.matching(request.expect(file), folder / file.path) for file in listing.files]
        files = [file for file in matching if file is not None]
        if len(files) < len(matching):
            return None
        inference_yml.check_card(inference_yml.read(folder), request.card, listing.revision)
        return self.store.register(request.manifest(listing.source or source_name, listing.revision, files))

    def register_expected(self) -> ModelFiles | None:
        """Register a folder without a manifest if it holds the expected files; no source is asked.

        Raises:
            IntegrityError: The folder is another model's.
            StoreError: The manifest cannot be written.
        """
        expected = self.request.expected
        if expected is None:
            return None
        files = [RemoteFile(one.path, one.size, one.sha256, digest_origin=one.digest_origin) for one in expected.served]
        return self.register(expected.source, None, Listing(expected.revision, tuple(files)))

    def register_unverified(self) -> ModelFiles | None:
        """Register a folder without a manifest as it is; ``None`` if there is none.

        Raises:
            IntegrityError: It is another model's, or incomplete.
            StoreError: The manifest cannot be written.
        """
        request, folder = self.request, self.folder
        if not self.store.is_unverified(folder):
            return None
        wanted = sorted(wanted_files(request.card, request.file_format))
        paths = [path for path in wanted if (folder / path).is_file()]
        if not request.is_complete(paths) or inference_yml.FILE_NAME not in paths:
            raise IntegrityError(f"{folder} is incomplete: it holds only {', '.join(paths) or 'nothing'}")
        inference_yml.check_card(inference_yml.read(folder), request.card, str(folder))
        files = [verify.unverified(folder, path, TRUSTED) for path in paths]
        return self.store.register(request.manifest(TRUSTED, "unknown", files))

    def _collect(self, source_name: str, source: Source, listing: Listing, stage: Path) -> list[StoredFile]:
        """Put the listed files into the stage: local copies are copied, the others downloaded."""
        request = self.request
        expected = [request.expect(file) for file in listing.files]
        if not request.is_complete([file.path for file in expected]):
            raise SourceError(f"incomplete: {listing.revision} has only {_names(expected)}")
        known = (self.events.local_copies, self.kept)
        copied = [] if self.is_mutable(source_name) else expected
        copies_of = {file: [self.folder / file.path, *chain(*(of(request, file) for of in known))] for file in copied}
        stored = {file.path: copy for file in expected if (copy := _copied(file, copies_of.get(file, ()), stage))}
        missing = [file for file in expected if file.path not in stored]
        for file, part in self._download(source_name, source, listing, missing).items():
            (stage / file.path).parent.mkdir(parents=True, exist_ok=True)
            move(part, stage / file.path)
            stored[file.path] = file
        return [stored[file.path] for file in expected]

    def _unpack(self, source_name: str, source: Source, listing: Listing, stage: Path) -> list[StoredFile]:
        """Download an archive, and put the model's files that are in it into the stage."""
        request = self.request
        [(archive, part)] = self._download(source_name, source, listing, listing.files).items()
        wanted = wanted_files(request.card, request.file_format)
        files = tar.unpack(part, stage, wanted, archive.digest_origin)
        files = [_checked(request, file, stage) for file in files]
        if not request.is_complete([file.path for file in files]):
            raise SourceError(f"incomplete: the archive has only {_names(files)}")
        return files

    def _download(
        self, source_name: str, source: Source, listing: Listing, files: Sequence[RemoteFile]
    ) -> dict[StoredFile, Path]:
        """Download files; all of them are complete and verified afterwards."""
        if not files:
            return {}
        listed = {file.path: file for file in listing.files}
        sizes = [file.size for file in files]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        parts = [self._part(source_name, listing, file) for file in files]
        done = sum(part.stat().st_size for part in parts if part.exists())
        name, local = self.request.name, _LOCAL.get(source_name)
        action = f"copying {name} from {local}" if local else f"downloading {name} from {source_name}"
        with self.events.progress(action, total, done) as advance:
            jobs = [
                Job(partial(source.open, listing, listed[file.path]), file, part, advance, self.events.cancelled)
                for file, part in zip(files, parts, strict=True)
            ]
            return dict(zip(run_all(jobs), parts, strict=True))

    def _part(self, source_name: str, listing: Listing, file: RemoteFile) -> Path:
        """The partial download of a file, named by its digest where known, so that any source can resume it."""
        key = file.sha256 or repr((source_name, listing.revision, file.git_sha1, file.md5))
        name = hashlib.sha256(f"{file.path} {key}".encode()).hexdigest()[:24]
        return self.store.partials(self.request.name, self.request.file_format) / f"{name}.part"


def _configured(request: DownloadRequest, listing: Listing, stage: Path, files: list[StoredFile]) -> list[StoredFile]:
    """Check the weights and the model's ``inference.yml``, or write that if the source has none."""
    if lacking := missing_data(stage, request.file_format):
        listed = f"artifacts.{request.file_format}.files of its card"
        raise SourceError(
            f"incomplete: inference.onnx keeps its weights in {', '.join(lacking)}, which {listing.revision} lacks or "
            f"{listed} does not list"
        )
    if fault := weights_fault(stage, request.file_format):
        raise IntegrityError(fault)
    if inference_yml.FILE_NAME not in [file.path for file in files]:
        config, content = config_of(request.card)
        (stage / config.path).write_bytes(content)
        return [*files, config]
    inference_yml.check_card(inference_yml.read(stage), request.card, listing.revision)
    return files


def _checked(request: DownloadRequest, file: StoredFile, stage: Path) -> StoredFile:
    """Compare a file of an archive with its expected digest, which then is its digest's origin."""
    expected = request.expect(RemoteFile(file.path))
    origin = verify.check(expected, stage / file.path, file.size, file.sha256)
    return file.model_copy(update={"digest_origin": origin}) if verify.has_digest(expected) else file


def _copied(file: RemoteFile, origins: Sequence[Path], stage: Path) -> StoredFile | None:
    """Copy a local file into the stage if it has the expected digest."""
    target = stage / file.path
    for origin in origins if verify.has_digest(file) else ():
        if not origin.is_file() or file.size not in {None, origin.stat().st_size}:
            continue
        with suppress(SourceError):
            receive(read_chunks(origin), target)
        stored = verify.matching(file, target)
        if stored is not None:
            return stored
        target.unlink(missing_ok=True)
    return None


def _names(files: Sequence[RemoteFile | StoredFile]) -> str:
    return ", ".join(file.path for file in files) or "nothing"
