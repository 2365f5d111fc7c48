"""The store: the models on this machine; it returns complete, verified models only.

The layout is PaddleX's, ``<home>/official_models/<name>[_<format>]/``, so PaddleX finds what
ocrzoo downloaded. A folder counts only with its manifest, which is written last: a model is staged on the
same file system, verified, synced and moved into place by one rename, under one lock a model.
A broken folder, or one of unknown origin, is moved to quarantine; only an intact older state of a model is removed
when a newer one replaces it.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.formats import folder_name, model_files
from ocrzoo_registry.errors import StoreError
from ocrzoo_registry.files import move, os_errors_as, read_bounded, sha256_of, sync, write_atomically

if TYPE_CHECKING:
    from threading import Event

    from filelock import BaseFileLock

    from ocrzoo_registry.store.manifest import Manifest, StoredFile

MANIFEST_NAME = "ocrzoo.json"
"""The file without which a folder is not a model."""

MAX_MANIFEST_BYTES = 1 << 20

LOCK_MOMENT_S = 1.0

LOCK_TIMEOUT_S = 1800.0
"""Seconds that a process waits for another that is downloading the same model."""

log = logging.getLogger("ocrzoo")


@dataclass(frozen=True)
class ModelFiles:
    """A complete model on disk."""

    name: str
    file_format: Format
    folder: Path
    manifest: Manifest | None = None
    """What was verified and where it came from; ``None`` for a folder that the user named."""


class Store:
    """The models under one home folder."""

    def __init__(self, home: Path, *, named_by: str = "OCRZOO_HOME") -> None:
        """``named_by`` is the variable that names the folder, for errors."""
        self._named_by = named_by
        self.root = home / "official_models"
        self.private = self.root / ".ocrzoo"
        """Staging, locks, quarantine, derived files and downloaded wheels; on the same file system as the models."""

    def folder(self, name: str, file_format: Format) -> Path:
        """Return the folder of a model, whether it exists or not."""
        return self.root / folder_name(name, file_format)

    def folder_names(self) -> frozenset[str]:
        """Return the names of all model folders."""
        try:
            return frozenset(path.name for path in self.root.iterdir())
        except OSError:
            return frozenset()

    def find(self, name: str, file_format: Format) -> ModelFiles | None:
        """Return the model if it is here and complete; takes no lock and writes nothing."""
        folder = self.folder(name, file_format)
        manifest = self.manifest(folder)
        if manifest is None or _fault(folder, manifest) is not None:
            return None
        if (manifest.name, manifest.format) != (name, file_format):
            return None
        return ModelFiles(name, file_format, folder, manifest)

    @staticmethod
    def is_unverified(folder: Path) -> bool:
        """Whether a folder was not installed by ocrzoo; an unreadable one counts as broken instead."""
        try:
            return folder.is_dir() and not (folder / MANIFEST_NAME).exists()
        except OSError:
            return False

    def manifest(self, folder: Path) -> Manifest | None:
        """Return the manifest of a folder, whatever the state of its files."""
        try:
            content = read_bounded(folder / MANIFEST_NAME, MAX_MANIFEST_BYTES)
        except OSError:
            return None
        from ocrzoo_registry.store.manifest import Manifest

        try:
            return Manifest.model_validate_json(content)
        except ValueError:
            return None

    def partials(self, name: str, file_format: Format) -> Path:
        """Return the folder of a model's partial downloads."""
        return self.private / "parts" / folder_name(name, file_format)

    def remove_partials(self, name: str, file_format: Format) -> None:
        """Delete the partial downloads of a model."""
        import shutil

        shutil.rmtree(self.partials(name, file_format), ignore_errors=True)

    @contextmanager
    def lock(
        self, name: str, on_wait: Callable[[], object] = lambda: None, cancelled: Event | None = None
    ) -> Iterator[None]:
        """Hold the model's lock, shared by all processes on this home.

        ``on_wait`` is called when another process holds it for more than a moment; ``cancelled`` ends the wait.

        Raises:
            StoreError: The home cannot be written, or another process holds the lock for too long.
        """
        from filelock import FileLock, Timeout

        path = self.private / "locks" / f"{name}.lock"
        with self._writing():
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path)
            try:
                lock.acquire(timeout=LOCK_MOMENT_S)
            except Timeout:
                on_wait()
                _wait_for(lock, name, cancelled)
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Yield an empty folder to assemble a model in; it is removed unless it is published.

        Raises:
            StoreError: The home cannot be written, or is full.
        """
        import shutil

        stage = self._unused_path()
        try:
            with self._writing():
                stage.mkdir(parents=True)
                yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)

    def publish(self, stage: Path, manifest: Manifest) -> ModelFiles:
        """Move a staged model into place; call it under :meth:`lock`."""
        folder = self.folder(manifest.name, manifest.format)
        for file in manifest.files:
            sync(stage / file.path)
        (stage / MANIFEST_NAME).write_text(manifest.stamped(stage).model_dump_json(indent=1), encoding="utf-8")
        sync(stage / MANIFEST_NAME)
        sync(stage)
        if folder.exists() or folder.is_symlink():
            self._clear(folder, manifest)
        move(stage, folder)
        sync(self.root)
        return ModelFiles(manifest.name, manifest.format, folder, manifest)

    def register(self, manifest: Manifest) -> ModelFiles | None:
        """Write the manifest of a folder that ocrzoo did not make; ``None`` if its files have changed.

        Call it under :meth:`lock`.

        Raises:
            StoreError: The folder cannot be written.
        """
        folder = self.folder(manifest.name, manifest.format)
        with self._writing():
            stamped = manifest.stamped(folder)
            if _fault(folder, manifest) is not None:
                return None
            write_atomically(folder / MANIFEST_NAME, stamped.model_dump_json(indent=1).encode())
        return ModelFiles(manifest.name, manifest.format, folder, stamped)

    def fault(self, folder: Path, *, deep: bool = False) -> str | None:
        """Return what is wrong with a model folder, or ``None``; ``deep`` reads every byte."""
        manifest = self.manifest(folder)
        return _fault(folder, manifest.unstamped() if manifest and deep else manifest)

    def _clear(self, folder: Path, successor: Manifest) -> None:
        """Clear the folder of a model: an intact older state is removed, anything else goes to quarantine."""
        manifest = self.manifest(folder)
        reason = "has no manifest" if manifest is None else _fault(folder, manifest)
        if manifest is not None and reason is None and manifest.name == successor.name:
            self.discard(folder)
            return
        shelter = self.private / "quarantine" / f"{folder.name}.{self._unused_path().name[:8]}"
        shelter.parent.mkdir(parents=True, exist_ok=True)
        move(folder, shelter)
        log.warning("%s %s: moved to %s and downloaded again", folder, reason or "belongs to another model", shelter)

    def discard(self, folder: Path) -> None:
        """Delete a model, first renaming it, which works on a full disk; call it under :meth:`lock`.

        Raises:
            StoreError: It cannot be moved.
        """
        import shutil

        outdated = self._unused_path()
        with self._writing():
            outdated.parent.mkdir(parents=True, exist_ok=True)
            move(folder, outdated)
        if outdated.is_symlink():
            outdated.unlink(missing_ok=True)
        shutil.rmtree(outdated, ignore_errors=True)

    def _unused_path(self) -> Path:
        """Return an unused path in the staging folder."""
        return self.private / "staging" / os.urandom(16).hex()

    def _writing(self) -> AbstractContextManager[None]:
        hint = f"set another folder with {self._named_by}"
        return os_errors_as(StoreError, f"{self.root} could not be written", hint)


def _wait_for(lock: BaseFileLock, name: str, cancelled: Event | None) -> None:
    from filelock import Timeout

    from ocrzoo_registry.network.deadline import CANCEL_POLL_S

    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        try:
            lock.acquire(timeout=CANCEL_POLL_S)
        except Timeout as error:
            if time.monotonic() > deadline or (cancelled is not None and cancelled.is_set()):
                held = f"another process has held {lock.lock_file} for {LOCK_TIMEOUT_S:.0f} s"
                raise StoreError(f"{name}: {held}") from error
        else:
            return


def _fault(folder: Path, manifest: Manifest | None) -> str | None:
    """Return what is wrong with a folder; sizes and times are compared, and digests if a time differs."""
    try:
        return _first_fault(folder, manifest)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def _first_fault(folder: Path, manifest: Manifest | None) -> str | None:
    if manifest is None:
        there = (folder / MANIFEST_NAME).exists()
        return "has an unreadable manifest" if there else "was not installed by ocrzoo and is unverified"
    listed = {file.path for file in manifest.files}
    for name in sorted(model_files(manifest.format) - listed):
        if (folder / name).exists():
            return f"contains the unexpected file {name}"
    return changed_file(folder, manifest.files)


def changed_file(folder: Path, files: Iterable[StoredFile]) -> str | None:
    """Return what is wrong with the first file that is not as recorded, in words that follow its folder's name.

    Sizes and times are compared, and digests if a time differs.

    Raises:
        OSError: A file cannot be read.
    """
    for file in files:
        path = folder / file.path
        try:
            status = path.stat()
        except OSError:
            return f"lacks {file.path}"
        if status.st_size != file.size:
            return f"has {status.st_size} bytes in {file.path} instead of {file.size}"
        unchanged = (status.st_mtime_ns, status.st_ctime_ns) == (file.mtime_ns, file.ctime_ns)
        if not unchanged and sha256_of(path) != file.sha256:
            return f"has other bytes in {file.path} than its manifest states"
    return None
