"""An order: one model, in one format, from one source; with all that is promised of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ocrzoo_registry.cards.schema import RELATIVE_PATH, Format, ModelCard
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.sources.base import Listing, RemoteFile
from ocrzoo_registry.store.manifest import Manifest, StoredFile
from ocrzoo_registry.store.store import MANIFEST_NAME

MAX_FILES, MAX_PATH = 100, 200
"""Files of one model, and letters of a path."""
MAX_FILE_BYTES = 4 << 30
"""No OCR model has a file of this size; a source that sends more without end is cut off."""


@dataclass(frozen=True)
class Order:
    """One model to bring."""

    card: ModelCard
    file_format: Format
    source_name: str
    expected: Manifest | None = None
    """What must come, to the byte (a lock file says so)."""

    @property
    def name(self) -> str:
        """The model's name."""
        return self.card.name

    def promise(self, file: RemoteFile) -> RemoteFile:
        """Return a listed file with what the card pins of it, which outranks what the source states.

        Raises:
            IntegrityError: The source itself states that it has other bytes.
        """
        for pin in self.card.artifacts[self.file_format].files:
            if pin.path == file.path:
                if pin.sha256 is not None:
                    if file.sha256 not in {None, pin.sha256}:
                        raise IntegrityError(
                            f"{file.path}: sha256 is {file.sha256}, not {pin.sha256} ({pin.digest_origin})"
                        )
                    file = replace(file, sha256=pin.sha256, digest_origin=pin.digest_origin)
                return file if pin.size is None else replace(file, size=pin.size)
        return file

    def manifest(self, revision: str, files: Sequence[StoredFile]) -> Manifest:
        """Write down what came.

        Raises:
            IntegrityError: Something else was expected.
        """
        manifest = Manifest(
            name=self.name,
            format=self.file_format,
            source=self.source_name,
            revision=str(revision),
            files=tuple(files),
        )
        if self.expected is not None:
            _check_expected(manifest, self.expected)
        return manifest


def _check_expected(manifest: Manifest, expected: Manifest) -> None:
    """Refuse a model that differs from the locked one in any file.

    Raises:
        IntegrityError: It differs.
    """
    if differing := manifest.differing(expected.files):
        path = differing[0]
        [found, locked] = [{file.path: file.sha256 for file in one.files} for one in (manifest, expected)]
        raise IntegrityError(
            f"{manifest.name} ({manifest.format}) differs from the lock file in {', '.join(differing)}: "
            f"{path} is {found.get(path, 'absent')}, locked is {locked.get(path, 'absent')}"
        )


def check_listing(listing: Listing) -> None:
    """Refuse paths that leave the model's folder, or that cannot all be files of one.

    Raises:
        SourceError: There is such a path, a size that is none, or no listing at all.
    """
    if not isinstance(listing, Listing):
        raise SourceError(f"lists a {type(listing).__name__} where a Listing is due")
    if not isinstance(listing.revision, str) or not listing.revision.isprintable():
        raise SourceError(f"states {str(listing.revision)[:50]!r} as its revision")
    if len(listing.files) > MAX_FILES:
        raise SourceError(f"lists {len(listing.files)} files, and a model has at most {MAX_FILES}")
    paths = [file.path for file in listing.files]
    folders = {path[:end] for path in paths for end in range(len(path)) if path[end] == "/"}
    for path in paths:
        if not re.fullmatch(RELATIVE_PATH, path) or len(path) > MAX_PATH or path.partition("/")[0] == MANIFEST_NAME:
            raise SourceError(f"lists a file under the path {path[:MAX_PATH]!r}, which is refused")
    for path in paths:
        if paths.count(path) > 1 or path in folders:
            raise SourceError(f"lists {path!r} more than once, or as a file and a folder")
    for file in listing.files:
        if file.size is not None and not (isinstance(file.size, int) and 0 <= file.size <= MAX_FILE_BYTES):
            raise SourceError(f"states {file.size!r} as the size of {file.path}")
    if listing.archive and len(paths) != 1:
        raise SourceError(f"lists {len(paths)} files where one archive is due")
