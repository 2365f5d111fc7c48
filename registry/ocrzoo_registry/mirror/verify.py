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
from ocrzoo_registry.mirror.layouts.base import Content
from ocrzoo_registry.mirror.release import MirrorFolder, Release
from ocrzoo_registry.mirror.serving import nginx
from ocrzoo_registry.store.manifest import StoredFile

_RETRIES = 4
"""If a release is published during the check."""
MAX_DOCUMENT_BYTES = 1 << 28
_SIGNATURE = re.compile(r"index\.json\.[a-z0-9.]+")
"""Signatures beside the index; ``--key`` checks them."""
_ROOT = re.compile(r'^root "(/[^"\n]+)";$', re.MULTILINE)


def faults(folder: MirrorFolder, release: Release, *, deep: bool = False, here: bool = False) -> Iterator[str]:
    """Yield the faults of a release and its blobs, a line each; ``deep`` reads every byte.

    ``here``: also check that the configuration of nginx has the present path of the release.
    """
    yield from _Check(folder, release, here).faults(deep=deep)


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
    def __init__(self, folder: MirrorFolder, release: Release, here: bool) -> None:
        self.folder, self.release, self.here = folder, release, here
        index = release.index
        self.files = {file.sha256: file for model in (*index.models, *index.earlier) for file in model.files}

    def faults(self, *, deep: bool) -> Iterator[str]:
        for sha256, file in sorted(self.files.items()):
            yield from self._blob(self.folder.blobs / sha256, file, deep=deep)
        try:
            made = self.release.archives()
        except IntegrityError as error:
            yield str(error)
            return
        expected = self._expected(made)
        found = set(self._paths())
        for path in sorted(found - expected.keys()):
            if not _SIGNATURE.fullmatch(path):
                yield f"{self._name(path)}: unexpected file"
        for path, content in sorted(expected.items()):
            if path not in found:
                yield f"{self._name(path)}: is missing"
            elif isinstance(content, bytes):
                yield from self._document(path, content)
            elif isinstance(content, StoredFile):
                yield from self._link(path, content)
            else:
                yield from self._archive(path, content, made.archives.get(path), deep=deep)

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
            text = read_bounded(self.release.folder / nginx.SERVER, MAX_DOCUMENT_BYTES).decode()
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

    def _blob(self, path: Path, file: StoredFile, *, deep: bool) -> Iterator[str]:
        name = path.relative_to(self.folder.root)
        try:
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode):
                yield f"{name}: is not a regular file"
            elif status.st_size != file.size:
                yield f"{name}: has {status.st_size} bytes instead of {file.size}"
            elif deep and sha256_of(path) != file.sha256:
                yield f"{name}: has another digest than its name ({file.path})"
        except FileNotFoundError:
            yield f"{name}: is missing ({file.path})"
        except OSError as error:
            yield f"{name}: {reason(error)}"

    def _link(self, path: str, file: StoredFile) -> Iterator[str]:
        """A file of the tree is a link to its blob, or, in a copy without links, equal to it."""
        place, blob = self.release.folder / path, self.folder.blobs / file.sha256
        try:
            status = place.lstat()
            if not stat.S_ISREG(status.st_mode):
                yield f"{self._name(path)}: is not a regular file"
            elif status.st_size != file.size:
                yield f"{self._name(path)}: has {status.st_size} bytes instead of {file.size}"
            elif not _same_file(status, blob) and sha256_of(place) != file.sha256:
                yield f"{self._name(path)}: has another digest than {blob_of(file)}"
        except OSError as error:
            yield f"{self._name(path)}: {reason(error)}"

    def _document(self, path: str, content: bytes) -> Iterator[str]:
        place = self.release.folder / path
        try:
            if place.is_symlink() or read_bounded(place, len(content)) != content:
                yield f"{self._name(path)}: is not as the index requires"
        except OSError as error:
            yield f"{self._name(path)}: {reason(error)}"

    def _archive(self, path: str, archive: Archive, made: StoredArchive | None, *, deep: bool) -> Iterator[str]:
        place = self.release.folder / path
        try:
            status = place.lstat()
            if made is None or made.key != archive.key:
                yield f"{self._name(path)}: is not the archive that the index requires"
            elif not stat.S_ISREG(status.st_mode):
                yield f"{self._name(path)}: is not a regular file"
            elif status.st_size != made.size:
                yield f"{self._name(path)}: has {status.st_size} bytes instead of {made.size}"
            elif deep:
                digest = sha256_of(place)
                if digest != made.sha256 or digest != archives.sha256_of_archive(archive, self.folder.blobs):
                    yield f"{self._name(path)}: has another digest than its files give"
        except IntegrityError as error:
            yield f"{self._name(path)}: {error}"
        except OSError as error:
            yield f"{self._name(path)}: {reason(error)}"

    def _name(self, path: str) -> str:
        return f"{self.release.folder.relative_to(self.folder.root)}/{path}"


def _same_file(status: os.stat_result, other: Path) -> bool:
    try:
        return os.path.samestat(status, other.lstat())
    except OSError:
        return False
