"""The folder of a mirror, and its releases: the trees that are served.

::

    blobs/<sha256>        the bytes of every file, once
    releases/<id>/        a complete tree to serve, made of hard links and generated documents
    current               symbolic link to the release that is served, replaced by one rename
    .work/                downloads in progress, and the lock; not served
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from ocrzoo_registry.errors import IntegrityError, NotFound, StoreError, UsageError
from ocrzoo_registry.files import os_errors_as, read_bounded, write_atomically
from ocrzoo_registry.index import schema
from ocrzoo_registry.index.schema import Index
from ocrzoo_registry.mirror import archives
from ocrzoo_registry.mirror.archives import ArchiveList
from ocrzoo_registry.store.store import Store

CURRENT = "current"
"""Link to the release that is served."""
MARK = "This folder is managed by 'ocrzoo mirror build'. Serve the folder that 'current' links to, never this one.\n"
_OWN = {".work", "lost+found"}
"""Contents of a folder that counts as empty: the root of a disk, a build that was killed as it began."""


@dataclass(frozen=True)
class Release:
    """A tree that is, or was, served."""

    folder: Path
    index: Index

    def archives(self) -> ArchiveList:
        """Return the list of the archives in the tree.

        Raises:
            IntegrityError: It is missing or cannot be read.
        """
        path = self.folder / archives.FILE_NAME
        return archives.parse(read_document(path, archives.MAX_BYTES), origin=str(path))


def published(folder: Path) -> Path:
    """Return the tree that is served now, without links in its path; ``folder`` is a mirror, or such a tree.

    Raises:
        NotFound: It is neither.
    """
    for place in (folder / CURRENT, folder):
        root = Path(os.path.realpath(place))
        if (root / schema.FILE_NAME).is_file():
            return root
    raise NotFound(
        f"{folder} is not a mirror: it has no {CURRENT}/{schema.FILE_NAME}; run 'ocrzoo mirror build {folder}'"
    )


def read(root: Path) -> Release:
    """Read the tree of a release.

    Raises:
        IntegrityError: Its index is missing or cannot be read.
    """
    path = root / schema.FILE_NAME
    return Release(root, schema.parse(read_document(path, schema.MAX_BYTES), origin=str(path)))


def read_document(path: Path, max_bytes: int) -> bytes:
    """Read one of the mirror's own documents.

    Raises:
        IntegrityError: It is missing, not a regular file, or too large.
    """
    with os_errors_as(IntegrityError, str(path)):
        return read_bounded(path, max_bytes)


class MirrorFolder:
    """One mirror on disk."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100  # links in it stay
        self.blobs = self.root / "blobs"
        self.releases = self.root / "releases"
        self.current = self.root / CURRENT
        self.work = self.root / ".work"
        self.known = self.work / "verified.json"
        self._mark = self.work / "mirror.txt"
        self._previous = self.work / "before.txt"

    def store(self) -> Store:
        """Return the store that holds models between their download and the release that has them."""
        return Store(self.work, named_by="'ocrzoo mirror build'")

    def release(self) -> Release | None:
        """Return the release that is served now; None before the first build is complete.

        Raises:
            IntegrityError: Its index cannot be read.
        """
        folder = self._current()
        try:
            return None if folder is None else read(folder)
        except IntegrityError as error:
            raise IntegrityError(
                f"{error}: remove {self.current} and build the mirror again, with its models named"
            ) from error

    def expect(self) -> Release:
        """Return the release that is served now.

        Raises:
            NotFound: There is none.
            IntegrityError: Its index cannot be read.
        """
        release = self.release()
        if release is None:
            raise NotFound(f"{self.root} is not a mirror: run 'ocrzoo mirror build {self.root}'")
        return release

    def begin(self) -> None:
        """Make the folder a mirror, if it is not one yet.

        Raises:
            UsageError: It contains something else.
            StoreError: It cannot be written, or its file system cannot hold a mirror.
        """
        with self.writing():
            if not self._is_mirror():
                if self.root.exists() and not self.root.is_dir():
                    raise UsageError(f"{self.root} is not a folder: name a new one")
                if self.root.is_dir() and {path.name for path in self.root.iterdir()} - _OWN:
                    raise UsageError(f"{self.root} is not empty and not a mirror: name an empty or new folder")
                self.work.mkdir(parents=True, exist_ok=True)
                self._try_links()
            if self.current.exists() and not self.current.is_symlink():
                raise UsageError(
                    f"{self.current} is not a link, as in a copy that followed links: such a copy can be served, but "
                    "not updated; remove it, and name the models"
                )
            if not self._mark.is_file():
                write_atomically(self._mark, MARK.encode())
            for folder in (self.blobs, self.releases):
                folder.mkdir(exist_ok=True)

    @contextmanager
    def lock(self, on_wait: Callable[[], object], cancelled: Event) -> Iterator[None]:
        """Lock the mirror against other builds.

        Raises:
            StoreError: Another build holds the lock for too long, or it cannot be written.
        """
        with self.store().lock("_mirror", on_wait, cancelled):
            yield

    def previous(self) -> str | None:
        """Return the name of the release that was served before the present one."""
        with suppress(OSError, ValueError):
            name = read_bounded(self._previous, 100).decode("ascii")
            return name if name.isprintable() and "/" not in name else None
        return None

    def switch(self, folder: Path) -> None:
        """Serve another release from now on, atomically.

        Raises:
            OSError: The folder cannot be written.
        """
        was = self._current()
        if was is not None and was != folder:
            write_atomically(self._previous, was.name.encode())
        beside = self.root / f".current.{os.urandom(4).hex()}"
        beside.symlink_to(Path(self.releases.name) / folder.name)
        try:
            beside.replace(self.current)
        finally:
            beside.unlink(missing_ok=True)

    def writing(self) -> AbstractContextManager[None]:
        """Turn an OSError into the error of a mirror that cannot be written."""
        hint = "name another folder"
        return os_errors_as(StoreError, f"{self.root} could not be written", hint)

    def _is_mirror(self) -> bool:
        if self._mark.is_file():
            return True
        with suppress(IntegrityError):
            return self.release() is not None
        return False

    def _current(self) -> Path | None:
        """The release that the link leads to; a link to anywhere else is ignored."""
        try:
            target = self.current.readlink()
        except OSError:
            return None
        folder = self.releases / target.name
        return folder if target == Path(self.releases.name) / target.name and folder.is_dir() else None

    def _try_links(self) -> None:
        """Refuse a file system without links, or where no rename replaces a link to a folder, as on Windows."""
        trial, link, pointer, newer = (self.work / f"trial.{kind}" for kind in ("file", "hard", "soft", "newer"))
        for path in (newer, pointer, link, trial):  # of a build that was killed here
            path.unlink(missing_ok=True)
        try:
            trial.write_bytes(b"")
            link.hardlink_to(trial)
            for path in (pointer, newer):
                path.symlink_to(os.curdir, target_is_directory=True)
            newer.replace(pointer)
        except (OSError, NotImplementedError) as error:
            raise UsageError(
                f"{self.root}: its file system has no hard or symbolic links ({getattr(error, 'strerror', error)}), "
                "which a mirror needs: name a folder on another one, or use 'ocrzoo bundle export'"
            ) from error
        finally:
            for path in (newer, pointer, link, trial):
                path.unlink(missing_ok=True)
