"""The folder of a mirror: where everything lies in it, whether it is one, and who may change it.

::

    blobs/<sha256>        the bytes of every file, once
    releases/<id>/        a whole tree to serve, made of hard links and generated documents
    current               the release that is served: a symbolic link, changed by one rename
    .work/                what is on its way, and the lock; not served
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from ocrzoo_registry.errors import IntegrityError, NotFound, StoreError, UsageError
from ocrzoo_registry.files import read_bounded, reason, write_at_once
from ocrzoo_registry.index import schema
from ocrzoo_registry.index.schema import Index
from ocrzoo_registry.store.store import Store

MARK = "This folder is kept by 'ocrzoo mirror build'. Serve the folder that 'current' leads to, never this one.\n"
_OWN = {".work", "lost+found"}
"""What lies in a folder that is as good as empty: the root of a disk, a build that was killed as it began."""


@dataclass(frozen=True)
class Release:
    """A tree that is, or was, served."""

    folder: Path
    index: Index


class MirrorFolder:
    """One mirror on disk."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100  # links in it stay
        self.blobs = self.root / "blobs"
        self.releases = self.root / "releases"
        self.current = self.root / "current"
        self.work = self.root / ".work"
        self._mark = self.work / "mirror.txt"
        self._before = self.work / "before.txt"

    def store(self) -> Store:
        """Return where models lie between their transfer and the release that has them."""
        return Store(self.work, named_by="'ocrzoo mirror build'")

    def release(self) -> Release | None:
        """Return what is served now; nothing where no build ended yet.

        Raises:
            IntegrityError: Its index cannot be read.
        """
        folder = self._current()
        if folder is None:
            return None
        path = folder / schema.FILE_NAME
        advice = f"remove {self.current} and build the mirror anew, with its models named"
        try:
            return Release(folder, schema.parse(read_bounded(path, schema.MAX_BYTES), origin=str(path)))
        except OSError as error:
            raise IntegrityError(f"{path}: {reason(error)}: {advice}") from error
        except IntegrityError as error:
            raise IntegrityError(f"{error}: {advice}") from error

    def expect(self) -> Release:
        """Return what is served now.

        Raises:
            NotFound: There is nothing.
            IntegrityError: Its index cannot be read.
        """
        release = self.release()
        if release is None:
            raise NotFound(f"{self.root} is no mirror: 'ocrzoo mirror build' makes one")
        return release

    def begin(self) -> None:
        """Make the folder a mirror, if it is not one yet.

        Raises:
            UsageError: Something else lies there.
            StoreError: It cannot be written, or its file system cannot hold a mirror.
        """
        try:
            if not self._is_mirror():
                if self.root.exists() and not self.root.is_dir():
                    raise UsageError(f"{self.root} is no folder: a mirror needs one of its own")
                if self.root.is_dir() and {path.name for path in self.root.iterdir()} - _OWN:
                    raise UsageError(f"{self.root} holds something else and is no mirror: name an empty or new folder")
                self.work.mkdir(parents=True, exist_ok=True)
                self._try_links()
            if self.current.exists() and not self.current.is_symlink():
                raise UsageError(
                    f"{self.current} is no link, as in a copy that followed links: it can be read and served, but not "
                    "built on; remove it, and name the models"
                )
            if not self._mark.is_file():
                write_at_once(self._mark, MARK.encode())
            for folder in (self.blobs, self.releases):
                folder.mkdir(exist_ok=True)
        except OSError as error:
            raise self.unwritable(error) from error

    @contextmanager
    def lock(self, on_wait: Callable[[], object], cancelled: Event) -> Iterator[None]:
        """Hold the mirror against other builds.

        Raises:
            StoreError: Another build holds it for too long, or it cannot be written.
        """
        with self.store().lock("_mirror", on_wait, cancelled):
            yield

    def before(self) -> str | None:
        """Return the name of the release that was served before the one that is."""
        with suppress(OSError, ValueError):
            name = read_bounded(self._before, 100).decode("ascii")
            return name if name.isprintable() and "/" not in name else None
        return None

    def switch(self, folder: Path) -> None:
        """Serve another release from now on, by one rename.

        Raises:
            OSError: The folder cannot be written.
        """
        was = self._current()
        if was is not None and was != folder:
            write_at_once(self._before, was.name.encode())
        beside = self.root / f".current.{os.urandom(4).hex()}"
        beside.symlink_to(Path(self.releases.name) / folder.name)
        try:
            beside.replace(self.current)
        finally:
            beside.unlink(missing_ok=True)

    def unwritable(self, error: OSError) -> StoreError:
        """Say that the mirror cannot be written, and why."""
        return StoreError(
            f"{self.root} cannot be written ({error.strerror or error}): make room, or name another folder"
        )

    def _is_mirror(self) -> bool:
        if self._mark.is_file():
            return True
        with suppress(IntegrityError):
            return self.release() is not None
        return False

    def _current(self) -> Path | None:
        """The release that the link leads to; a link to anywhere else is none of ours."""
        try:
            target = self.current.readlink()
        except OSError:
            return None
        folder = self.releases / target.name
        return folder if target == Path(self.releases.name) / target.name and folder.is_dir() else None

    def _try_links(self) -> None:
        trial, link, pointer = (self.work / f"trial.{kind}" for kind in ("file", "hard", "soft"))
        for path in (pointer, link, trial):  # of a build that was killed here
            path.unlink(missing_ok=True)
        try:
            trial.write_bytes(b"")
            link.hardlink_to(trial)
            pointer.symlink_to(trial.name)
        except (OSError, NotImplementedError) as error:
            raise UsageError(
                f"{self.root}: its file system has no hard or symbolic links ({getattr(error, 'strerror', error)}), "
                "which a mirror is made of: name a folder on another one, or carry models with 'ocrzoo bundle export'"
            ) from error
        finally:
            for path in (pointer, link, trial):
                path.unlink(missing_ok=True)
