"""Checking a mirror against its index: every path, size and document, and with ``deep`` every byte."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.files import read_bounded, reason, sha256_of
from ocrzoo_registry.index import schema as indexes
from ocrzoo_registry.index.schema import blob_of
from ocrzoo_registry.mirror import archives, layouts
from ocrzoo_registry.mirror.archives import Archive, ArchiveList, StoredArchive
from ocrzoo_registry.mirror.known_files import KnownFiles
from ocrzoo_registry.mirror.layouts.base import SERVER, Content
from ocrzoo_registry.mirror.release import MirrorFolder, Release
from ocrzoo_registry.mirror.serving import nginx
from ocrzoo_registry.store.manifest import StoredFile

_RETRIES = 4
"""If a release is published during the check."""
MAX_DOCUMENT_BYTES = 1 << 28
_SIGNATURE = re.compile(r"index\.json\.[a-z0-9.]+")
"""Signatures beside the index; ``--key`` checks them."""
_ROOT = re.compile(r'^root "(/[^"\n]+)";$', re.MULTILINE)


def faults(
    folder: MirrorFolder,
    release: Release,
    *,
    deep: bool = False,
    here: bool = False,
    known: KnownFiles | None = None,
) -> Iterator[str]:
    """Yield the faults of a release and its blobs, a line each; ``deep`` reads every byte.

    ``here``: also check that the configuration of nginx has the present path of the release. ``known``: read the files
    that have changed since they were last read.
    """
    yield from _Check(folder, release, here, deep, known).faults()


def verify(folder: MirrorFolder, *, deep: bool = False) -> tuple[Release, list[str]]:
    """Return the release that is served and its faults; if another one is published meanwhile, that one.

    Raises:
        NotFound: The folder is not a mirror.
        IntegrityError: Its index cannot be read.
    """
    release = folder.expect()
    found = list(faults(folder, release, deep=deep))
    for _ in range(_RETRIES):
        now = folder.expect()
        if not found or now.folder == release.folder:
            break
        release, found = now, list(faults(folder, now, deep=deep))
    return release, found


class _Check:
    def __init__(
        self, folder: MirrorFolder, release: Release, here: bool, deep: bool, known: KnownFiles | None
    ) -> None:
        self.folder, self.release, self.here, self.deep, self.known = folder, release, here, deep, known
        self.files = release.index.files

    def faults(self) -> Iterator[str]:
        for sha256, file in sorted(self.files.items()):
            blob = self.folder.blobs / sha256
            if fault := self._blob_fault(blob, file):
                yield f"{blob.relative_to(self.folder.root)}: {fault}"
        try:
            made = self.release.archives()
        except IntegrityError as error:
            yield str(error)
            return
        expected = self._expected(made)
        found = set(self._paths())
        name = self.release.folder.relative_to(self.folder.root)
        for path in sorted(found - expected.keys()):
            if not _SIGNATURE.fullmatch(path):
                yield f"{name}/{path}: unexpected file"
        for path, content in sorted(expected.items()):
            if path not in found:
                yield f"{name}/{path}: is missing"
            elif fault := self._fault(self.release.folder / path, content, made.archives.get(path)):
                yield f"{name}/{path}: {fault}"

    def _expected(self, made: ArchiveList) -> dict[str, Content]:
        """Everything that the release must contain."""
        index = self.release.index
        expected: dict[str, Content] = {blob_of(file): file for file in self.files.values()}
        expected |= {indexes.FILE_NAME: index.to_bytes(), archives.FILE_NAME: made.to_bytes()}
        expected |= dict(layouts.tree(index))
        root = self.release.folder if self.here else self._configured_root()
        return expected | nginx.nginx(index, root, made)

    def _configured_root(self) -> Path:
        """The path of the release when it was built; a mirror may be moved and still be complete."""
        try:
            text = read_bounded(self.release.folder / SERVER, MAX_DOCUMENT_BYTES).decode()
        except (OSError, ValueError):
            return self.release.folder
        found = _ROOT.search(text)
        return Path(found[1]) if found else self.release.folder

    def _paths(self) -> Iterator[str]:
        """Every path in the release except folders; links and devices included."""
        root = self.release.folder
        for above, folders, names in os.walk(root):
            for name in [*names, *(one for one in folders if Path(above, one).is_symlink())]:
                yield Path(above, name).relative_to(root).as_posix()

    def _fault(self, place: Path, content: Content, made: StoredArchive | None) -> str | None:
        """Return what is wrong with a file of the tree."""
        try:
            if isinstance(content, bytes):
                intact = not place.is_symlink() and read_bounded(place, len(content)) == content
                return None if intact else "is not as the index requires"
            if isinstance(content, StoredFile):
                return self._link_fault(place, content)
            return self._archive_fault(place, content, made)
        except IntegrityError as error:
            return str(error)
        except OSError as error:
            return reason(error)

    def _link_fault(self, place: Path, file: StoredFile) -> str | None:
        """A file of the tree is a link to its blob, or, in a copy without links, equal to it."""
        status = place.lstat()
        if fault := _size_fault(status, file.size):
            return fault
        same = _same_file(status, self.folder.blobs / file.sha256) or sha256_of(place) == file.sha256
        return None if same else f"has another digest than {blob_of(file)}"

    def _archive_fault(self, place: Path, archive: Archive, made: StoredArchive | None) -> str | None:
        if made is None or made.key != archive.key:
            return "is not the archive that the index requires"
        if fault := _size_fault(place.lstat(), made.size):
            return fault
        damaged = self.known is not None and any(file.sha256 in self.known.damaged for file in archive.files)
        given = archives.sha256_of_archive(archive, self.folder.blobs) if self.deep else made.sha256
        intact = not damaged and made.sha256 == given and self._has_digest(place, made.sha256)
        return None if intact else "has another digest than its files give"

    def _blob_fault(self, path: Path, file: StoredFile) -> str | None:
        try:
            if fault := _size_fault(path.lstat(), file.size):
                return fault
            return None if self._has_digest(path, file.sha256) else f"has another digest than its name ({file.path})"
        except FileNotFoundError:
            return f"is missing ({file.path})"
        except OSError as error:
            return reason(error)

    def _has_digest(self, path: Path, sha256: str) -> bool:
        """Whether a file has its digest, as far as it is to be read."""
        if self.known is not None:
            return self.known.intact(path, sha256)
        return not self.deep or sha256_of(path) == sha256


def _size_fault(status: os.stat_result, size: int) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "is not a regular file"
    return None if status.st_size == size else f"has {status.st_size} bytes instead of {size}"


def _same_file(status: os.stat_result, other: Path) -> bool:
    try:
        return os.path.samestat(status, other.lstat())
    except OSError:
        return False
