"""A download request: which model, in which formats, and which digests are expected."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.formats import RELATIVE_PATH, is_complete, portable
from ocrzoo_registry.cards.schema import FileRecord, ModelCard
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.sources.base import Listing, RemoteFile
from ocrzoo_registry.store.manifest import Manifest, StoredFile
from ocrzoo_registry.store.store import MANIFEST_NAME

MAX_FILES, MAX_PATH = 100, 200
"""Files of one model, and characters of a path."""
MAX_FILE_BYTES = 4 << 30
"""No OCR model has a file of this size; a source that sends more without end is cut off."""


@dataclass(frozen=True)
class DownloadRequest:
    """One model to get from the store or from a source."""

    card: ModelCard
    formats: Sequence[Format]
    """Best first; the first one that is stored or can be downloaded will do."""
    expected: Manifest | None = None
    """The exact files to get, e.g. of a lock file; its digests override those of the card."""
    refresh: bool = False
    """Download again even if the model is stored; unchanged files are kept."""
    accept_unverified: bool = False
    """Accept a model folder of unknown origin that no source verifies."""
    command: str = ""
    """The command that makes this request, for error messages; empty: ``ocrzoo models pull NAME``."""

    @property
    def name(self) -> str:
        """The model's name."""
        return self.card.name

    @property
    def address(self) -> str | None:
        """What the user named the model by, where no plugin has its card."""
        return None if self.card.address is None else str(self.card.address)

    @property
    def file_format(self) -> Format:
        """The first format."""
        return self.formats[0]

    def is_complete(self, paths: Collection[str]) -> bool:
        """Whether these files are enough to run the model in the first format."""
        artifact = self.card.artifacts.get(self.file_format)
        return is_complete(self.file_format, paths, () if artifact is None else artifact.networks)

    def only(self, file_format: Format) -> DownloadRequest:
        """Return the request for one format."""
        return replace(self, formats=(file_format,))

    def published(self) -> DownloadRequest:
        """Return the request without formats that the model is not published in.

        Raises:
            SourceError: No format is left.
        """
        formats: list[Format] = [kind for kind in self.formats if kind in self.card.artifacts]
        if not formats:
            published, wanted = ", ".join(self.card.artifacts), ", ".join(self.formats)
            raise SourceError(f"{self.name}: published as {published}, but {wanted} is needed")
        return replace(self, formats=tuple(formats))

    def expect(self, file: RemoteFile) -> RemoteFile:
        """Return a listed file with the digest that is expected of it, which overrides the source's.

        Raises:
            IntegrityError: The source itself states another digest.
        """
        own: tuple[FileRecord, ...] = self.card.artifacts[self.file_format].files
        for pin in (self.expected.served if self.expected else ()) or own:
            if pin.path == file.path:
                if pin.sha256 is not None:
                    if file.sha256 not in {None, pin.sha256}:
                        raise IntegrityError(
                            f"{file.path}: sha256 is {file.sha256}, not {pin.sha256} ({pin.digest_origin})"
                        )
                    file = replace(file, sha256=pin.sha256, digest_origin=pin.digest_origin)
                return file if pin.size is None else replace(file, size=pin.size)
        return file

    def manifest(self, source: str, revision: str, files: Sequence[StoredFile]) -> Manifest:
        """Return the manifest of downloaded files.

        Raises:
            IntegrityError: They are not the expected ones.
        """
        manifest = Manifest(
            name=self.name,
            format=self.file_format,
            source=source,
            revision=str(revision),
            files=tuple(files),
            publisher=self.card.publisher,
            address=self.address,
        )
        if self.expected is not None and (differing := self.differing(manifest)):
            path = differing[0]
            [found, due] = [{file.path: file.sha256 for file in one.files} for one in (manifest, self.expected)]
            raise IntegrityError(
                f"{manifest.name} ({manifest.format}) differs in {', '.join(differing)}: "
                f"{path} is {found.get(path, 'absent')}, expected is {due.get(path, 'absent')}"
            )
        return manifest

    def differing(self, manifest: Manifest) -> list[str]:
        """Return the paths of files that differ from the expected ones.

        A file that was written from the card is compared only if it is among them.
        """
        if self.expected is None:
            return []
        paths = {file.path for file in self.expected.files}
        additional = [file for file in manifest.files if file.written_from_card and file.path not in paths]
        return manifest.differing([*self.expected.files, *additional])


def check_listing(listing: Listing) -> None:
    """Refuse paths that lead out of the model's folder, or that cannot all be files of one.

    Raises:
        SourceError: The listing has such a path, an invalid size, or is no listing.
    """
    if not isinstance(listing, Listing):
        raise SourceError(f"returned a {type(listing).__name__} instead of a Listing")
    if not isinstance(listing.revision, str) or not listing.revision.isprintable():
        raise SourceError(f"states {str(listing.revision)[:50]!r} as its revision")
    if len(listing.files) > MAX_FILES:
        raise SourceError(f"lists {len(listing.files)} files, and a model has at most {MAX_FILES}")
    paths = [file.path for file in listing.files]
    folders = {path[:end] for path in paths for end in range(len(path)) if path[end] == "/"}
    for path in paths:
        if not re.fullmatch(RELATIVE_PATH, path) or len(path) > MAX_PATH or path.partition("/")[0] == MANIFEST_NAME:
            raise SourceError(f"lists a file under the path {path[:MAX_PATH]!r}, which is refused")
        try:
            portable(path)
        except ValueError as error:
            raise SourceError(f"lists a file that is refused: {error}") from error
    for path in paths:
        if paths.count(path) > 1 or path in folders:
            raise SourceError(f"lists {path!r} more than once, or as a file and a folder")
    for file in listing.files:
        if file.size is not None and not (isinstance(file.size, int) and 0 <= file.size <= MAX_FILE_BYTES):
            raise SourceError(f"states {file.size!r} as the size of {file.path}")
    if listing.archive and len(paths) != 1:
        raise SourceError(f"lists {len(paths)} files instead of one archive")
