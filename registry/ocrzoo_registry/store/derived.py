"""Derived files: made on this machine from a model's files (converted, compiled, measured).

They are in ``official_models/.ocrzoo/derived/<key>/``, where the key stands for the digests of the model's files and a
recipe: other weights or another recipe are other files. As models, they are staged, synced and moved into
place by one rename under a lock, and count only with their record, which has the digest of each file. They can be made
again at any time, so broken ones are removed.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

from pydantic import Field

from ocrzoo_registry.cards.fields import Format, Record, Sha256, Text
from ocrzoo_registry.cards.formats import model_files
from ocrzoo_registry.cards.weights import data_files
from ocrzoo_registry.errors import StoreError
from ocrzoo_registry.files import move, os_errors_as, read_bounded, reason, sha256_of, sync
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store.manifest import StoredFile, stamp
from ocrzoo_registry.store.store import MANIFEST_NAME, MAX_MANIFEST_BYTES, ModelFiles, Store, changed_file

KEY_DIGITS = 32
"""Hexadecimal digits of a key: 128 bits."""

log = logging.getLogger("ocrzoo")

Build = Callable[[Path], object]
"""Makes the files in an empty folder."""


class DerivedRecord(Record):
    """What was made from which model, and how."""

    schema_version: Literal[1] = 1
    name: Text
    """The model."""
    format: Format
    """The format of the files that they were made from."""
    model_digest: Sha256
    """Of the files that they were made from (:func:`model_digest`)."""
    custom_folder: str | None = None
    """Where those files are, if not in the store."""
    recipe: Text
    """How they were made, with the versions of the programs that decide the outcome."""
    files: Annotated[tuple[StoredFile, ...], Field(min_length=1)]


def model_digest(files: ModelFiles) -> str:
    """Return one SHA-256 for a model's weights and program, 64 hexadecimal digits.

    The digests of a verified model are those of its manifest; the files of custom weights are read.

    Raises:
        StoreError: They cannot be read.
    """
    wanted = model_files(files.file_format)
    if files.manifest is not None:
        stored = files.manifest.files  # those of a model with several networks are in folders of these
        found = {file.path: file.sha256 for file in stored if PurePosixPath(file.path).name in wanted}
    else:
        with os_errors_as(StoreError, f"{files.folder} could not be read"):
            if files.file_format == "onnx" and (files.folder / "inference.onnx").is_file():
                wanted = wanted | data_files(files.folder / "inference.onnx")
            present = [path for path in sorted(wanted) if (files.folder / path).is_file()]
            found = {path: _digest_now(files.folder / path) for path in present}
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def find(files: ModelFiles, recipe: str, *, store: Store | None = None) -> Path | None:
    """Return the folder with what was made from a model by a recipe, if it is here and complete.

    Takes no lock and writes nothing. ``store``: by default the one that has the model, and for custom weights the one
    of the environment.

    Raises:
        StoreError: The files of custom weights cannot be read.
    """
    folder = _folder(_store_of(files, store), model_digest(files), recipe)
    record = record_of(folder)
    return folder if record is not None and fault_of(folder, record) is None else None


def make(files: ModelFiles, recipe: str, build: Build, *, store: Store | None = None, temporary: bool = False) -> Path:
    """Return the folder with what a recipe makes from a model; ``build`` makes it in an empty folder if it is not here.

    One process makes it; others wait, half an hour at most. What ``build`` raises ends the attempt and leaves nothing.
    ``temporary``: where the store cannot be written, use a folder that is deleted when this process ends.

    Raises:
        StoreError: The store cannot be written or stays locked, or the model cannot be read.
    """
    store, digest = _store_of(files, store), model_digest(files)
    try:
        return _make(files, recipe, build, store, digest)
    except StoreError as error:
        if not temporary:
            raise
        _warn_once(str(error))
        return _make(files, recipe, build, Store(Path(_temporary_home().name)), digest)


def derived_folders(store: Store) -> Iterator[tuple[Path, DerivedRecord | None]]:
    """Yield each folder of derived files with its record, ``None`` if that is missing or broken.

    Raises:
        StoreError: The store cannot be read.
    """
    root = _root(store)
    try:
        folders = sorted(root.iterdir()) if not root.is_symlink() else []
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise StoreError(f"{root}: {reason(error)}") from error
    for folder in folders:
        yield folder, record_of(folder)


def record_of(folder: Path) -> DerivedRecord | None:
    """Return the record of a folder, whatever the state of its files."""
    try:
        return DerivedRecord.model_validate_json(read_bounded(folder / MANIFEST_NAME, MAX_MANIFEST_BYTES))
    except (OSError, ValueError):
        return None


def fault_of(folder: Path, record: DerivedRecord, *, deep: bool = False) -> str | None:
    """Return what is wrong with derived files, in words that follow their name; ``deep`` reads every byte."""
    if folder.name != _key(record.model_digest, record.recipe):
        return "belongs to other files"
    files = record.files
    if deep:
        files = tuple(file.model_copy(update={"mtime_ns": 0, "ctime_ns": 0}) for file in files)
    try:
        return changed_file(folder, files)
    except OSError as error:
        return f"cannot be read: {reason(error)}"


def discard(store: Store, folder: Path) -> None:
    """Delete derived files; the lock is that of :func:`make`.

    Raises:
        StoreError: They cannot be removed, or another process is making them.
    """
    with store.lock(lock_name(folder)):
        if folder.exists() or folder.is_symlink():
            store.discard(folder)


def _make(files: ModelFiles, recipe: str, build: Build, store: Store, digest: str) -> Path:
    folder = _folder(store, digest, recipe)
    if _is_whole(folder):
        return folder
    with store.lock(lock_name(folder), lambda: log.info("%s: another process is making %s", files.name, recipe)):
        if _is_whole(folder):
            return folder
        with store.staging() as stage:
            build(stage)
            _record(stage, files, digest, recipe)
            if folder.exists() or folder.is_symlink():
                log.warning("%s: the files made for %s were broken, and are made again", files.name, recipe)
                store.discard(folder)
            folder.parent.mkdir(parents=True, exist_ok=True)
            move(stage, folder)
            sync(folder.parent)
    return folder


def _record(stage: Path, files: ModelFiles, digest: str, recipe: str) -> None:
    """Write the record of the staged files, and make all of it survive a power cut."""
    made = tuple(_stored(stage, path) for path in sorted(stage.rglob("*")) if path.is_file())
    if not made:
        raise StoreError(f"{files.name}: {recipe} made no files")
    record = DerivedRecord(
        name=files.name,
        format=files.file_format,
        model_digest=digest,
        custom_folder=None if files.manifest is not None else str(files.folder.absolute()),
        recipe=recipe,
        files=made,
    )
    for file in made:
        sync(stage / file.path)
    (stage / MANIFEST_NAME).write_text(record.model_dump_json(indent=1), encoding="utf-8")
    sync(stage / MANIFEST_NAME)
    sync(stage)


def _stored(stage: Path, path: Path) -> StoredFile:
    relative = path.relative_to(stage).as_posix()
    file = StoredFile(path=relative, size=path.stat().st_size, sha256=sha256_of(path), digest_origin="made here")
    return stamp(stage, file)


def _is_whole(folder: Path) -> bool:
    record = record_of(folder)
    return record is not None and fault_of(folder, record) is None


def _store_of(files: ModelFiles, store: Store | None) -> Store:
    """The store given, else the one that has the model, else the one of the environment."""
    if store is not None:
        return store
    if files.manifest is not None:
        own = Store(files.folder.parent.parent)
        if own.folder(files.name, files.file_format) == files.folder:
            return own
    return Store(Settings.from_environment().home)


def _root(store: Store) -> Path:
    return store.private / "derived"


def _folder(store: Store, digest: str, recipe: str) -> Path:
    return _root(store) / _key(digest, recipe)


def _key(digest: str, recipe: str) -> str:
    return hashlib.sha256(f"{digest} {recipe}".encode()).hexdigest()[:KEY_DIGITS]


def lock_name(folder: Path) -> str:
    """Return the name of the lock of derived files (:meth:`Store.lock`)."""
    return f"derived-{folder.name}"


def _digest_now(path: Path) -> str:
    status = path.stat()
    return _digest(path.absolute(), status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@lru_cache(maxsize=64)
def _digest(path: Path, *_state: int) -> str:
    """The digest of a file in one state: large weights are read once a process."""
    return sha256_of(path)


@cache
def _temporary_home() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="ocrzoo-", ignore_cleanup_errors=True)  # Windows keeps what an engine has open


@cache
def _warn_once(error: str) -> None:
    log.warning("%s. What is made from models is kept in a temporary folder for now", error.rstrip("."))
